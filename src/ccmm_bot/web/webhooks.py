"""Where providers call us: ``/webhooks/twilio``, ``/webhooks/twilio/status``, ``/webhooks/telegram``.

Each request is answered only when what it brought is committed. A bad signature is refused before anything else is done; bad
input gets a 4xx that says why, never a 5xx; a channel that is off has no address (404).
"""

from __future__ import annotations

import hmac
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response

from ccmm_bot.casework.access.staff_telegram import StaffDoor
from ccmm_bot.channels.malformed import Malformed
from ccmm_bot.channels.registry import Channels
from ccmm_bot.channels.telegram.intake import TelegramIntake
from ccmm_bot.channels.telegram.parse import load_update
from ccmm_bot.channels.telegram.send import WEBHOOK_PATH as TELEGRAM_PATH
from ccmm_bot.channels.twilio.account import TwilioAccount
from ccmm_bot.channels.twilio.fields import parse_form, parse_json
from ccmm_bot.channels.twilio.parse import parse_inbound, whose
from ccmm_bot.channels.twilio.send import STATUS_PATH as TWILIO_STATUS_PATH
from ccmm_bot.channels.twilio.signature import SIGNATURE_HEADER, signed_form, signed_json
from ccmm_bot.channels.twilio.status import parse_status
from ccmm_bot.clock import Clock
from ccmm_bot.conversation.accounts import UnknownAccountError
from ccmm_bot.logs import get_logger
from ccmm_bot.messages import ChannelKind, InboundMessage, StatusUpdate
from ccmm_bot.settings import Settings
from ccmm_bot.store.session import Store

TWILIO_PATH = "/webhooks/twilio"
TELEGRAM_SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"  # noqa: S105 - a header's name
MAX_BODY = 256 * 1024

# Twilio wants TwiML; an empty one says nothing to the person. Answers go out by REST, so that their delivery can be followed.
_EMPTY_TWIML = b'<?xml version="1.0" encoding="UTF-8"?><Response/>'

_log = get_logger(__name__)


class Door(Protocol):
    """The conversation's door, as far as webhooks use it (``Receiver``)."""

    async def receive(self, message: InboundMessage, /) -> object:
        """Take one message; committed when it returns."""

    async def status(self, update: StatusUpdate, /) -> object:
        """Take one receipt; committed when it returns."""

    async def quarantine(self, channel: ChannelKind, account: str, raw: bytes, reason: str, /) -> None:
        """Keep a payload nobody could read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhooks:
    """The endpoints, over the channels that are on."""

    channels: Channels
    door: Door
    now: Callable[[], datetime]
    staff_door: StaffDoor | None = None
    intakes: dict[str, TelegramIntake] = field(default_factory=dict)  # by bot: they hold what is still under way

    def mount(self, app: Starlette) -> None:
        """Add the routes. The account in the path is the Twilio account's SID or the bot's id; without it, the first one's."""
        for path, endpoint in (
            (TWILIO_STATUS_PATH, self.twilio_status),
            (TWILIO_PATH, self.twilio_inbound),
            (TELEGRAM_PATH, self.telegram),
        ):
            app.add_route(path, _refusing(endpoint), methods=["POST"])
            app.add_route(path + "/{account}", _refusing(endpoint), methods=["POST"])

    async def twilio_inbound(self, request: Request) -> Response:
        """An SMS or WhatsApp message."""
        accounts = self._twilio(request)
        body = await _body(request)
        fields, genuine = _signed_fields(request, body, accounts)
        account = whose(fields, genuine, "To")
        try:
            message = parse_inbound(fields, account, raw=body, received_at=self.now())
        except Malformed as why:
            # It is from Twilio all the same: somebody may have written, and staff should be able to look.
            await self.door.quarantine(ChannelKind.SMS, account.sms_from or account.whatsapp_from, body, str(why))
            raise
        await self.receive(message)
        return Response(_EMPTY_TWIML, media_type="text/xml")

    async def twilio_status(self, request: Request) -> Response:
        """A receipt."""
        accounts = self._twilio(request)
        fields, genuine = _signed_fields(request, await _body(request), accounts)
        account = whose(fields, genuine, "From")
        update = parse_status(fields, account, query=request.scope["query_string"].decode("latin-1"), received_at=self.now())
        if update is not None:
            await self.door.status(update)
        return Response(status_code=204)

    async def telegram(self, request: Request) -> Response:
        """An update. What cannot be read is kept and answered with 200: Telegram would repeat it and keep later ones back."""
        channel = self.channels.telegram(request.path_params.get("account"))
        if channel is None or not channel.settings.webhook_secret:
            raise _Refusal(404, "no Telegram bot here takes webhooks")
        body = await _body(request)
        given = request.headers.get(TELEGRAM_SECRET_HEADER, "").encode("latin-1")
        if not hmac.compare_digest(given, channel.settings.webhook_secret.encode()):
            raise _Refusal(403, f"{TELEGRAM_SECRET_HEADER} is missing or wrong")
        try:
            update = load_update(body)
        except Malformed as why:
            await self.door.quarantine(ChannelKind.TELEGRAM, channel.account, body, str(why))
            return Response(status_code=200)
        if channel.account not in self.intakes:
            self.intakes[channel.account] = TelegramIntake(
                channel, receive=self.receive, quarantine=self.door.quarantine, now=self.now, staff_door=self.staff_door
            )
        await self.intakes[channel.account].handle(update, body)
        return Response(status_code=200)  # a body would be executed as a call

    async def receive(self, message: InboundMessage) -> None:
        """Through the conversation's door; what is for a sender no agency has is kept as well, and not sent again and again."""
        try:
            await self.door.receive(message)
        except UnknownAccountError as why:
            await self.door.quarantine(message.channel, message.account, message.raw, str(why))

    def _twilio(self, request: Request) -> tuple[TwilioAccount, ...]:
        accounts = self.channels.twilio(request.path_params.get("account"))
        if not accounts:
            raise _Refusal(404, "no Twilio account here takes webhooks")
        return accounts


