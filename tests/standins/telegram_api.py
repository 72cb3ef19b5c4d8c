"""Telegram's Bot API, as far as the project uses it, with people to talk with.

Sources, by short name in the comments below:

* "Bot API": core.telegram.org/bots/api, by method or type
* "Bot FAQ": core.telegram.org/bots/faq
* "errors list": github.com/TelegramBotAPI/errors, error bodies as they were seen
* "PTB": python-telegram-bot's own code, which reads these answers
"""

from __future__ import annotations

import asyncio
import itertools
import json
import threading
import time
from dataclasses import dataclass, field
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.standins.faults import DONE, Fault, Faults
from tests.standins.server import hang, reset
from tests.standins.telegram_front import Front, FrontRefused
from tests.standins.telegram_people import Person
from tests.standins.telegram_voice import SentFile, VoiceRefused, Voices

Update = dict[str, Any]

WEBHOOK_ACTIVE = "can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first"
OTHER_POLLER = "terminated by other getUpdates request; make sure that only one bot instance is running"


@dataclass(kw_only=True)
class Sent:
    """One message of the bot's."""

    message_id: int
    chat_id: int
    text: str
    markup: dict[str, Any] | None
    at: float = field(default_factory=time.time)

    @property
    def buttons(self) -> list[tuple[str, str]]:
        """(label, callback_data) of each button, in order."""
        rows = (self.markup or {}).get("inline_keyboard", [])
        return [(button["text"], button["callback_data"]) for row in rows for button in row]


class Refused(Exception):
    """An answer with ``ok: false``."""

    def __init__(self, code: int, description: str, **parameters: int) -> None:
        super().__init__(description)
        self.code = code
        self.description = description
        self.parameters = parameters


