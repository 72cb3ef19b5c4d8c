"""Takes turns with other processes at asking for a bot's updates (:mod:`ccmm_bot.store.feeds`)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Protocol

from ccmm_bot.logs import get_logger
from ccmm_bot.messages import ChannelKind
from ccmm_bot.store.feeds import EVERY_S, FeedLeases

_log = get_logger(__name__)


class Feed(Protocol):
    """What brings updates."""

    async def start(self) -> None:
        """Begin."""

    async def stop(self) -> None:
        """End."""


class OwnedFeed:
    """A feed that runs here only while this process owns it. ``await start()``, and ``await stop()`` in the end."""

    def __init__(
        self, leases: FeedLeases, channel: ChannelKind, account: str, make: Callable[[], Feed], *, every_s: float = EVERY_S
    ) -> None:
        self._leases = leases
        self._key = (channel, account)
        self._make = make
        self._every_s = every_s
        self._feed: Feed | None = None
        self._stopping = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    @property
    def running(self) -> bool:
        """Whether this process brings the updates now."""
        return self._feed is not None

    async def start(self) -> None:
        """Begin to look whether it is ours."""
        self._task = asyncio.get_running_loop().create_task(self._for_ever())

    async def stop(self) -> None:
        """End, and let another process have it at once."""
        self._stopping.set()
        if self._task is not None:
            await self._task
        await self._end()
        with suppress(Exception):
            await self._leases.give(*self._key)

    async def _for_ever(self) -> None:
        while not self._stopping.is_set():
            try:
                await self._look()
            except Exception as error:
                # Nobody can take it over while the store cannot be asked: who has it goes on.
                _log.error("who asks for updates could not be found out", error=type(error))
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), timeout=self._every_s)

    async def _look(self) -> None:
        ours = await self._leases.take(*self._key)
        if ours and self._feed is None:
            self._feed = self._make()
            await self._feed.start()
        elif not ours and self._feed is not None:
            _log.warning("another process asks for this bot's updates now")
            await self._end()

    async def _end(self) -> None:
        feed, self._feed = self._feed, None
        if feed is not None:
            await feed.stop()
