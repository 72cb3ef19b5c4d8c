"""Fires reminders and time-outs when they are due. Looking costs microseconds while there is nothing to do."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import datetime, timedelta

from ccmm_bot.logs import get_logger

_log = get_logger(__name__)

_BATCH = 100
_AFTER_A_FAILURE = timedelta(seconds=30)


class TimerLoop:
    """Asks for due timers once a second and fires each, as an event like any other message.

    ``due`` is ``Timers.due`` of the store (ids, the longest overdue first), ``fire`` is ``Receiver.fire``.
    """

    def __init__(
        self,
        due: Callable[[datetime, int], Awaitable[list[str]]],
        fire: Callable[[str], Awaitable[object]],
        now: Callable[[], datetime],
        *,
        every_s: float = 1.0,
        concurrency: int = 16,
    ) -> None:
        self._due = due
        self._fire = fire
        self._now = now
        self._every_s = every_s
        self._calls = asyncio.Semaphore(concurrency)
        self._stopping = asyncio.Event()
        self._failed: dict[str, datetime] = {}  # timer → when to try it again
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin."""
        self._task = asyncio.get_running_loop().create_task(self._for_ever())

    async def stop(self) -> None:
        """Stop after what is being fired."""
        self._stopping.set()
        if self._task is not None:
            await self._task

    async def _for_ever(self) -> None:
        while not self._stopping.is_set():
            try:
                fired = await self.once()
            except Exception:
                _log.exception("looking for due timers failed")
                fired = 0
            if fired < _BATCH:
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._stopping.wait(), timeout=self._every_s)

    async def once(self) -> int:
        """Fire everything due now, up to a batch; returns how many were fired. One that fails is tried again later."""
        now = self._now()
        # Those that failed a moment ago must not take the places of others.
        self._failed = {timer: until for timer, until in self._failed.items() if until > now}
        timers = [timer for timer in await self._due(now, _BATCH + len(self._failed)) if timer not in self._failed]
        results = await asyncio.gather(*(self._fire_one(timer) for timer in timers))
        return sum(results)

    async def _fire_one(self, timer: str) -> int:
        async with self._calls:
            try:
                await self._fire(timer)
            except Exception:
                _log.exception("a timer could not be fired", timer=timer)
                self._failed[timer] = self._now() + _AFTER_A_FAILURE
                return 0
            return 1
