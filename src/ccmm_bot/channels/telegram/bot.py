"""The python-telegram-bot client, set up for one bot of ours."""

from __future__ import annotations

from typing import Any

from telegram import Bot
from telegram.request import HTTPXRequest, RequestData
from telegram.request._requestparameter import RequestParameter

from ccmm_bot.channels.quiet import quiet_provider_logs
from ccmm_bot.channels.telegram.account import TelegramAccount
from ccmm_bot.channels.trusted import trusted

__all__ = ["ALLOWED_UPDATES", "TELEGRAM", "RawBot", "TelegramAccount", "open_bot"]

TELEGRAM = "https://api.telegram.org"

# Only what we read: with an explicit list, Telegram does not even queue the rest ("getUpdates", allowed_updates).
ALLOWED_UPDATES = ["message", "edited_message", "callback_query", "my_chat_member"]

_NO_PREVIEW = RequestParameter("link_preview_options", '{"is_disabled":true}', None)


class RawBot(Bot):
    """A bot that can also hand out updates as they came.

    ``Bot.get_updates`` parses a whole batch at once, so that one update of a shape it does not know would keep all others back
    for ever. Raw, each is parsed, and quarantined, on its own.
    """

    async def raw_updates(self, *, offset: int | None, limit: int = 100, hold_s: float = 25) -> list[dict[str, Any]]:
        """Ask by long polling ("getUpdates") for ``hold_s`` seconds. ``offset`` confirms everything below it."""
        data: dict[str, Any] = {"timeout": int(hold_s), "limit": limit, "allowed_updates": ALLOWED_UPDATES, "offset": offset}
        updates = await self._post("getUpdates", data, read_timeout=hold_s + 10)
        return updates if isinstance(updates, list) else []

    async def raw_send(self, chat_id: int, text: str, keyboard: str | None) -> int:
        """Send plain text without a preview of what it links to ("sendMessage"); the message's id.

        What ``Bot.send_message`` does, without an object for everything in the answer. ``keyboard``: the markup, as JSON.

        :raises TelegramError: as ``Bot.send_message`` does
        """
        parameters = [RequestParameter("chat_id", chat_id, None), RequestParameter("text", text, None), _NO_PREVIEW]
        if keyboard is not None:
            parameters.append(RequestParameter("reply_markup", keyboard, None))
        sent = await self.request.post(f"{self._base_url}/sendMessage", RequestData(parameters))
        if not isinstance(sent, dict) or type(sent.get("message_id")) is not int:
            raise ValueError("an answer without a message's id")
        return int(sent["message_id"])

    async def close_connections(self) -> None:
        """Close what is open. ``Bot.shutdown`` does so only after ``Bot.initialize``, which sending does not need."""
        for request in self._request:
            await request.shutdown()


def open_bot(account: TelegramAccount, *, connect_timeout: float = 5.0, read_timeout: float = 15.0) -> RawBot:
    """A client that has not connected yet. ``await bot.initialize()`` asks Telegram who it is."""
    quiet_provider_logs()
    base = account.api_base_url.rstrip("/") or TELEGRAM

    def request() -> HTTPXRequest:
        return HTTPXRequest(
            connection_pool_size=32,
            connect_timeout=connect_timeout,
            read_timeout=read_timeout,
            write_timeout=read_timeout,
            pool_timeout=30.0,
            httpx_kwargs={"verify": trusted()},
        )

    return RawBot(
        account.token, request=request(), get_updates_request=request(), base_url=f"{base}/bot", base_file_url=f"{base}/file/bot"
    )
