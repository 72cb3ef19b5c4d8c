"""Caseloads that are taken over, as durable work: a sweep finds what was asked for, a job takes it over piece by piece."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime
from time import monotonic
from typing import Final
from uuid import UUID

from ccmm_bot.casework.caseload import taking_over
from ccmm_bot.store.session import Store
from ccmm_bot.worker.jobs.port import Jobs

#: The kind of the job that takes one caseload over.
TAKE_OVER: Final = "caseload"
#: Rows of a piece, and how long one is meant to hold the write lock: what a message may have to wait.
FIRST: Final = 8
MOST: Final = 25
_AIM_S: Final = 0.06
#: The lock is left alone after each piece: whoever waits for SQLite's looks again within so long.
_BREATH_S: Final = 0.05


class Caseloads:
    """Any number of processes may sweep; one upload is taken over at a time."""

    def __init__(self, store: Store, jobs: Jobs, now: Callable[[], datetime]) -> None:
        self._store = store
        self._jobs = jobs
        self._now = now

    async def sweep(self) -> int:
        """Enqueue what waits; returns how many."""
        return await asyncio.to_thread(self._sweep)

    async def take_over(self, id: str) -> None:
        """Take one over, from where it stands to its end."""
        work = await asyncio.to_thread(taking_over.begin, self._store, UUID(id.partition(".")[0]))
        if work is None:
            return
        size = FIRST
        while True:
            began = monotonic()
            left = await asyncio.to_thread(taking_over.take_piece, self._store, work, size, self._now())
            took = monotonic() - began
            if not left:
                return
            size = max(1, min(MOST, size * 2, int(size * _AIM_S / took)))
            await asyncio.sleep(max(took, _BREATH_S))

    def _sweep(self) -> int:
        found = taking_over.due(self._store, self._now())
        if found:
            with self._store.installation(write=True) as session:
                for key, look in found:
                    self._jobs.enqueue(session, TAKE_OVER, f"{key.hex}.{look}", key=TAKE_OVER)
        return len(found)
