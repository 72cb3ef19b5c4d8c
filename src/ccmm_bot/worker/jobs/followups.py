"""The follow-ups' own jobs: a sweep that finds those to be looked at, and the look at one of them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlmodel import col, select

from ccmm_bot.casework.followups import WATCHDOG, look, said_by
from ccmm_bot.conversation.receive import Receiver
from ccmm_bot.followup.kinds import KINDS
from ccmm_bot.store.hot.work import Runner
from ccmm_bot.store.session import Store
from ccmm_bot.store.tables import FollowUp, FollowUpStatus
from ccmm_bot.worker.jobs.port import Jobs

#: The kind of a look at one follow-up.
LOOK: Final = "follow_up"
#: So many are taken in one transaction: on SQLite it holds the one write lock.
BATCH: Final = 100
_LAST: Final = 100


class FollowUps:
    """Finds and looks at follow-ups. Any number of processes may do so at the same time."""

    def __init__(self, store: Store, runner: Runner, receiver: Receiver, jobs: Jobs, now: Callable[[], datetime]) -> None:
        self._store = store
        self._runner = runner
        self._receiver = receiver
        self._jobs = jobs
        self._now = now

    async def sweep(self) -> int:
        """Enqueue a job for every follow-up that has to be looked at; returns how many. One that nobody comes to is found again."""
        found = 0
        while found or await asyncio.to_thread(self._any, self._now()):
            batch = await asyncio.to_thread(self._take, self._now())
            found += batch
            if batch < BATCH:
                return found
        return 0

    def _any(self, now: datetime) -> bool:
        """Whether there is anything to do: a look into a small index, without the write lock."""
        with self._store.installation() as session:
            statement = select(FollowUp.id).where(col(FollowUp.wake_at).is_not(None), col(FollowUp.wake_at) <= now).limit(1)
            return session.exec(statement).first() is not None

    def _take(self, now: datetime) -> int:
        with self._store.installation(write=True) as session:
            rows = session.exec(
                select(FollowUp)
                .where(col(FollowUp.wake_at).is_not(None), col(FollowUp.wake_at) <= now)
                .order_by(col(FollowUp.wake_at))
                .limit(BATCH)
                .with_for_update(skip_locked=True)
            ).all()
            for row in rows:
                row.looks += 1
                row.wake_at = now + WATCHDOG
                if row.status is FollowUpStatus.SCHEDULED:
                    row.status, row.updated_at = FollowUpStatus.DUE, now
                session.add(row)
                kind = KINDS.get(row.kind)
                # The order among one person's jobs is the order of their importance.
                seq = _LAST if kind is None else kind.priority
                self._jobs.enqueue(session, LOOK, f"{row.id.hex}.{row.looks}", key=row.person_id.hex, seq=seq)
        return len(rows)

    async def look(self, job: str) -> None:
        """Look at one follow-up, and begin it if it is its moment."""
        key = job.partition(".")[0]
        said = await self._runner.run(lambda: said_by(self._store.keys, key))
        if said is None:
            return  # erased
        rejected: str | None = None
        for _ in range(3):
            now, why = self._now(), rejected
            begin = await self._runner.run(lambda now=now, why=why: look(key, now, why))  # type: ignore[misc]
            if begin is None:
                return
            conversation = str(UUID(hex=begin.conversation))
            receipt = await self._receiver.begin(conversation, *said, follow_up_id=str(UUID(hex=key)))
            if receipt.rejected is None:
                return
            rejected = receipt.rejected
