"""One Telegram update, handled: the same for polling and for the webhook."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from datetime import datetime
from typing import Any

import orjson

from ccmm_bot.channels.malformed import Malformed
from ccmm_bot.channels.telegram.parse import FromGroup, FromPerson, Nothing, parse_update
from ccmm_bot.channels.telegram.send import TelegramChannel
from ccmm_bot.logs import get_logger
from ccmm_bot.messages import ChannelKind, InboundMessage

Receive = Callable[[InboundMessage], Awaitable[object]]
#: Takes what is not for the conversation: a line to answer it with, ``None`` where it is to be received like any other message.
Door = Callable[[InboundMessage], Awaitable[str | None]]
#: (channel, account, the payload as it came, why) → kept for staff to look at
Quarantine = Callable[[ChannelKind, str, bytes, str], Awaitable[None]]

_log = get_logger(__name__)


class TelegramIntake:
    """Turns updates of one bot into received messages. When :meth:`handle` returns, the update is kept for good."""

    def __init__(
        self,
        channel: TelegramChannel,
        *,
        receive: Receive,
        quarantine: Quarantine,
        now: Callable[[], datetime],
        staff_door: Door | None = None,
    ) -> None:
        self._channel = channel
        self._staff_door = staff_door
        self._receive = receive
        self._quarantine = quarantine
        self._now = now
        self._asides: set[asyncio.Task[None]] = set()

    async def handle(self, document: dict[str, Any], raw: bytes | None = None) -> None:
        """Take one update. Errors of our own store come out, so that Telegram delivers it again; its own oddities do not."""
        try:
            parsed = parse_update(document, bot_id=self._channel.account, received_at=self._now(), raw=raw)
        except Malformed as why:
            await self.quarantine(orjson.dumps(document) if raw is None else raw, str(why))
            return
        match parsed:
            case FromPerson(message=message, tap_id=tap_id):
                said = None if self._staff_door is None else await self._staff_door(message)
                if said is not None:
                    self._aside(self._channel.say(message.sender, said))
                    return
                await self._receive(message)
                if tap_id is not None:
                    self._aside(self._channel.answer_tap(tap_id))
            case FromGroup(chat_id=chat_id, added=added):
                self._aside(self._channel.leave_group(chat_id, say_why=added))
            case Nothing(why=reason):
                _log.debug("an update asks nothing of us", reason=reason)

    async def quarantine(self, raw: bytes, why: str) -> None:
        """Keep a payload nobody could read."""
        _log.warning("a Telegram update was set aside", reason=why)
        await self._quarantine(ChannelKind.TELEGRAM, self._channel.account, raw, why)

    def _aside(self, work: Coroutine[Any, Any, None]) -> None:
        """Small courtesies to Telegram; nobody waits for them."""
        task = asyncio.get_running_loop().create_task(work)
        self._asides.add(task)
        task.add_done_callback(self._asides.discard)

    async def aclose(self) -> None:
        """Wait for what is still under way."""
        if self._asides:
            await asyncio.wait(set(self._asides), timeout=5)
