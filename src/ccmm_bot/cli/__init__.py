"""The command line: one file per noun, read only when it is asked for.

``ccmm-bot serve`` begins to answer sooner when it does not have to read what prints posters.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from importlib import import_module
from types import MappingProxyType
from typing import Any, Final

import typer

from ccmm_bot.errors import CcmmError
from ccmm_bot.logs import configure, without

__all__ = ["app", "main"]

#: Name → the module it is in, and the function of a command; a noun's module has its ``app``.
_COMMANDS: Final = MappingProxyType(
    {
        "serve": ("serve", "serve"),
        "worker": ("serve", "worker"),
        "demo": ("demo", "demo"),
        "chat": ("chat", "chat"),
        "channel": ("channel", None),
        "dialogue": ("dialogue", None),
        "locale": ("locale", None),
        "followups": ("followups", None),
        "staff": ("staff", None),
        "agency": ("agency", None),
        "audit": ("audit", None),
        "export": ("export", "export"),
        "evaluation": ("evaluation", None),
        "report": ("report", "report"),
        "translate": ("translate", None),
        "db": ("db", None),
        "keys": ("keys", None),
        "retention": ("retention", None),
        "backup": ("backup", "backup"),
        "restore": ("backup", "restore"),
    }
)


def _root() -> None:
    """Multilingual intake and follow-up conversations for settlement agencies."""


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Nearly everything a module makes stays: looking through all of it again and again takes a fifth of the time it is read in.

    And what draws in terminals is not taken up by libraries that would, for commands of their own.
    """
    collecting = gc.isenabled()
    gc.disable()
    try:
        with without("rich", "pygments"):
            yield
    finally:
        if collecting:
            gc.enable()


def _build(names: Iterable[str]) -> typer.Typer:
    """The command line with these commands, in the order of the table."""
    built = typer.Typer(
        name="ccmm-bot",
        callback=_root,
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
    )
    wanted = set(names)
    for name, (module, function) in _COMMANDS.items():
        if name not in wanted:
            continue
        with _undisturbed():
            found = import_module(f"{__name__}.{module}")
        if function is None:
            built.add_typer(found.app, name=name)
        else:
            built.command(name)(getattr(found, function))
    return built


def __getattr__(name: str) -> Any:
    if name == "app":
        return _build(_COMMANDS)
    raise AttributeError(name)


def main() -> None:
    """Run the command line. What a person can act on is one line on standard error, never a traceback."""
    configure("warning")
    first = sys.argv[1] if len(sys.argv) > 1 else ""
    chosen = _build([first] if first in _COMMANDS else _COMMANDS)
    gc.freeze()  # nor is it looked through while the command opens what it needs
    try:
        chosen()
    except CcmmError as error:
        typer.echo(f"ccmm-bot: {error}", err=True)
        sys.exit(1)