class TelegramStandin:
    """One bot. ``app`` serves its API; the rest is for tests to look at and to set."""

    def __init__(self, *, token: str, username: str = "ccmm_test_bot", seed: int = 0) -> None:
        self.token = token
        self.bot_id = int(token.partition(":")[0])
        self.username = username
        self.url = ""  # where it is served
        self.faults = Faults(seed)
        self.retry_after = 1
        self.sent: list[Sent] = []
        self.voices = Voices()
        self.answered: list[str] = []
        self.left: list[int] = []
        self.people: dict[int, Person] = {}
        self.webhook: dict[str, Any] = {"url": ""}
        self.front = Front()
        self.can_join_groups = False  # a new bot's is true ("Bot FAQ", "/setjoingroups")
        self.webhook_error: tuple[int, str] | None = None  # when, and what: the last delivery that failed
        self.confirmed = 0  # everything below is gone for good
        self.confirmations: list[int] = []
        self._queue: list[Update] = []
        self._update_ids = itertools.count(900_000_001)  # beyond 2^29: ids are not small numbers
        self._message_ids = itertools.count(1)
        self._polling = 0
        self._lock = threading.Lock()
        self.files: dict[str, bytes] = {}  # by file id
        self.app = Starlette(
            routes=[
                Route("/file/bot{token}/files/{id}", self._file, methods=["GET"]),
                Route("/bot{token}/{method}", self._call, methods=["GET", "POST"]),
            ]
        )

    # -- people --------------------------------------------------------------------------------------------------------

    def person(self, chat_id: int, *, language: str | None = "en") -> Person:
        """Somebody with Telegram. Ids exceed 32 bits ("Bot API", User.id: "at most 52 significant bits")."""
        return self.people.setdefault(chat_id, Person(self, chat_id, language))

    def to(self, chat_id: int) -> list[Sent]:
        """What the bot sent to a chat, oldest first."""
        with self._lock:
            return [message for message in self.sent if message.chat_id == chat_id]

    def queue(self, **content: Any) -> Update:
        """Something happened: it waits for getUpdates, or to be delivered to the webhook."""
        update = {"update_id": next(self._update_ids), **content}
        with self._lock:
            self._queue.append(update)
        return update

    def next_message_id(self) -> int:
        """Message ids count up within a chat."""
        return next(self._message_ids)

    @property
    def waiting(self) -> list[Update]:
        """Updates nobody has confirmed."""
        with self._lock:
            return list(self._queue)

    # -- the API -------------------------------------------------------------------------------------------------------

    async def _call(self, request: Request) -> Response:
        if request.path_params["token"] != self.token:
            # "errors list", unauthorized; PTB (request/_baserequest.py) expects 401 for a token that is not valid.
            return _failed(Refused(401, "Unauthorized"))
        method = request.path_params["method"]
        # "Bot API", "Making requests": query string, form or JSON; PTB posts forms whose nested values are JSON strings.
        fields: dict[str, Any] = dict(request.query_params) | dict((await request.form()).items())
        try:
            shown = self.front.call(method, fields)
        except FrontRefused as why:
            return _failed(Refused(400, str(why)))
        if shown is not None:
            return JSONResponse({"ok": True, "result": shown})
        handler = getattr(self, f"_{method}", None)
        if handler is None:
            return _failed(Refused(404, "Not Found"))
        fault = self.faults.next() if method == "sendMessage" else None
        if fault is Fault.TOO_MANY:
            return _failed(Refused(429, f"Too Many Requests: retry after {self.retry_after}", retry_after=self.retry_after))
        if fault is not None and fault not in DONE:
            return await _broken(request, fault)
        try:
            result = await handler(fields)
        except Refused as why:
            return _failed(why)
        return await _broken(request, fault) if fault is not None else JSONResponse({"ok": True, "result": result})

    async def _getMe(self, fields: dict[str, Any]) -> Any:
        shown = {"id": self.bot_id, "is_bot": True, "first_name": "Bot", "username": self.username}
        return shown | {"can_join_groups": self.can_join_groups}

    async def _setWebhook(self, fields: dict[str, Any]) -> Any:
        """With ``secret_token``, every delivery carries it in a header."""
        self.webhook = {"url": fields.get("url", ""), "secret_token": fields.get("secret_token", "")}
        return True

    async def _deleteWebhook(self, fields: dict[str, Any]) -> Any:
        self.webhook = {"url": ""}
        return True

    async def _getWebhookInfo(self, fields: dict[str, Any]) -> Any:
        info = {"url": self.webhook["url"], "has_custom_certificate": False, "pending_update_count": len(self.waiting)}
        if self.webhook_error is not None:
            info |= {"last_error_date": self.webhook_error[0], "last_error_message": self.webhook_error[1]}  # "WebhookInfo"
        return info

    async def _getUpdates(self, fields: dict[str, Any]) -> Any:
        """Long polling. "An update is considered confirmed as soon as getUpdates is called with an offset higher" than its id."""
        if self.webhook["url"]:
            # "errors list", webhook-is-active
            raise Refused(409, f"Conflict: {WEBHOOK_ACTIVE}")
        if (offset := int(fields.get("offset") or 0)) > 0:
            with self._lock:
                self._queue = [update for update in self._queue if update["update_id"] >= offset]
                self.confirmed = max(self.confirmed, offset)
                self.confirmations.append(offset)
        self._polling += 1
        mine = self._polling
        deadline = time.monotonic() + int(fields.get("timeout") or 0)
        while not (found := self.waiting) and time.monotonic() < deadline:
            if mine != self._polling:
                # The newer request wins and the older one gets this; the wording is the server's of today.
                raise Refused(409, f"Conflict: {OTHER_POLLER}")
            await asyncio.sleep(0.01)
        return found[: int(fields.get("limit") or 100)]

    async def _sendMessage(self, fields: dict[str, Any]) -> Any:
        text, chat_id = fields.get("text", ""), int(fields["chat_id"])
        if not text:
            raise Refused(400, "Bad Request: message text is empty")  # "errors list"
        if len(text) > 4096:
            raise Refused(400, "Bad Request: message is too long")  # "sendMessage": "1-4096 characters after entities parsing"
        if chat_id > 0:  # groups have negative ids
            self._may_write_to(chat_id)
        markup = json.loads(fields["reply_markup"]) if fields.get("reply_markup") else None
        for row in (markup or {}).get("inline_keyboard", []):
            for button in row:
                if not 1 <= len(button["callback_data"].encode()) <= 64:
                    raise Refused(400, "Bad Request: BUTTON_DATA_INVALID")  # "InlineKeyboardButton": "1-64 bytes"
        message = Sent(message_id=self.next_message_id(), chat_id=chat_id, text=text, markup=markup)
        with self._lock:
            self.sent.append(message)
        return self.as_message(message)

    async def _sendVoice(self, fields: dict[str, Any]) -> Any:
        return await self._recording("sendVoice", fields)

    async def _sendAudio(self, fields: dict[str, Any]) -> Any:
        return await self._recording("sendAudio", fields)

    async def _recording(self, method: str, fields: dict[str, Any]) -> Any:
        self._may_write_to(int(fields["chat_id"]))
        try:
            sent: SentFile = await self.voices.take(method, fields, self.next_message_id())
        except VoiceRefused as why:
            raise Refused(400, str(why)) from None
        shown = self.as_message(Sent(message_id=sent.message_id, chat_id=sent.chat_id, text="", markup=None))
        del shown["text"]
        file = {"file_id": sent.file_id, "file_unique_id": sent.file_id[-8:], "duration": 1}
        return shown | {"voice" if method == "sendVoice" else "audio": file}

    def _may_write_to(self, chat_id: int) -> None:
        person = self.people.get(chat_id)
        if person is None:
            raise Refused(400, "Bad Request: chat not found")  # "errors list", bad-request-chat-not-found
        if person.trouble:
            raise Refused(403, f"Forbidden: {person.trouble}")
        if person.blocked:
            raise Refused(403, "Forbidden: bot was blocked by the user")  # "errors list", forbidden-bot-blocked-by-user
        if not person.started:
            # "Bot FAQ": bots cannot start conversations; "errors list", forbidden-cant-initiate-conversation
            raise Refused(403, "Forbidden: bot can't initiate conversation with a user")

    def as_message(self, message: Sent) -> dict[str, Any]:
        """A message of the bot's as the API shows it."""
        person = self.people.get(message.chat_id)
        chat = person.chat if person else {"id": message.chat_id, "type": "supergroup", "title": "A group"}
        shown = {
            "message_id": message.message_id,
            "from": {"id": self.bot_id, "is_bot": True, "first_name": "Bot", "username": self.username},
            "chat": chat,
            "date": int(message.at),
            "text": message.text,
        }
        return shown | ({"reply_markup": message.markup} if message.markup else {})

    async def _getFile(self, fields: dict[str, Any]) -> Any:
        """ "getFile": bots can download files of up to 20 MB."""
        file_id = fields["file_id"]
        if file_id not in self.files:
            raise Refused(400, "Bad Request: wrong file_id or the file is temporarily unavailable")
        if len(self.files[file_id]) > 20 * 1024 * 1024:
            raise Refused(400, "Bad Request: file is too big")
        size = len(self.files[file_id])
        return {"file_id": file_id, "file_unique_id": f"u{file_id}", "file_size": size, "file_path": f"files/{file_id}"}

    async def _file(self, request: Request) -> Response:
        if request.path_params["token"] != self.token or request.path_params["id"] not in self.files:
            return _failed(Refused(404, "Not Found"))
        return Response(self.files[request.path_params["id"]], media_type="application/octet-stream")

    async def _answerCallbackQuery(self, fields: dict[str, Any]) -> Any:
        query = fields["callback_query_id"]
        if query.startswith("old-"):
            # Seen by many, e.g. go-telegram-bot-api issue 579: an answer that comes after some seconds is refused.
            raise Refused(400, "Bad Request: query is too old and response timeout expired or query ID is invalid")
        self.answered.append(query)
        return True

    async def _leaveChat(self, fields: dict[str, Any]) -> Any:
        self.left.append(int(fields["chat_id"]))
        return True

    def webhook_headers(self) -> dict[str, str]:
        """A delivery has "a header 'X-Telegram-Bot-Api-Secret-Token' … with the secret token as content" ("setWebhook")."""
        secret = self.webhook.get("secret_token")
        return {"Content-Type": "application/json"} | ({"X-Telegram-Bot-Api-Secret-Token": secret} if secret else {})

    def delivered(self, update: Update) -> None:
        """The webhook answered 2xx: the update is gone. Anything else and it would come again, keeping later ones back."""
        with self._lock:
            self._queue = [each for each in self._queue if each["update_id"] != update["update_id"]]


def _failed(why: Refused) -> Response:
    """An error: "ok equals false and the error is explained in the description" ("Making requests")."""
    body: dict[str, Any] = {"ok": False, "error_code": why.code, "description": why.description}
    if why.parameters:
        body["parameters"] = why.parameters
    return JSONResponse(body, status_code=why.code)


async def _broken(request: Request, fault: Fault) -> Response:
    if fault in (Fault.TIMEOUT_BEFORE, Fault.TIMEOUT_AFTER):
        await hang(request)
    elif fault in (Fault.RESET_BEFORE, Fault.RESET_AFTER):
        await reset(request)
    elif fault is Fault.SERVER_ERROR:
        return _failed(Refused(500, "Internal Server Error"))
    return Response("<html><body>502 Bad Gateway</body></html>", status_code=502, media_type="text/html")
