"""Fetches the files people sent, after their messages are committed and answered: nobody waits for a film.

Looking costs microseconds while there is nothing to do. What a crash interrupts is found again (:mod:`ccmm_bot.store.attachments`).
"""

from __future__ import annotations

import asyncio
from contextlib import suppress

from ccmm_bot.channels.fetching import Fetched, Never, NotNow, fetch
from ccmm_bot.channels.media import card_of, type_of
from ccmm_bot.channels.registry import Channels
from ccmm_bot.logs import get_logger
from ccmm_bot.store.attachments import Attachments, Wanted
from ccmm_bot.store.tables import AttachmentState

_log = get_logger(__name__)

_AT_A_TIME = 4  # files of at most 16 MB each are in memory


class MediaLoop:
    """``await start()``, and ``await stop()`` in the end."""

    def __init__(self, attachments: Attachments, channels: Channels, *, every_s: float = 1.0) -> None:
        self._attachments = attachments
        self._channels = channels
        self._every_s = every_s
        self._stopping = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin."""
        self._task = asyncio.get_running_loop().create_task(self._for_ever())

    async def stop(self) -> None:
        """Stop. What is being fetched is given up, and comes up again at the next start."""
        self._stopping.set()
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    async def _for_ever(self) -> None:
        while not self._stopping.is_set():
            try:
                fetched = await self.once()
            except Exception:
                _log.exception("looking for files to fetch failed")
                fetched = 0
            if not fetched:
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._stopping.wait(), timeout=self._every_s)

    async def once(self) -> int:
        """Fetch what is due now, a few files at a time; returns how many were tried."""
        wanted = await self._attachments.claim(_AT_A_TIME)
        await asyncio.gather(*(self._fetch(each) for each in wanted))
        return len(wanted)

    async def _fetch(self, wanted: Wanted) -> None:
        try:
            outcome = await fetch(self._channels, wanted.channel, wanted.account, wanted.source)
            match outcome:
                case Fetched(data=data):
                    await self._keep(wanted, data)
                case Never(reason=reason):
                    state = AttachmentState.REFUSED if reason == "too_large" else AttachmentState.GONE
                    await self._attachments.give_up(wanted.id, state, reason)
                case NotNow(reason=reason):
                    _log.info("a file could not be fetched now", reason=reason)
                    await self._attachments.later(wanted)
        except Exception as error:
            # Its lease ends by itself. The error may quote an address: only its kind is logged.
            _log.error("fetching a file failed", file=wanted.id, error=type(error))

    async def _keep(self, wanted: Wanted, data: bytes) -> None:
        kind = type_of(data, wanted.claimed_type)
        if kind is None:
            await self._attachments.give_up(wanted.id, AttachmentState.REFUSED, "type")
            return
        await self._attachments.keep(wanted.id, data, kind, card_of(data) if kind == "text/vcard" else "")
