"""The log: what may be written into it, and nothing else.

An entry is a fixed sentence from our code and a few values under names of :data:`MAY_BE_SAID`: ids, states, codes, counts, kinds of
errors. Anything else is left out and only counted, so that a slip in some module cannot put what a person wrote into a file. Of an
exception its kind and where it was raised are kept, never its message: a database's complaint quotes the values of the statement.
Libraries' own entries keep their logger, their place and the kind of the error (OWASP ASVS 5.0 §16.2.5).
"""

from __future__ import annotations

import logging
import re
import sys
import traceback
from collections.abc import Iterator, Mapping, MutableMapping
from contextlib import contextmanager
from datetime import datetime
from enum import Enum
from pathlib import Path
from types import ModuleType
from typing import Any, Final, TextIO, cast
from uuid import UUID

import orjson


@contextmanager
def without(*names: str) -> Iterator[None]:
    """Whoever imports one of these packages meanwhile does not find it, unless it is loaded already."""
    hidden = [name for name in names if name not in sys.modules]
    for name in hidden:
        sys.modules[name] = cast("ModuleType", None)  # what the language itself understands as "there is none"
    try:
        yield
    finally:
        for name in hidden:
            del sys.modules[name]


# Where rich is installed, and the command line's library brings it, structlog loads all of it to draw tracebacks in a terminal:
# five megabytes and a twentieth of a second in every process, for what this log never shows.
with without("rich", "pygments"):
    import structlog
    from structlog.stdlib import BoundLogger, ProcessorFormatter
    from structlog.typing import EventDict, Processor

__all__ = ["MAY_BE_SAID", "configure", "get_logger", "raised_at", "without"]

#: Names under which a value may stand in the log.
MAY_BE_SAID: Final = frozenset(
    {
        *("agency", "conversation", "message", "notice", "timer", "flag", "job", "file", "follow_up", "executor", "reference"),
        *("channel", "kind", "state", "status", "code", "route", "method", "dialogue", "model", "source", "target"),
        *("count", "seconds", "seal", "reason", "error", "raised_at"),
    }
)
#: What every entry has.
_ALWAYS: Final = frozenset({"event", "level", "logger", "timestamp", "left_out", "_record", "_from_structlog"})
#: So much as would be a number to call or write to; ids of ours are 32 hexadecimal digits and stay.
_NUMBER: Final = re.compile(r"(?<![0-9a-zA-Z])\+?\d[\d ().-]{5,}\d(?![0-9a-zA-Z])")
_ADDRESS: Final = re.compile(r"\S+@\S+")
_LONGEST: Final = 200
_FRAMES: Final = 6
_PACKAGE: Final = Path(__file__).resolve().parent


def get_logger(name: str) -> BoundLogger:
    """The logger of a module: ``_log.warning("a fixed sentence", status=…)``. Names outside :data:`MAY_BE_SAID` are not written."""
    ours: list[Processor] = [
        structlog.stdlib.filter_by_level,
        _only_kinds_of_errors,
        _allowed_alone,
        ProcessorFormatter.wrap_for_formatter,
    ]
    made: BoundLogger = structlog.wrap_logger(logging.getLogger(name), processors=ours, wrapper_class=BoundLogger)
    return made


def configure(level: str = "info", *, as_json: bool | None = None, stream: TextIO | None = None) -> None:
    """Send everything that is logged in this process to one place, in one shape. Calling it again replaces what was set.

    :param level: ``debug``, ``info``, ``warning`` or ``error``; libraries are heard from ``warning`` up.
    :param as_json: one JSON object a line; by default so unless somebody reads along in a terminal.
    """
    out = stream or sys.stderr
    plain = out.isatty() if as_json is None else not as_json
    handler = logging.StreamHandler(out)
    before: list[Processor] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    handler.setFormatter(
        ProcessorFormatter(
            foreign_pre_chain=[_a_library_speaks],
            processors=[_without_a_traceback, *before, ProcessorFormatter.remove_processors_meta, _renderer(plain=plain)],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger("ccmm_bot").setLevel(level.upper())


def raised_at(error: BaseException) -> list[str]:
    """Where an error was raised: the files and lines of ours on the way there, and the innermost of all; no values."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames[:-1] if "site-packages" not in frame.filename]
    return [f"{_short(frame.filename)}:{frame.lineno}" for frame in [*ours[-_FRAMES:], *frames[-1:]]]


def _renderer(*, plain: bool) -> Processor:
    if plain:
        return structlog.processors.LogfmtRenderer(key_order=["timestamp", "level", "event", "logger"], bool_as_flag=False)
    return structlog.processors.JSONRenderer(serializer=lambda entry, **_: orjson.dumps(entry).decode())


def _only_kinds_of_errors(_logger: Any, _method: str, entry: EventDict) -> EventDict:
    raised = entry.pop("exc_info", None)
    entry.pop("stack_info", None)
    if raised is True:
        raised = sys.exc_info()
    error = raised[1] if isinstance(raised, tuple) else raised
    if isinstance(error, BaseException):
        entry["error"] = type(error).__name__
        entry["raised_at"] = raised_at(error)
    return entry


def _allowed_alone(_logger: Any, _method: str, entry: EventDict) -> EventDict:
    kept: MutableMapping[str, Any] = {}
    left_out = 0
    for name, value in entry.items():
        if name in _ALWAYS:
            kept[name] = value
        elif name in MAY_BE_SAID:
            kept[name] = _said(value)
        else:
            left_out += 1
    if left_out:
        kept["left_out"] = left_out
    return kept


def _a_library_speaks(_logger: Any, _method: str, entry: EventDict) -> EventDict:
    """An entry that is not ours: who, where and what kind of error. Its text is not ours to trust."""
    record: logging.LogRecord = entry["_record"]
    said: Mapping[str, Any] = {"event": f"a library has something to say ({record.module}:{record.lineno})"}
    entry = {**said, "_record": record, "_from_structlog": entry["_from_structlog"]}
    if record.exc_info and record.exc_info[1] is not None:
        entry["error"] = type(record.exc_info[1]).__name__
        entry["raised_at"] = raised_at(record.exc_info[1])
    return entry


def _without_a_traceback(_logger: Any, _method: str, entry: EventDict) -> EventDict:
    """What the standard library would add below the line: its last line is the exception's message."""
    record: logging.LogRecord = entry["_record"]
    record.exc_info = record.exc_text = record.stack_info = None
    return entry


def _said(value: Any) -> Any:
    """A value as the log takes it: short, and without anything that could be somebody's number or address."""
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, Enum):
        return _said(value.value)
    if isinstance(value, UUID):
        return value.hex
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, type):
        return value.__name__
    if isinstance(value, list | tuple):
        return [_said(one) for one in value[:_FRAMES]]
    if isinstance(value, str):
        return _ADDRESS.sub("…", _NUMBER.sub("…", value))[:_LONGEST]
    return type(value).__name__


def _short(filename: str) -> str:
    path = Path(filename)
    return f"ccmm_bot/{path.relative_to(_PACKAGE)}" if path.is_relative_to(_PACKAGE) else f"{path.parent.name}/{path.name}"