class Provided(Protocol):
    """What the webhooks need of the runtime."""

    @property
    def channels(self) -> Channels:
        """The channels that are on."""

    @property
    def receiver(self) -> Door:
        """The conversation's door."""

    @property
    def clock(self) -> Clock:
        """Tells what time it is."""

    @property
    def store(self) -> Store:
        """The staff side of the database."""

    @property
    def settings(self) -> Settings:
        """What the operator set."""


def mount_webhooks(app: Starlette, runtime: Provided) -> Webhooks:
    """Add the webhook routes of every channel that is on, over one runtime."""
    staff_door = StaffDoor(store=runtime.store, now=runtime.clock.now, locales_dir=runtime.settings.locales_dir)
    webhooks = Webhooks(channels=runtime.channels, door=runtime.receiver, now=runtime.clock.now, staff_door=staff_door)
    webhooks.mount(app)
    return webhooks


class _Refusal(Exception):
    """Answer with this status and reason."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


_Endpoint = Callable[[Request], Awaitable[Response]]


def _refusing(endpoint: _Endpoint) -> _Endpoint:
    """Turn refusals and malformed payloads into their answers."""

    async def answer(request: Request) -> Response:
        try:
            return await endpoint(request)
        except _Refusal as why:
            status, reason = why.status, str(why)
        except Malformed as why:
            status, reason = 400, str(why)
        except ClientDisconnect:
            return Response(status_code=400)
        _log.warning("a webhook was refused", status=status, reason=reason)
        return PlainTextResponse(reason + "\n", status_code=status)

    return answer


async def _body(request: Request) -> bytes:
    """The whole body, or 413 as soon as it is too long."""
    declared = request.headers.get("Content-Length", "0")
    if declared.isdigit() and int(declared) > MAX_BODY:
        raise _Refusal(413, f"the body is longer than {MAX_BODY} bytes")
    parts: list[bytes] = []
    size = 0
    async for part in request.stream():
        size += len(part)
        if size > MAX_BODY:
            raise _Refusal(413, f"the body is longer than {MAX_BODY} bytes")
        parts.append(part)
    return b"".join(parts)


def _signed_fields(
    request: Request, body: bytes, accounts: tuple[TwilioAccount, ...]
) -> tuple[dict[str, list[str]], tuple[TwilioAccount, ...]]:
    """The fields, once the signature is known to be Twilio's, and for which of ``accounts`` (they differ in their tokens).

    The address that was signed is the public one; of the request's own, behind a proxy, only path and query are worth anything.
    """
    path = (request.scope.get("raw_path") or request.scope["path"].encode()).decode("latin-1").partition("?")[0]
    query = request.scope["query_string"].decode("latin-1")
    target = path + (f"?{query}" if query else "")
    signature = request.headers.get(SIGNATURE_HEADER)
    as_json = request.headers.get("Content-Type", "").partition(";")[0].strip().lower() == "application/json"
    fields = {} if as_json else parse_form(body)
    text = _text(body) if as_json else ""

    def signed(account: TwilioAccount) -> bool:
        url, token = account.public_base_url.rstrip("/") + target, account.auth_token
        if as_json:
            return signed_json(auth_token=token, url=url, body=text, signature=signature)
        return signed_form(auth_token=token, url=url, fields=fields, signature=signature)

    genuine = tuple(account for account in accounts if signed(account))
    if not genuine:
        missing = "is missing" if not signature else "does not fit this address and body; is CCMM_PUBLIC_BASE_URL right?"
        raise _Refusal(403, f"{SIGNATURE_HEADER} {missing}")
    return parse_json(body) if as_json else fields, genuine


def _text(body: bytes) -> str:
    try:
        return body.decode()
    except UnicodeDecodeError:
        raise Malformed("the body is not UTF-8") from None
