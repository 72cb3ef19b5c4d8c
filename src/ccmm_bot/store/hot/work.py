"""A unit of work against either database, written once.

A :class:`Work` is a generator that yields what it wants from the database and is sent the answer; it does no input or output of its
own. The SQLite writer drives it inside its thread, PostgreSQL's runner drives it with awaits. It may be driven again from the
start after a conflict, so it changes nothing outside itself.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol, TypeVar
from uuid import UUID

from ccmm_bot.store.hot.writes import Writes
from ccmm_bot.store.types import stamp_back

T = TypeVar("T")

Rows = list[tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class Query:
    """One statement with ``?`` for its parameters; answered with its rows (none where it returns none).

    ``lock`` is the alias of the table whose rows the transaction goes on to change; SQLite's one writer needs no such thing.
    """

    sql: str
    params: Sequence[Any] = ()
    lock: str | None = None


@dataclass(frozen=True, slots=True)
class Apply:
    """Write everything one event of a conversation changes; answered with ``None``.

    Guarded by the conversation's version: where somebody else was faster, the whole work starts again.
    """

    writes: Writes


Work = Generator[Query | Apply, Any, T]


class Runner(Protocol):
    """Runs work, durably: what a call returns is on the disk. ``epoch``: seconds since 1970 on the database's clock, in its SQL."""

    @property
    def epoch(self) -> str:
        """SQL."""

    async def run(self, make: Callable[[], Work[T]], *, agency_id: str, optimistic: bool = False) -> T:
        """Run one unit of work of one agency in one transaction.

        The agency is told to the database in the same trip, for row-level security. ``optimistic``: the work is reads followed by
        one :class:`Apply`, and needs no transaction around the two, because the version guards it.
        """

    async def across(self, make: Callable[[], Work[T]], *, optimistic: bool = False) -> T:
        """The same over the rows of every agency: for work that learns only from them whose it is (timers, receipts)."""

    async def open(self) -> None:
        """Start."""

    async def aclose(self) -> None:
        """Finish what is queued, then close."""


def as_uuid(value: Any) -> UUID:
    """An id as either driver returns it."""
    return value if isinstance(value, UUID) else UUID(hex=value)


def as_id(value: Any) -> str:
    """An id as either driver returns it, as 32 hexadecimal digits."""
    return value if isinstance(value, str) else str(value.hex)


def as_time(value: Any) -> datetime:
    """An instant as either driver returns it, in UTC."""
    return value.astimezone(UTC) if isinstance(value, datetime) else stamp_back(value)


def marks(count: int) -> str:
    """``count`` parameter marks for an IN list."""
    return ", ".join("?" * count)
