"""The local provider behind python-telegram-bot: takes every message at once, and answers in the shape the Bot API answers in.

It sits where the library hands a finished request to the network (:class:`telegram.request.BaseRequest`), so that building the
call and reading the answer are paid for; only the wire is left out. The other peers have theirs at the same place.
"""

from __future__ import annotations

import itertools
from typing import Any

import orjson
from _job import BOT_TOKEN
from telegram.request import BaseRequest, RequestData

_ids = itertools.count(1)
_ME = {"id": int(BOT_TOKEN.partition(":")[0]), "is_bot": True, "first_name": "Bot", "username": "bench_bot"}


class LocalTelegram(BaseRequest):
    """Answers ``getMe``, and every other call as ``sendMessage`` is answered."""

    @property
    def read_timeout(self) -> float:
        """Nothing is waited for."""
        return 5.0

    async def initialize(self) -> None:
        """Nothing to open."""

    async def shutdown(self) -> None:
        """Nothing to close."""

    async def do_request(
        self, url: str, method: str, request_data: RequestData | None = None, *_rest: Any, **_more: Any
    ) -> tuple[int, bytes]:
        """Taken."""
        if url.endswith("/getMe"):
            return 200, orjson.dumps({"ok": True, "result": _ME})
        sent = request_data.json_parameters if request_data is not None else {}
        chat = {"id": int(sent.get("chat_id", 0)), "type": "private"}
        result = {"message_id": next(_ids), "date": 1_795_000_000, "chat": chat, "text": sent.get("text", "")}
        return 200, orjson.dumps({"ok": True, "result": result})
