"""Looks after new flags: gives them their deadline and tells who has to know. What time makes of them is :mod:`.jobs.flags`.

Every second, and for nothing while there is nothing to do. An urgent flag is with the mail server moments after it was raised.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from email.message import EmailMessage
from typing import Final, Protocol

from ccmm_bot.casework.desk.notices import Notice, Notices, words
from ccmm_bot.casework.desk.watch import FlagWatch
from ccmm_bot.channels.mail import Mailer, MailServer, written
from ccmm_bot.channels.registry import Channels
from ccmm_bot.i18n.interface import speaking
from ccmm_bot.logs import get_logger
from ccmm_bot.messages import Content, OutboundMessage, RefusedRetry, SendOutcome
from ccmm_bot.settings import Settings
from ccmm_bot.store.hot.work import Runner
from ccmm_bot.store.keys import KeyRing

_log = get_logger(__name__)

_AT_A_TIME: Final = 20


class Post(Protocol):
    """What takes mail."""

    async def send(self, message: EmailMessage) -> SendOutcome:
        """Hand one message over; never raises for what a server can do."""


class FlagLoop:
    """``await start()``, and ``await stop()`` in the end. Without a mail server flags still get their deadlines."""

    def __init__(
        self,
        runner: Runner,
        settings: Settings,
        now: Callable[[], datetime],
        *,
        channels: Channels | None = None,
        keys: KeyRing | None = None,
        every_s: float = 1.0,
    ) -> None:
        self._watch = FlagWatch(runner, now)
        self._notices = Notices(runner, now, keys)
        self._channels = Channels() if channels is None else channels
        self._envelope = Envelope(settings)
        url = settings.smtp_url.get_secret_value()
        self._post: Post | None = Mailer(MailServer.parse(url)) if url else None
        self._every_s = every_s
        self._stopping = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin."""
        if self._post is None:
            _log.warning("CCMM_SMTP_URL is not set: nobody is told of flags by e-mail, they are on the staff pages only")
        self._task = asyncio.get_running_loop().create_task(self._for_ever())

    async def stop(self) -> None:
        """Stop after what is under way."""
        self._stopping.set()
        if self._task is not None:
            await self._task

    async def look(self) -> int:
        """Everything there is to do now, up to a batch of each; returns how much that was."""
        return await self._watch.triage() + await self._deliver()

    async def _for_ever(self) -> None:
        while not self._stopping.is_set():
            try:
                done = await self.look()
            except Exception:
                _log.exception("looking after flags failed")
                done = 0
            if not done:
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._stopping.wait(), timeout=self._every_s)

    async def _deliver(self) -> int:
        claimed = await self._notices.claim(_AT_A_TIME, mail=self._post is not None)
        await asyncio.gather(*(self._deliver_one(notice) for notice in claimed))
        return len(claimed)

    async def _deliver_one(self, notice: Notice) -> None:
        await self._notices.settle(notice, await self._hand_over(notice))

    async def _hand_over(self, notice: Notice) -> SendOutcome:
        if notice.bot is None:
            assert self._post is not None, "without a mail server no mail is claimed"  # noqa: S101
            return await self._post.send(self._envelope.write(notice))
        bot = self._channels.telegram(notice.bot)
        if bot is None:
            return RefusedRetry(code="off", reason="the bot is off", delay_s=0.0, ours=True)
        line = Content(text=self._envelope.line(notice), language=notice.language)
        return await bot.send(OutboundMessage(id=notice.id.hex, channel=bot.kind, account=bot.account, to=notice.to, content=line))


class Envelope:
    """Writes the mail: nothing in it is about a person, so that it may lie in any inbox and on any lock screen."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._locales = settings.locales_dir
        self._service = settings.service_name
        self._link = f"{settings.public_base_url.rstrip('/')}/staff/today" if settings.public_base_url else ""

    def write(self, notice: Notice) -> EmailMessage:
        """One notice, in the language of the reader's pages. Its Message-ID is ours and stays the same however often it is handed
        over."""
        speaks = speaking(self._locales, notice.language)
        says, reference, sign_in = words(notice, speaks)
        return written(
            self._settings,
            to=notice.to,
            subject=f"{self._service}: {says} ({reference}: {notice.reference})",
            text=f"{says}\n\n{self._link or sign_in}\n\n{reference}: {notice.reference}\n",
            key=notice.id,
            at=notice.created_at,
        )

    def line(self, notice: Notice) -> str:
        """The same as one message by Telegram."""
        says, reference, sign_in = words(notice, speaking(self._locales, notice.language))
        return f"{self._service}: {says}\n{self._link or sign_in}\n{reference}: {notice.reference}"
