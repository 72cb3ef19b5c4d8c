"""Tells those who keep the service running that it cannot keep messages, and that it can again.

What is needed for that is in memory: the addresses are read while the database is well, and the mail goes straight to the mail
server. Every process has its own alarm; the mails of several about the same quarter of an hour have the same Message-ID, by which
mail programs show them once.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Final

from ccmm_bot.casework.agencies import alarms
from ccmm_bot.channels.mail import Mailer, MailServer, written
from ccmm_bot.i18n.interface import speaking
from ccmm_bot.logs import get_logger
from ccmm_bot.settings import Settings
from ccmm_bot.store import gaps
from ccmm_bot.store.session import Store
from ccmm_bot.store.vitals import EVERY_S, Trouble, Vitals

_log = get_logger(__name__)

#: Shorter troubles are over before anybody has read of them; they are in the log.
PATIENCE: Final = timedelta(seconds=5)
#: While it lasts, once more so often.
AGAIN: Final = timedelta(minutes=30)
_ADDRESSES_EVERY: Final = timedelta(minutes=5)
_QUARTER_S: Final = 900


class Alarm:
    """``await start()``, and ``await stop()`` in the end. ``over`` is told from when to when nothing could be kept."""

    def __init__(
        self,
        store: Store,
        vitals: Vitals,
        settings: Settings,
        now: Callable[[], datetime],
        over: Callable[[datetime, datetime], Awaitable[None]],
        *,
        every_s: float = EVERY_S,
        patience: timedelta = PATIENCE,
        tells_of_gaps: bool = False,
    ) -> None:
        self._tells_of_gaps = tells_of_gaps
        self._store = store
        self._vitals = vitals
        self._settings = settings
        self._now = now
        self._over = over
        self._every_s = every_s
        self._patience = patience
        url = settings.smtp_url.get_secret_value()
        self._post = Mailer(MailServer.parse(url)) if url else None
        self._keepers: list[tuple[str, str]] = []
        self._read_at: datetime | None = None
        self._told_at: datetime | None = None
        self._stopping = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin."""
        await self._read_addresses()
        self._task = asyncio.get_running_loop().create_task(self._for_ever())

    async def stop(self) -> None:
        """Stop."""
        self._stopping.set()
        self._vitals.failed_now.set()
        if self._task is not None:
            await self._task

    async def _for_ever(self) -> None:
        while not self._stopping.is_set():
            try:
                await self.look()
            except Exception as error:
                _log.error("the alarm itself failed", error=type(error))
            with suppress(TimeoutError):
                await asyncio.wait_for(self._vitals.failed_now.wait(), timeout=self._every_s)
            if self._vitals.failed_now.is_set() and not self._stopping.is_set():
                self._vitals.failed_now.clear()
                await asyncio.sleep(min(self._every_s, 0.5))

    async def look(self) -> None:
        """One look, and what has to be said after it."""
        before = self._vitals.trouble
        over = await self._vitals.look()
        now = self._now()
        if (trouble := self._vitals.trouble) is not None:
            if before is None:
                _log.error("the database keeps nothing", reason=trouble.what.value)
            await self._cry(trouble, now)
        elif over is not None:
            _log.warning("the database keeps again what is written", seconds=round((now - over.since).total_seconds()))
            await self._all_clear(over, now)
        elif self._read_at is None or now - self._read_at >= _ADDRESSES_EVERY:
            await self._read_addresses()
        elif self._tells_of_gaps:
            await self.tell_of_gaps()

    async def tell_of_gaps(self) -> int:
        """Say to each agency's administrators which messages were fetched after an outage; how many agencies."""
        told = await asyncio.to_thread(gaps.to_tell, self._store, self._now())
        for agency, closed in told.items():
            for address, language in await asyncio.to_thread(alarms.keepers, self._store, agency):
                letter = alarms.gap_letter(closed, speaking(self._settings.locales_dir, language))
                await self._send(address, letter, f"gaps.{closed[0].id.hex}")
        return len(told)

    async def _cry(self, trouble: Trouble, now: datetime) -> None:
        if now - trouble.since < self._patience or (self._told_at is not None and now - self._told_at < AGAIN):
            return
        self._told_at = now
        for address, language in self._keepers:
            letter = alarms.alarm_letter(trouble.what, trouble.since, speaking(self._settings.locales_dir, language))
            await self._send(address, letter, f"alarm.{int(now.timestamp()) // _QUARTER_S}")

    async def _all_clear(self, over: Trouble, now: datetime) -> None:
        if self._told_at is not None:
            for address, language in self._keepers:
                letter = alarms.well_letter(over.since, now, speaking(self._settings.locales_dir, language))
                await self._send(address, letter, f"well.{int(now.timestamp()) // _QUARTER_S}")
        self._told_at = None
        await self._over(over.since, now)

    async def _read_addresses(self) -> None:
        with suppress(Exception):
            self._keepers = await asyncio.to_thread(alarms.keepers, self._store)
            self._read_at = self._now()

    async def _send(self, address: str, letter: tuple[str, str], name: str) -> None:
        if self._post is None:
            return
        subject, text = letter
        base = self._settings.public_base_url.rstrip("/")
        message = written(
            self._settings,
            to=address,
            subject=f"{self._settings.service_name}: {subject}",
            text=f"{text}\n{base}/staff/admin/service\n" if base else text,
            key=name,
            at=self._now(),
        )
        outcome = await self._post.send(message)
        _log.info("an alarm was handed to the mail server", status=type(outcome).__name__)
