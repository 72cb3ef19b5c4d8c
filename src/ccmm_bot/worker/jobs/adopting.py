"""Taking over what a process that is not alive any more left behind: the messages it was sending, the jobs it was running."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import IO, Final

from sqlalchemy import Connection, Engine, text

from ccmm_bot.logs import get_logger
from ccmm_bot.store.scope import across
from ccmm_bot.worker.jobs.engine import DbosJobs
from ccmm_bot.worker.jobs.leases import Dead, Leases

_log = get_logger(__name__)

#: PostgreSQL advisory lock: one process at a time takes over from the dead.
_LOCK: Final = 7_426_016_119


class Adopting:
    """Takes over for the process whose ``leases`` these are. ``close`` in the end."""

    def __init__(self, engine: Engine, leases: Leases, jobs: DbosJobs) -> None:
        self._engine = engine
        self._leases = leases
        self._jobs = jobs
        self._alone: IO[str] | None = None

    def claim_file(self) -> bool:
        """On SQLite: whether we are the one worker of this file. Its lock goes with the process, however that ends."""
        if self._engine.dialect.name != "sqlite":
            return False
        import fcntl

        if self._alone is None:
            path = Path(f"{self._engine.url.database}.worker")
            handle = path.open("a")
            path.chmod(0o600)
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                handle.close()
                return False
            self._alone = handle
        return True

    def close(self) -> None:
        """Let others be the one worker."""
        if self._alone is not None:
            self._alone.close()

    def messages(self, *, alone: bool = False) -> list[Dead]:
        """Messages a dead process was sending: nobody knows their outcome, and it is found out from now on. Who has died."""
        with across(self._engine).begin() as connection:
            self._one_at_a_time(connection)
            lost = self._leases.lost(connection, alone=alone)
            for dead in lost:
                _log.warning("taking over from a process that died", executor=dead.executor)
                if dead.sender:
                    connection.execute(
                        text("UPDATE outbox SET lease_until = :now WHERE status = 'sending' AND owner = :owner"),
                        {"now": _past(self._engine.dialect.name), "owner": dead.sender},
                    )
        return lost

    def jobs(self) -> None:
        """Jobs that were running in processes which are not alive: back into the queue. Finding none costs one query."""
        with self._engine.begin() as connection:
            self._one_at_a_time(connection)
            living = self._leases.living(connection)
            jobs = self._jobs.abandoned(connection, living | {self._leases.executor})
            if not jobs or connection.dialect.name == "sqlite":
                held = jobs
            else:
                self._jobs.resume(jobs)  # while we hold the lock: nobody else puts the same ones back
                held = []
        if held:
            self._jobs.resume(held)

    def _one_at_a_time(self, connection: Connection) -> None:
        if self._engine.dialect.name == "postgresql":
            connection.execute(text(f"SELECT pg_advisory_xact_lock({_LOCK})"))


def _past(dialect: str) -> object:
    moment = datetime.now(UTC) - timedelta(seconds=1)
    return moment.replace(tzinfo=None).isoformat(" ", "microseconds") if dialect == "sqlite" else moment
