"""Which processes are alive, and who takes over from one that is not.

Every process has a row and renews it. A row that was not renewed in time is a dead process; one of the others takes over what it
was doing: its jobs, and the messages it was sending (whose outcome nobody knows, and which are looked up before anything is sent
again). Time is the database's own, so that the clocks of several hosts need not agree and a clock that is set changes nothing.

The row is also the fence. A process that was only slow finds its row taken, knows that its work is somebody else's now, and starts
afresh under another name.
"""

# ruff: noqa: S608 - statements are put together from constants of this module, never from data

from __future__ import annotations

import os
import secrets
import socket
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection, Engine, text

from ccmm_bot.store.types import uuid7

#: How often a process renews its row, and after how long without it counts as dead.
BEAT: Final = timedelta(seconds=4)
LEASE: Final = timedelta(seconds=14)
_FURTHEST: Final = 3 * LEASE
#: So the names of processes begin that take messages.
_WEB: Final = "web."
#: Rows of dead processes are kept so long, for whoever asks what happened.
_KEPT: Final = timedelta(days=7)

_NOW: Final = {"sqlite": "strftime('%Y-%m-%d %H:%M:%f', 'now')", "postgresql": "clock_timestamp()"}
_LATER: Final = {
    "sqlite": "strftime('%Y-%m-%d %H:%M:%f', 'now', '{seconds:+.3f} seconds')",
    "postgresql": "clock_timestamp() + interval '{seconds} seconds'",
}


@dataclass(frozen=True, slots=True)
class Dead:
    """A process that stopped renewing its row."""

    executor: str
    sender: str
    until: datetime  # when its row ran out


@dataclass(frozen=True, slots=True)
class Away:
    """A time in which nobody was there. It begins earlier rather than later: a row runs out after its process has died."""

    since: datetime
    until: datetime


class Leases:
    """The rows of the processes. Synchronous; call it from a thread. Never share one between two processes.

    ``web``: the process takes messages; its name says so.
    """

    def __init__(self, engine: Engine, *, sender: str = "", lease: timedelta = LEASE, web: bool = False) -> None:
        self._engine = engine
        self._sender = sender
        self._lease = lease
        self._prefix = _WEB if web else ""
        self._now = _NOW[engine.dialect.name]
        self.id: UUID = uuid7()
        self.executor = ""

    def _later(self, span: timedelta) -> str:
        return _LATER[self._engine.dialect.name].format(seconds=span.total_seconds())

    def away(self) -> Away | None:
        """From when to when no process was alive that takes messages, where that is so now: to be asked before :meth:`begin`."""
        web = f"max(CASE WHEN executor LIKE '{_WEB}%' THEN alive_until END)"
        with self._engine.connect().execution_options(ccmm_write=False) as connection:
            taking, anybody, now = connection.execute(text(f"SELECT {web}, max(alive_until), {self._now} FROM process")).one()
        last = anybody if taking is None else taking  # rows from before names said it
        if last is None or _time(last) > _time(now):
            return None
        return Away(since=_time(last) - self._lease, until=_time(now))

    def begin(self) -> str:
        """Make this process known under a new name, unique for good, and return the name."""
        self.id = uuid7()
        # Host and number help whoever reads a log; the random part makes it unique although numbers come back.
        self.executor = f"{self._prefix}{socket.gethostname()[:60]}-{os.getpid()}-{secrets.token_hex(6)}"
        with self._engine.begin() as connection:
            connection.execute(
                text(
                    "INSERT INTO process (id, executor, sender, started_at, alive_until) "
                    f"VALUES (:id, :executor, :sender, {self._now}, {self._later(self._lease)})"
                ),
                {"id": self._key(self.id), "executor": self.executor, "sender": self._sender},
            )
        return self.executor

    def renew(self) -> bool:
        """Say that we are alive. ``False``: we were thought dead, and our work is somebody else's."""
        with self._engine.begin() as connection:
            found = connection.execute(
                text(
                    f"UPDATE process SET alive_until = {self._later(self._lease)} "
                    "WHERE id = :id AND taken_over_by IS NULL RETURNING id"
                ),
                {"id": self._key(self.id)},
            ).first()
        return found is not None

    def end(self) -> None:
        """We stop in good order: whatever is left may be taken over at once."""
        with self._engine.begin() as connection:
            connection.execute(
                text(f"UPDATE process SET alive_until = {self._now} WHERE id = :id AND taken_over_by IS NULL"),
                {"id": self._key(self.id)},
            )

    def lost(self, connection: Connection, *, alone: bool = False) -> list[Dead]:
        """Mark as taken over, by us, whoever stopped renewing; in the caller's transaction, which takes over the work too.

        ``alone``: no other process can be alive (SQLite, whose one worker we are), so that nobody has to be waited for.
        """
        # Nobody lives as far into the future as that: the clock was set back, and whoever is alive renews at once.
        late = "TRUE" if alone else f"(alive_until < {self._now} OR alive_until > {self._later(_FURTHEST)})"
        rows = connection.execute(
            text(
                "UPDATE process SET taken_over_by = :me WHERE taken_over_by IS NULL AND id <> :me "
                f"AND {late} RETURNING executor, sender, alive_until"
            ),
            {"me": self._key(self.id)},
        )
        return [Dead(executor=row[0], sender=row[1], until=_time(row[2])) for row in rows]

    def living(self, connection: Connection) -> set[str]:
        """The names of the processes whose work is their own: late or not, until somebody has taken it over."""
        rows = connection.execute(text("SELECT executor FROM process WHERE taken_over_by IS NULL"))
        return {row[0] for row in rows}

    def forget(self) -> None:
        """Remove the rows of processes that ended long ago."""
        with self._engine.begin() as connection:
            connection.execute(text(f"DELETE FROM process WHERE alive_until < {self._later(-_KEPT)}"))

    def _key(self, value: UUID) -> Any:
        return value.hex if self._engine.dialect.name == "sqlite" else value


def _time(value: Any) -> datetime:
    """A time of the database's own clock, which SQLite writes as text."""
    if isinstance(value, datetime):
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
    return datetime.fromisoformat(value).replace(tzinfo=UTC)
