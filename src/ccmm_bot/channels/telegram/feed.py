"""Gets a Telegram bot its updates: by long polling, or by seeing to it that Telegram calls our webhook.

Polling confirms an update only once it is committed: the offset of the next request tells Telegram what it may forget (Bot API,
"getUpdates"). After a crash the last batch comes again, and is recognised.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import timedelta
from typing import Any

import orjson
from telegram.error import Conflict, InvalidToken, RetryAfter, TelegramError, TimedOut

from ccmm_bot.channels.telegram.intake import TelegramIntake
from ccmm_bot.channels.telegram.send import TelegramChannel
from ccmm_bot.logs import get_logger

_log = get_logger(__name__)

_CONFLICT_DELAYS = 15  # times the first delay: the other poller has to be stopped by a human
_TOKEN_DELAY_S = 300.0
_GIVE_UP_AFTER = 5  # times our own side failed on one update, before it is set aside so that others get through


class TelegramFeed:
    """One bot's updates. ``trouble`` says in plain words what keeps them away, ``None`` while all is well."""

    def __init__(
        self, channel: TelegramChannel, intake: TelegramIntake, *, hold_s: float = 25.0, first_delay_s: float = 1.0
    ) -> None:
        self._channel = channel
        self._intake = intake
        self._hold_s = hold_s
        self._first_delay_s = first_delay_s
        self._delay_s = first_delay_s
        self._offset: int | None = None
        self._failures: dict[int, int] = {}
        self._task: asyncio.Task[None] | None = None
        self.trouble: str | None = None

    async def start(self) -> None:
        """Begin, by webhook where there is a public address and a secret, otherwise by polling."""
        work = self._webhook if self._channel.settings.by_webhook else self._poll
        self._task = asyncio.get_running_loop().create_task(self._until_well(work))

    async def stop(self) -> None:
        """Stop. What has been received is committed; what has not will come again."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
        await self._intake.aclose()

    async def _until_well(self, work: Callable[[], Awaitable[bool]]) -> None:
        """Repeat ``work`` until it returns ``True``, backing off while it fails."""
        while True:
            try:
                if await work():
                    return
                self._well()
            except asyncio.CancelledError:
                raise
            except TimedOut:
                continue  # an empty poll that took long
            except TelegramError as error:
                await self._back_off(error)
            except Exception:
                _log.exception("handling Telegram updates failed")
                await self._pause("our own store is in trouble", self._growing())

    async def _webhook(self) -> bool:
        await self._channel.set_webhook()
        self._well()
        return True

    async def _poll(self) -> bool:
        if self._offset is None:
            # A webhook left over from another set-up keeps polling away; deleting keeps what is waiting.
            await self._channel.bot.delete_webhook(drop_pending_updates=False)
        updates = await self._channel.bot.raw_updates(offset=self._offset, hold_s=self._hold_s)
        self._offset = self._offset or 0
        await self._take(updates)
        return False

    async def _take(self, updates: list[dict[str, Any]]) -> None:
        """Receive a batch: one chat after the other in order, different chats at the same time; then move the offset."""
        chats: dict[object, list[dict[str, Any]]] = {}
        for update in updates:
            chats.setdefault(_chat_of(update), []).append(update)
        failed = [
            each for each in await asyncio.gather(*(self._take_in_order(chat) for chat in chats.values())) if each is not None
        ]
        done_below = min(failed) if failed else max((_id(update) for update in updates), default=-1) + 1
        self._offset = max(self._offset or 0, done_below)
        if failed:
            raise RuntimeError("an update could not be kept")

    async def _take_in_order(self, updates: list[dict[str, Any]]) -> int | None:
        """The id of the first update that could not be kept; those behind it wait."""
        for update in updates:
            try:
                await self._intake.handle(update)
            except Exception:
                number = _id(update)
                self._failures[number] = self._failures.get(number, 0) + 1
                if self._failures[number] < _GIVE_UP_AFTER:
                    _log.exception("a Telegram update could not be kept")
                    return number
                await self._intake.quarantine(orjson.dumps(update), "handling it failed again and again")
                del self._failures[number]
        return None

    async def _back_off(self, error: TelegramError) -> None:
        match error:
            case Conflict():
                await self._pause("another process polls this bot, or a webhook is set", self._first_delay_s * _CONFLICT_DELAYS)
                self._offset = None  # take the webhook away again, if that was it
            case InvalidToken():
                await self._pause("Telegram refuses the bot's token", _TOKEN_DELAY_S)
            case RetryAfter():
                delay = error.retry_after
                seconds = delay.total_seconds() if isinstance(delay, timedelta) else float(delay)
                await self._pause("Telegram asks us to wait", seconds)
            case _:
                await self._pause("Telegram cannot be reached", self._growing())

    def _growing(self) -> float:
        self._delay_s = min(30.0, self._delay_s * 1.5)
        return self._delay_s

    async def _pause(self, why: str, seconds: float) -> None:
        if self.trouble != why:
            _log.warning("Telegram updates do not come in", reason=why)
        self.trouble = why
        await asyncio.sleep(seconds)

    def _well(self) -> None:
        if self.trouble is not None:
            _log.info("Telegram updates are coming in again")
        self.trouble = None
        self._delay_s = self._first_delay_s


def _id(update: dict[str, Any]) -> int:
    number = update.get("update_id")
    return number if isinstance(number, int) else 0


def _chat_of(update: dict[str, Any]) -> object:
    """Whose updates keep their order: the chat's, or nobody's where the shape is odd."""
    for value in update.values():
        if isinstance(value, dict):
            chat = value.get("chat") or (value.get("message") or {}).get("chat") or value.get("from")
            if isinstance(chat, dict):
                return chat.get("id")
    return None
