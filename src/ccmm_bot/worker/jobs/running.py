"""What keeps durable work going in one process: its place among the living, the engine, the rounds.

Nothing here is needed to answer a person. It starts after the service answers, and when the engine cannot be started the service
goes on answering while this is tried again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from typing import Final

from ccmm_bot.logs import get_logger
from ccmm_bot.store.tables import GapCause
from ccmm_bot.translation.result import Translator
from ccmm_bot.worker.jobs.adopting import Adopting
from ccmm_bot.worker.jobs.duties import SCHEDULES, Duties
from ccmm_bot.worker.jobs.engine import DbosJobs
from ccmm_bot.worker.jobs.leases import BEAT, LEASE, Away, Dead, Leases
from ccmm_bot.worker.jobs.port import Handler, Schedule
from ccmm_bot.worker.provided import Provided

_log = get_logger(__name__)

_SWEEP_S: Final = 5.0
_AGAIN_S: Final = 5.0


class Background:
    """``await start()``, and ``await stop()`` in the end.

    ``working``: run jobs and take over from the dead. Without, the process is only known to the others, so that they can take over
    what it was sending. ``web``: it takes messages; none were taken while no such process was there. ``handlers`` and ``schedules``
    are added to our own. ``translator``: translate for staff what people write.
    """

    def __init__(
        self,
        runtime: Provided,
        *,
        sender: str = "",
        working: bool = True,
        web: bool = True,
        handlers: Mapping[str, Handler] | None = None,
        schedules: Mapping[str, Schedule] | None = None,
        translator: Translator | None = None,
        poll_s: float = 1.0,
    ) -> None:
        engine = runtime.database.engine
        self._working = working
        self._web = web
        self._leases = Leases(engine, sender=sender, web=web)
        self.jobs = DbosJobs(engine, poll_s=poll_s, schedules={**SCHEDULES, **(schedules or {})})
        self.duties = Duties(runtime, self.jobs, self._leases, translator)
        self.jobs.handlers = {**self.duties.handlers, **(handlers or {})}
        self._adopting = Adopting(engine, self._leases, self.jobs)
        self._away: Away | None = None
        self._task: asyncio.Task[None] | None = None
        self._stopping = asyncio.Event()
        self._known = ""  # the name under which the others know us, until work begins under it
        self.ready = asyncio.Event()  # jobs run

    async def start(self, *, after_s: float = 0.0) -> None:
        """Make the process known to the others, before it sends anything. The rest begins in the background, after ``after_s``."""
        self._away = await asyncio.to_thread(self._leases.away) if self._web else None
        self._known = await asyncio.to_thread(self._leases.begin)
        if self._away is not None:
            await self.duties.reconciling.open(self._away.since, self._away.until, GapCause.STOPPED)
        self._task = asyncio.get_running_loop().create_task(self._live(after_s))

    async def stop(self, last: Callable[[], Awaitable[None]] | None = None) -> None:
        """Finish what runs, then ``last`` (what is being sent goes out), and give the rest away: only then, or others would take
        over what is not finished."""
        self._stopping.set()
        if self._task is not None:
            await self._task
        await self.jobs.stop()
        if last is not None:
            beating = asyncio.get_running_loop().create_task(self._beat())
            try:
                await last()
            finally:
                beating.cancel()
                with suppress(asyncio.CancelledError):
                    await beating
        with suppress(Exception):
            await asyncio.to_thread(self._leases.end)
        self._adopting.close()

    async def _beat(self) -> None:
        while True:
            with suppress(Exception):
                await asyncio.to_thread(self._leases.renew)
            await asyncio.sleep(BEAT.total_seconds())

    # --- alive ---------------------------------------------------------------------------------------------------------

    async def _live(self, after_s: float) -> None:
        await self._pause(after_s)
        while not self._stopping.is_set():
            try:
                await self._begin()
                await self._go_on()
            except Exception as error:
                _log.error("durable work is interrupted", error=type(error))
                await self._pause(_AGAIN_S)

    async def _pause(self, seconds: float) -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(self._stopping.wait(), timeout=seconds)

    async def _begin(self) -> None:
        if self.ready.is_set():
            self.ready.clear()
            await self.jobs.stop(wait_s=0)
        executor = self._known or await asyncio.to_thread(self._leases.begin)
        self._known = ""
        if self._working:
            alone = self._adopting.claim_file()
            await self._missed(await asyncio.to_thread(self._adopting.messages, alone=alone))
            await self.jobs.start(executor)
            self.ready.set()
            await asyncio.to_thread(self._adopting.jobs)
        else:
            await asyncio.to_thread(self.jobs.prepare)

    async def _go_on(self) -> None:
        loop = asyncio.get_running_loop()
        beat = swept = loop.time()
        while not self._stopping.is_set():
            if loop.time() - beat >= BEAT.total_seconds():
                beat = loop.time()
                if not await asyncio.to_thread(self._leases.renew):
                    _log.warning("this process was thought dead; it starts afresh under another name")
                    self.jobs.fence()
                    return
                if self._working:
                    await self._take_over()
            if self._working and loop.time() - swept >= _SWEEP_S:
                swept = loop.time()
                await self.duties.sweep()
            await self._pause(0.5)

    # --- the dead ------------------------------------------------------------------------------------------------------

    async def _take_over(self) -> None:
        await self._missed(await asyncio.to_thread(self._adopting.messages))
        await asyncio.to_thread(self._adopting.jobs)

    async def after_trouble(self, since: datetime, until: datetime) -> None:
        """The database kept nothing from ``since`` to ``until``."""
        await self.duties.reconciling.open(since, until, GapCause.TROUBLE)

    async def _missed(self, dead: list[Dead]) -> None:
        """Between its death and the moment others answered in its place a process may have been called in vain."""
        known = self._away.until if self._away is not None else None
        times = [each.until for each in dead if known is None or each.until > known]
        if times:
            await self.duties.reconciling.open(min(times) - LEASE, max(*times, datetime.now(UTC)), GapCause.STOPPED)
