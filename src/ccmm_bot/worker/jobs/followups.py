"""The follow-ups' own jobs: a sweep that looks at those whose moment has come, and the job that begins one of them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Final
from uuid import UUID

from sqlmodel import col, select

from ccmm_bot.casework.followups.due import WATCHDOG, look, said_by
from ccmm_bot.conversation.receive import Receiver
from ccmm_bot.followup.kinds import KINDS
from ccmm_bot.logs import get_logger
from ccmm_bot.store.hot.work import Query, Rows, Runner, Work, as_id
from ccmm_bot.store.session import Store
from ccmm_bot.store.tables import FollowUp, FollowUpStatus
from ccmm_bot.worker.jobs.port import Jobs

_log = get_logger(__name__)

#: The kind of a look at one follow-up.
LOOK: Final = "follow_up"
#: So many are taken in one transaction: on SQLite it holds the one write lock.
BATCH: Final = 100
_LAST: Final = 100
#: Of a decision made at a moment that has not come yet: the clock was set back since, and what it waits for may
#: be a day too late. Never before it is due.
_OUT_OF_TIME: Final = (
    "UPDATE follow_up SET wake_at = CASE WHEN due_at > ? THEN due_at ELSE ? END "
    "WHERE wake_at IS NOT NULL AND status = 'due' AND updated_at > ?"
)
DUE: Final = "SELECT id FROM follow_up WHERE wake_at IS NOT NULL AND wake_at <= ? ORDER BY wake_at LIMIT ?"


class FollowUps:
    """Finds and looks at follow-ups. Any number of processes may do so at the same time."""

    def __init__(self, store: Store, runner: Runner, receiver: Receiver, jobs: Jobs, now: Callable[[], datetime]) -> None:
        self._store = store
        self._runner = runner
        self._receiver = receiver
        self._jobs = jobs
        self._now = now
        self._last: datetime | None = None  # sweep
        self.enqueued = 0  # jobs, since this process began

    async def sweep(self) -> int:
        """Look at every follow-up whose moment has come; returns how many there were.

        Waiting longer, settling, clearing: that is decided here and now, one short transaction each. Where one is to begin, a job
        decides once more and begins it. A job that nobody comes to is found again after :data:`WATCHDOG`. Where the clock was set
        back, what was decided before is looked at again.
        """
        found, last, self._last = 0, self._last, self._now()
        if last is None or self._last < last:
            await self._runner.across(partial(_again, self._last))
        while True:
            now = self._now()
            due = await self._runner.across(partial(_due, now))
            if not due:
                return found
            begins = await asyncio.gather(*(self._begins(key, now) for key in due))
            wanted = [key for key, begin in zip(due, begins, strict=True) if begin]
            taken = await asyncio.to_thread(self._take, wanted, now) if wanted else 0
            found += len(due) - len(wanted) + taken
            # What another process has locked is still listed: it is not waited for.
            if len(due) < BATCH or taken < len(wanted):
                return found

    async def _begins(self, key: str, now: datetime) -> bool:
        """Decide; whether a job has to begin it. One that cannot be looked at keeps no other waiting: its job says why."""
        try:
            return await self._runner.across(lambda: look(key, now)) is not None
        except Exception as error:
            _log.error("a follow-up could not be looked at", error=type(error))
            return True

    def _take(self, keys: list[str], now: datetime) -> int:
        with self._store.installation(write=True) as session:
            rows = session.exec(
                select(FollowUp)
                .where(col(FollowUp.id).in_([UUID(hex=key) for key in keys]), col(FollowUp.wake_at) <= now)
                .order_by(col(FollowUp.wake_at))
                .with_for_update(skip_locked=True)
            ).all()
            for row in rows:
                row.looks += 1
                row.wake_at = now + WATCHDOG
                row.updated_at = now
                if row.status is FollowUpStatus.SCHEDULED:
                    row.status = FollowUpStatus.DUE
                session.add(row)
                kind = KINDS.get(row.kind)
                # The order among one person's jobs is the order of their importance.
                seq = _LAST if kind is None else kind.priority
                self._jobs.enqueue(session, LOOK, f"{row.id.hex}.{row.looks}", key=row.person_id.hex, seq=seq)
        self.enqueued += len(rows)
        return len(rows)

    async def look(self, job: str) -> None:
        """Look at one follow-up, and begin it if it is its moment."""
        key = job.partition(".")[0]
        said = await self._runner.across(lambda: said_by(self._store.keys, key))
        if said is None:
            return  # erased
        rejected: str | None = None
        for _ in range(3):
            begin = await self._runner.across(partial(look, key, self._now(), rejected))
            if begin is None:
                return
            conversation = str(UUID(hex=begin.conversation))
            receipt = await self._receiver.begin(conversation, *said, follow_up_id=str(UUID(hex=key)))
            if receipt.rejected is None:
                return
            rejected = receipt.rejected


def _again(now: datetime) -> Work[None]:
    yield Query(_OUT_OF_TIME, (now, now, now))


def _due(now: datetime) -> Work[list[str]]:
    """Which have to be looked at, the longest overdue first: a look into a small index, which costs microseconds."""
    rows: Rows = yield Query(DUE, (now, BATCH))
    return [as_id(row[0]) for row in rows]
