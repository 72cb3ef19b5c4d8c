"""What was sent is written down together: one statement for all that were sent at the same time."""

from __future__ import annotations

import asyncio
from itertools import chain
from uuid import UUID

from ccmm_bot.clock import Clock
from ccmm_bot.store import outbox_sql as sql
from ccmm_bot.store.hot.work import Query, Work


class SentTogether:
    """Messages that were sent: whoever comes before the writing begins comes along."""

    __slots__ = ("_clock", "_rows", "begun", "waiting")

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._rows: list[tuple[UUID, str]] = []
        self.begun = False
        self.waiting: list[asyncio.Future[None]] = []

    def add(self, key: UUID, provider_id: str) -> asyncio.Future[None]:
        """One more; done when it is on the disk."""
        self._rows.append((key, provider_id))
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.waiting.append(done)
        return done

    def work(self) -> Work[None]:
        """Write all of them."""
        self.begun = True
        now, left = self._clock.now(), list(dict(self._rows).items())
        while left:
            count = min(sql.MOST_SENT, 1 << (len(left).bit_length() - 1))
            rows, left = left[:count], left[count:]
            yield Query(sql.sent(count), (*chain.from_iterable(rows), now, now, *(key for key, _ in rows)))

    def finished(self, task: asyncio.Task[None]) -> None:
        """Tell everybody."""
        error = asyncio.CancelledError() if task.cancelled() else task.exception()
        for each in self.waiting:
            if each.done():
                continue  # whoever waited has gone
            if error is None:
                each.set_result(None)
            elif task.cancelled():
                each.cancel()
            else:
                each.set_exception(error)
