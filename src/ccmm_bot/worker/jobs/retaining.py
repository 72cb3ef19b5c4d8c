"""The job that removes what has passed the time an agency keeps it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime

from sqlmodel import select

from ccmm_bot.casework.keeping.running import run
from ccmm_bot.logs import get_logger
from ccmm_bot.store import planning
from ccmm_bot.store.session import Store
from ccmm_bot.store.tables import Agency

_log = get_logger(__name__)


class Retaining:
    """Runs every few hours, agency by agency, and has the database see how much there is. Any number of processes may."""

    def __init__(self, store: Store, now: Callable[[], datetime]) -> None:
        self._store = store
        self._now = now

    async def run(self, _slot: str) -> None:
        """Once."""
        for agency, count in (await asyncio.to_thread(self._run)).items():
            _log.info("what had passed its time was removed", agency=agency, count=count)

    def _run(self) -> dict[str, int]:
        planning.learn(self._store.engine)
        with self._store.installation() as session:
            agencies = session.exec(select(Agency.id)).all()
        done = {agency.hex: sum(run(self._store, agency, self._now()).values()) for agency in agencies}
        return {agency: count for agency, count in done.items() if count}
