"""Deliveries to other systems as durable work: a sweep finds what happened and what is due, a job delivers one."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import Final
from uuid import UUID

from ccmm_bot.casework.exchange import webhooks
from ccmm_bot.channels.outgoing import sign, tell
from ccmm_bot.store.session import Store
from ccmm_bot.worker.jobs.port import Jobs

#: The kind of one delivery's job.
DELIVER: Final = "webhook"


class Webhooks:
    """Any number of processes may sweep: a delivery's next try is part of its job's name, and its row decides."""

    def __init__(self, store: Store, jobs: Jobs, now: Callable[[], datetime], *, private: bool) -> None:
        """``private``: addresses inside our own network may be told, too."""
        self._store = store
        self._jobs = jobs
        self._now = now
        self._private = private

    async def sweep(self) -> int:
        """Enqueue what is due; returns how many."""
        return await asyncio.to_thread(self._sweep)

    async def deliver(self, id: str) -> None:
        """One try. What fails is found again by the sweep, when its time has come."""
        delivery_id = UUID(id.partition(".")[0])
        now = self._now()
        taken = await asyncio.to_thread(webhooks.take, self._store, delivery_id, now)
        if taken is None:
            return
        told = await tell(taken.url, sign(taken.secret, taken.event, now, taken.body), taken.body, private=self._private)
        await asyncio.to_thread(webhooks.settle, self._store, taken.id, told, self._now())

    def _sweep(self) -> int:
        now = self._now()
        webhooks.collect(self._store, now)
        found = webhooks.due(self._store, now)
        if found:
            with self._store.installation(write=True) as session:
                for each in found:
                    self._jobs.enqueue(session, DELIVER, f"{each.hex}.{int(now.timestamp()) // 5}", key=each.hex)
        return len(found)
