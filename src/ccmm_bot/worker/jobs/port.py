"""What the service asks of an engine for durable work. Everything else about the engine stays behind this.

The rows of the domain are the truth: a job says only *what* to look at again, never what to do or to whom. It may therefore run
twice, late, or not at all without harm: whoever runs it reads the rows first, and a sweep finds the rows that nobody looked at.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from sqlalchemy import Connection
from sqlalchemy.orm import Session

#: Runs one job; it is given the id the job was enqueued with. What it raises is tried again.
Handler = Callable[[str], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Schedule:
    """A job every so often: once in each span of ``every``, whatever the number of processes."""

    every: timedelta


class Jobs(Protocol):
    """Durable work. ``kind`` names a handler, ``id`` what it is about: a row's id, never anything personal."""

    schedules: Mapping[str, Schedule]

    def enqueue(
        self,
        within: Session | Connection,
        kind: str,
        id: str,
        *,
        key: str,
        seq: int = 1,
        not_before: datetime | None = None,
    ) -> None:
        """Have ``kind`` run for ``id``, if the caller's transaction commits. Enqueuing the same (kind, id) again does nothing.

        Jobs of one ``key`` run one after the other, those that wait in the order of ``seq`` (1 or more). ``not_before`` is aware.
        Synchronous: call it from a thread, inside the transaction of a session or connection of the service's own database.
        """

    async def reschedule(self, kind: str, id: str, not_before: datetime) -> None:
        """Another time for a job that waits for its time. One that has begun, or is none, is left alone."""

    async def cancel(self, kind: str, id: str) -> None:
        """Take back a job that has not begun."""
