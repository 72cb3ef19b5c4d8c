"""What has a schedule is enqueued once in each of its spans, by whichever process is first: the span's number names the job.

A clock that was set back comes to spans whose jobs are there already, from before. They are of another time: until the moment it
was set back from has come again, the names of its spans say so, with the moment of the latest job, which all processes see alike.
Without that nothing with a schedule would be done for so long, and no flag would go up.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Engine

from ccmm_bot.worker.jobs.engine import DbosJobs

#: Clocks of several hosts differ by less.
APART: Final = timedelta(minutes=2)


class Slots:
    """The schedules of one process's jobs. Synchronous; call it from a thread."""

    def __init__(self, engine: Engine, jobs: DbosJobs, now: Callable[[], datetime]) -> None:
        self._engine = engine
        self._jobs = jobs
        self._now = now
        self._last: dict[str, int] = {}

    def tick(self) -> None:
        """Enqueue what has come to a new span."""
        now = self._now()
        for kind, schedule in self._jobs.schedules.items():
            slot = int(now.timestamp() // schedule.every.total_seconds())
            if self._last.get(kind) != slot:
                with self._engine.begin() as connection:
                    before = self._jobs.made_after(connection, now + APART)
                    name = str(slot) if before is None else f"{slot}.{before}"
                    self._jobs.enqueue(connection, kind, name, key=kind)
                self._last[kind] = slot
