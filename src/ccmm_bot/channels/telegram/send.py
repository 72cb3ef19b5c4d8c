"""Sending by Telegram's Bot API with python-telegram-bot.

The library maps every failure to its own exceptions; what the network did is their cause. Telegram has no way to ask whether
a message was sent, so an unknown outcome stays unknown.
"""

from __future__ import annotations

from datetime import timedelta

import httpx
import orjson
from telegram import LinkPreviewOptions
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Forbidden,
    InvalidToken,
    NetworkError,
    RetryAfter,
    TelegramError,
)

from ccmm_bot.channels.rates import TELEGRAM, Rates
from ccmm_bot.channels.telegram.account import WEBHOOK_PATH, TelegramAccount
from ccmm_bot.channels.telegram.bot import ALLOWED_UPDATES, RawBot, open_bot
from ccmm_bot.channels.telegram.voice import Voices
from ccmm_bot.logs import get_logger
from ccmm_bot.messages import ChannelKind, Content, OutboundMessage, RefusedFinal, RefusedRetry, SendOutcome, Sent, Unknown

# Said once when somebody adds the bot to a group, before it leaves.
GROUP_ANSWER = (
    "Hello. This service is private: it only talks with one person at a time. Please write to me directly.\n\n"
    "Bonjour. Ce service est privé : il ne parle qu'avec une personne à la fois. Écrivez-moi directement."
)

_NETWORK_DELAY = 5.0
_CREDENTIALS_DELAY = 300.0
_ODD_FORBIDDEN_DELAY = 300.0
_NEVER_LEFT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
_NO_PREVIEW = LinkPreviewOptions(is_disabled=True)

_log = get_logger(__name__)


class TelegramChannel:
    """One bot of ours."""

    kind = ChannelKind.TELEGRAM

    def __init__(
        self, account: TelegramAccount, *, connect_timeout: float = 5.0, read_timeout: float = 15.0, rates: Rates = TELEGRAM
    ) -> None:
        self.account = account.bot_id
        self.rates = rates
        self.settings = account
        self.bot: RawBot = open_bot(account, connect_timeout=connect_timeout, read_timeout=read_timeout)
        self._voices = Voices(self.bot)

    async def send(self, message: OutboundMessage) -> SendOutcome:
        """Hand one message to Telegram as plain text; see the outcomes of :mod:`ccmm_bot.messages`."""
        try:
            chat_id = int(message.to)
        except ValueError:
            return RefusedFinal(code="address", reason="not a Telegram chat id")
        try:
            sent = await self.bot.raw_send(chat_id, message.content.text, keyboard(message.content))
        except TelegramError as error:
            return outcome(error)
        except (KeyError, TypeError, ValueError):
            return Unknown(reason="Telegram's answer could not be read")
        if message.content.audio is not None:
            await self._voices.send(chat_id, message.content.audio)
        return Sent(provider_message_id=f"{chat_id}:{sent}")

    async def answer_tap(self, tap_id: str) -> None:
        """Stop the button's spinner. It may be too late for that ("query is too old"), and nothing depends on it."""
        try:
            await self.bot.answer_callback_query(tap_id)
        except TelegramError as error:
            _log.info("a tap could not be acknowledged", error=type(error))

    async def say(self, chat_id: str, text: str) -> None:
        """A line that is no part of a conversation. Nothing depends on its arriving."""
        try:
            await self.bot.send_message(int(chat_id), text, link_preview_options=_NO_PREVIEW)
        except (TelegramError, ValueError) as error:
            _log.info("a line beside the conversations could not be sent", error=type(error))

    async def leave_group(self, chat_id: int, *, say_why: bool) -> None:
        """Leave a group, saying why first when we were just added. Nothing depends on either working."""
        try:
            if say_why:
                await self.bot.send_message(chat_id, GROUP_ANSWER)
        except TelegramError as error:
            _log.info("a group could not be told why we leave", error=type(error))
        try:
            await self.bot.leave_chat(chat_id)
        except TelegramError as error:
            _log.info("a group could not be left", error=type(error))

    async def name(self) -> str:
        """The bot's @name ("getMe").

        :raises TelegramError: Telegram refuses the token (``InvalidToken``) or cannot be reached
        """
        return f"@{(await self.bot.get_me()).username}"

    async def set_webhook(self) -> None:
        """Ask Telegram to call us, with our secret.

        :raises TelegramError: it does not want to, or cannot be reached
        """
        url = f"{self.settings.public_base_url.rstrip('/')}{WEBHOOK_PATH}/{self.account}"
        await self.bot.set_webhook(url, secret_token=self.settings.webhook_secret, allowed_updates=ALLOWED_UPDATES)

    async def aclose(self) -> None:
        """Close connections."""
        await self.bot.close_connections()


def keyboard(content: Content) -> str | None:
    """The buttons below the text as JSON ("InlineKeyboardMarkup"), one a row: labels of any length stay readable, in either
    direction of writing."""
    if not content.buttons:
        return None
    rows = [[{"text": button.label, "callback_data": button.payload}] for button in content.buttons]
    return orjson.dumps({"inline_keyboard": rows}).decode()


def outcome(error: TelegramError) -> SendOutcome:
    """What a failed "sendMessage" means for the message."""
    # The order matters: to the library, BadRequest and TimedOut are kinds of NetworkError.
    cause = error.__cause__
    match error:
        case RetryAfter():
            delay = error.retry_after
            seconds = delay.total_seconds() if isinstance(delay, timedelta) else float(delay)
            return RefusedRetry(code="429", reason="too many requests", delay_s=seconds)
        case Forbidden():
            return _forbidden(error.message.lower())
        case ChatMigrated():
            return RefusedFinal(code="400", reason="the chat has become a supergroup")
        case InvalidToken():
            return RefusedRetry(code="401", reason="Telegram refuses the bot's token", delay_s=_CREDENTIALS_DELAY, ours=True)
        case BadRequest():
            return RefusedFinal(code="400", reason="chat not found" if "chat not found" in error.message.lower() else "bad request")
        case NetworkError() if isinstance(cause, _NEVER_LEFT):
            return RefusedRetry(code=type(cause).__name__, reason="no connection to Telegram", delay_s=_NETWORK_DELAY)
        case NetworkError():
            return Unknown(reason=f"{type(cause).__name__ if cause else 'a server error'} while talking to Telegram")
        case _:
            return Unknown(reason=f"{type(error).__name__} while talking to Telegram")


def _forbidden(description: str) -> SendOutcome:
    """403. Only a person's own doing is an opt-out.

    "bot can't send messages to the user" has been seen for a few minutes for people who were perfectly reachable before and
    after; taking it for a block unsubscribed 3 % of a bot's users (rss2tg, "How I wiped out ~3% of my users").
    """
    if "can't send messages to the user" in description:
        return RefusedRetry(code="403", reason="Telegram cannot reach the person just now", delay_s=_ODD_FORBIDDEN_DELAY)
    if "initiate" in description:
        return RefusedFinal(code="403", reason="the person has not written to the bot")
    return RefusedFinal(code="403", reason="the person blocked the bot or is gone", opted_out=True)
