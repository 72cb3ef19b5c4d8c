"""The log holds what our code says and what is on the list of what may be said; nothing a person wrote can get into it."""

from __future__ import annotations

import ast
import io
import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import create_engine, text

from ccmm_bot.logs import MAY_BE_SAID, get_logger
from tests.logged import logged

SOURCES = Path(__file__).parents[2] / "src" / "ccmm_bot"
SECRET = "Almaz of Asmara, +1 604 555 0132, almaz@example.org"


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """Everything that is logged during a test, as JSON."""
    with logged() as stream:
        yield stream


def entry_of(log: io.StringIO, logger: str) -> dict[str, Any]:
    """The one entry of a logger; others may log in the background."""
    (found,) = [entry for line in log.getvalue().splitlines() if (entry := json.loads(line))["logger"] == logger]
    return dict(found)


def test_an_entry_is_a_sentence_a_time_a_level_and_values_under_known_names(log: io.StringIO) -> None:
    get_logger("ccmm_bot.said").warning("a job failed", job="follow_up", message=UUID(int=7))
    entry = entry_of(log, "ccmm_bot.said")
    assert entry.pop("timestamp").endswith("Z")
    assert entry == {
        "level": "warning",
        "logger": "ccmm_bot.said",
        "event": "a job failed",
        "job": "follow_up",
        "message": "00000000000000000000000000000007",
    }


def test_a_value_under_any_other_name_is_left_out_and_counted(log: io.StringIO) -> None:
    get_logger("ccmm_bot.said").info("somebody wrote", text=SECRET, phone="+16045550132", count=1)
    entry = entry_of(log, "ccmm_bot.said")
    assert entry["left_out"] == 2
    assert entry["count"] == 1
    assert not any(part in log.getvalue() for part in ("Almaz", "604", "example.org"))


@given(number=st.from_regex(r"\+?[1-9][0-9]{2}[ .-]?[0-9]{3}[ .-]?[0-9]{4}", fullmatch=True))
def test_no_telephone_number_gets_through_under_any_name(number: str) -> None:
    with logged() as stream:
        get_logger("ccmm_bot.said").info("refused", reason=f"the address {number} is not known")
    assert "is not known" in stream.getvalue()
    assert number not in stream.getvalue()


def test_of_an_exception_its_kind_and_place_are_kept_and_never_its_message(log: io.StringIO) -> None:
    engine = create_engine("sqlite://")
    try:
        with engine.connect() as connection:
            connection.execute(text("INSERT INTO missing VALUES (:secret)"), {"secret": SECRET})
    except Exception:
        get_logger("ccmm_bot.said").exception("writing failed")
    entry = entry_of(log, "ccmm_bot.said")
    assert entry["error"] == "OperationalError"
    assert entry["raised_at"][0].startswith("house/test_logs.py:")
    assert "Almaz" not in log.getvalue()


def test_a_library_is_heard_but_its_words_and_its_exceptions_text_are_not_kept(log: io.StringIO) -> None:
    try:
        raise ValueError(SECRET)
    except ValueError:
        logging.getLogger("some.library").exception("could not send %s", SECRET)
    logging.getLogger("some.library").info("sending %s", SECRET)
    entry = entry_of(log, "some.library")
    assert (entry["level"], entry["error"]) == ("error", "ValueError")
    assert "Almaz" not in log.getvalue()


def test_in_a_terminal_an_entry_is_one_line_to_read() -> None:
    with logged(as_json=False) as stream:
        get_logger("ccmm_bot.said").warning("a job failed", job="follow_up")
    (line,) = [line for line in stream.getvalue().splitlines() if "ccmm_bot.said" in line]
    assert line.endswith('level=warning event="a job failed" logger=ccmm_bot.said job=follow_up')


def entries() -> Iterator[tuple[Path, ast.Call]]:
    for path in sorted(SOURCES.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and isinstance(node.func.value, ast.Name)
                and node.func.value.id in {"_log", "log", "logger", "_logger", "logging"}
                and node.func.attr in {"debug", "info", "warning", "error", "exception", "critical"}
            ):
                yield path, node


def test_every_entry_of_our_own_is_a_fixed_sentence_with_names_of_the_list() -> None:
    found = list(entries())
    wrong = [
        f"{path.relative_to(SOURCES)}:{call.lineno}"
        for path, call in found
        if len(call.args) != 1
        or not isinstance(call.args[0], ast.Constant)
        or not {word.arg for word in call.keywords} <= MAY_BE_SAID
        or (isinstance(call.func, ast.Attribute) and isinstance(call.func.value, ast.Name) and call.func.value.id == "logging")
    ]
    assert len(found) > 30
    assert wrong == []


def test_every_module_logs_through_the_list() -> None:
    """A logger of the standard library would get past it."""
    around = [
        str(path.relative_to(SOURCES))
        for path in sorted(SOURCES.rglob("*.py"))
        if any(way in path.read_text(encoding="utf-8") for way in ("logging.getLogger(__name__)", "structlog.get_logger"))
    ]
    assert around == []
