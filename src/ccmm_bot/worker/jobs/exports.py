"""Exports for research as durable work: a sweep finds what was asked for and what is over, a job makes one."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import Final
from uuid import UUID

from ccmm_bot.dialogue.loader import load_program
from ccmm_bot.evaluation import asking
from ccmm_bot.evaluation.needed import require_libraries
from ccmm_bot.settings import Settings
from ccmm_bot.store.session import Store
from ccmm_bot.worker.jobs.port import Jobs

#: The kind of the job that makes one export.
MAKE: Final = "export"


class Exports:
    """Any number of processes may sweep; one export is made at a time, for it keeps a processor and memory busy."""

    def __init__(self, store: Store, jobs: Jobs, settings: Settings, now: Callable[[], datetime]) -> None:
        self._store = store
        self._jobs = jobs
        self._settings = settings
        self._now = now

    async def sweep(self) -> int:
        """Enqueue what waits, and remove files whose time is over; returns how many were enqueued."""
        return await asyncio.to_thread(self._sweep)

    async def make(self, id: str) -> None:
        """Make one."""
        await asyncio.to_thread(self._make, UUID(id.partition(".")[0]))

    def _sweep(self) -> int:
        now = self._now()
        asking.forget(self._store, now)
        found = asking.due(self._store, now)
        if found:
            with self._store.installation(write=True) as session:
                for key, look in found:
                    self._jobs.enqueue(session, MAKE, f"{key.hex}.{look}", key=MAKE)
        return len(found)

    def _make(self, key: UUID) -> None:
        require_libraries()
        # Half a gigabyte of libraries: imported by the process that makes one, when it makes the first.
        from ccmm_bot.evaluation.instruments import instruments
        from ccmm_bot.evaluation.making import make_asked
        from ccmm_bot.evaluation.wordings import wordings

        loaded = load_program(self._settings.dialogues_dir)
        defined = instruments(loaded.dialogues, loaded.instruments)
        make_asked(self._store, key, defined, wordings(self._settings.locales_dir, defined), self._now)
