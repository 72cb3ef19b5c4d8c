"""Where providers call us: ``/webhooks/twilio``, ``/webhooks/twilio/status``, ``/webhooks/telegram``.

Each request is answered only when what it brought is committed. A bad signature is refused before anything else is done; bad
input gets a 4xx that says why, never a 5xx; a channel that is off has no address (404); who forges too often is not heard (429).
"""

from __future__ import annotations

import hmac
import sqlite3
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Final, Protocol

from starlette.applications import Starlette
from starlette.routing import Route

from ccmm_bot.casework.access.staff_telegram import StaffDoor
from ccmm_bot.channels.malformed import Malformed
from ccmm_bot.channels.registry import Channels
from ccmm_bot.channels.telegram.account import WEBHOOK_PATH as TELEGRAM_PATH
from ccmm_bot.channels.twilio.account import TwilioAccount
from ccmm_bot.channels.twilio.fields import parse_form, parse_json
from ccmm_bot.channels.twilio.parse import parse_inbound, whose
from ccmm_bot.channels.twilio.send import STATUS_PATH as TWILIO_STATUS_PATH
from ccmm_bot.channels.twilio.signature import SIGNATURE_HEADER, signed_form, signed_json
from ccmm_bot.channels.twilio.status import parse_status
from ccmm_bot.clock import Clock
from ccmm_bot.conversation.accounts import UnknownAccountError
from ccmm_bot.messages import ChannelKind, InboundMessage, StatusUpdate
from ccmm_bot.settings import Settings
from ccmm_bot.store.database import Database
from ccmm_bot.store.session import Store
from ccmm_bot.web.entrance import Answer, Entrance, Post, Refusal
from ccmm_bot.web.forgers import Forgers

if TYPE_CHECKING:
    from ccmm_bot.channels.telegram.intake import TelegramIntake
    from ccmm_bot.channels.telegram.send import TelegramChannel

TWILIO_PATH = "/webhooks/twilio"
TELEGRAM_SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"  # noqa: S105 - a header's name

#: Behind a webhook's path.
ACCOUNT: Final = "/{account}"

_SECRET: Final = TELEGRAM_SECRET_HEADER.lower().encode()
_SIGNATURE: Final = SIGNATURE_HEADER.lower().encode()


class Door(Protocol):
    """The conversation's door, as far as webhooks use it (``Receiver``)."""

    async def receive(self, message: InboundMessage, /) -> object:
        """Take one message; committed when it returns."""

    async def status(self, update: StatusUpdate, /) -> object:
        """Take one receipt; committed when it returns."""

    async def quarantine(self, channel: ChannelKind, account: str, raw: bytes, reason: str, /) -> None:
        """Keep a payload nobody could read."""


# Twilio wants TwiML; an empty one says nothing to the person. Answers go out by REST, so that their delivery can be followed.
_SAYING_NOTHING: Final = Answer(200, b'<?xml version="1.0" encoding="UTF-8"?><Response/>', b"text/xml; charset=utf-8")
_TAKEN: Final = Answer(200)  # to Telegram, a body would be a call
_NOTED: Final = Answer(204)


@dataclass(frozen=True, kw_only=True)
class Webhooks:
    """The endpoints, over the channels that are on."""

    channels: Channels
    door: Door
    now: Callable[[], datetime]
    staff_door: StaffDoor | None = None
    failed: Callable[[BaseException], None] = lambda _error: None
    forgers: Forgers = field(default_factory=Forgers)
    intakes: dict[str, TelegramIntake] = field(default_factory=dict)  # by bot: they hold what is still under way

    @cached_property
    def entrances(self) -> Mapping[str, Entrance]:
        """By path, without an account."""
        return {
            TWILIO_STATUS_PATH: Entrance(self._twilio, self.twilio_status, self.forgers),
            TWILIO_PATH: Entrance(self._twilio, self.twilio_inbound, self.forgers),
            TELEGRAM_PATH: Entrance(self._bot, self.telegram, self.forgers),
        }

    def mount(self, app: Starlette) -> None:
        """Add the routes. The account in the path is the Twilio account's SID or the bot's id; without it, the first one's."""
        for path, entrance in self.entrances.items():
            app.router.routes.extend(Route(each, entrance, methods=["POST"]) for each in (path, path + ACCOUNT))

    async def twilio_inbound(self, post: Post) -> Answer:
        """An SMS or WhatsApp message."""
        fields, genuine = _signed_fields(post, self._twilio(post.account))
        account = whose(fields, genuine, "To")
        try:
            message = parse_inbound(fields, account, raw=post.body, received_at=self.now())
        except Malformed as why:
            # It is from Twilio all the same: somebody may have written, and staff should be able to look.
            await self.door.quarantine(ChannelKind.SMS, account.sms_from or account.whatsapp_from, post.body, str(why))
            raise
        await self.receive(message)
        return _SAYING_NOTHING

    async def twilio_status(self, post: Post) -> Answer:
        """A receipt."""
        fields, genuine = _signed_fields(post, self._twilio(post.account))
        account = whose(fields, genuine, "From")
        query = post.scope["query_string"].decode("latin-1")
        update = parse_status(fields, account, query=query, received_at=self.now())
        if update is not None:
            await self.door.status(update)
        return _NOTED

    async def telegram(self, post: Post) -> Answer:
        """An update. What cannot be read is kept and answered with 200: Telegram would repeat it and keep later ones back."""
        channel = self._bot(post.account)
        given = (post.header(_SECRET) or "").encode("latin-1")
        if not hmac.compare_digest(given, channel.settings.webhook_secret.encode()):
            raise Refusal(403, f"{TELEGRAM_SECRET_HEADER} is missing or wrong")
        from ccmm_bot.channels.telegram.parse import load_update

        try:
            update = load_update(post.body)
        except Malformed as why:
            await self.door.quarantine(ChannelKind.TELEGRAM, channel.account, post.body, str(why))
            return _TAKEN
        if channel.account not in self.intakes:
            from ccmm_bot.channels.telegram.intake import TelegramIntake

            self.intakes[channel.account] = TelegramIntake(
                channel, receive=self.receive, quarantine=self.door.quarantine, now=self.now, staff_door=self.staff_door
            )
        await self.intakes[channel.account].handle(update, post.body)
        return _TAKEN

    async def receive(self, message: InboundMessage) -> None:
        """Through the conversation's door; what is for a sender no agency has is kept as well, and not sent again and again."""
        try:
            await self.door.receive(message)
        except _out_of_order() as error:
            self.failed(error)  # no acknowledgement: the error goes on
            raise
        except UnknownAccountError as why:
            await self.door.quarantine(message.channel, message.account, message.raw, str(why))

    def _twilio(self, account: str | None) -> tuple[TwilioAccount, ...]:
        accounts = self.channels.twilio(account)
        if not accounts:
            raise Refusal(404, "no Twilio account here takes webhooks")
        return accounts

    def _bot(self, account: str | None) -> TelegramChannel:
        channel = self.channels.telegram(account)
        if channel is None or not channel.settings.webhook_secret:
            raise Refusal(404, "no Telegram bot here takes webhooks")
        return channel


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
    def database(self) -> Database:
        """Where everything is kept."""

    @property
    def store(self) -> Store:
        """The staff side of the database."""

    @property
    def settings(self) -> Settings:
        """What the operator set."""


def mount_webhooks(app: Starlette, runtime: Provided) -> Webhooks:
    """Add the webhook routes of every channel that is on, over one runtime."""
    staff_door = StaffDoor(store=runtime.store, now=runtime.clock.now, locales_dir=runtime.settings.locales_dir)
    failed = runtime.database.vitals.failed
    webhooks = Webhooks(
        channels=runtime.channels, door=runtime.receiver, now=runtime.clock.now, staff_door=staff_door, failed=failed
    )
    webhooks.mount(app)
    return webhooks


def _signed_fields(post: Post, accounts: tuple[TwilioAccount, ...]) -> tuple[dict[str, list[str]], tuple[TwilioAccount, ...]]:
    """The fields, once the signature is known to be Twilio's, and for which of ``accounts`` (they differ in their tokens).

    The address that was signed is the public one; of the request's own, behind a proxy, only path and query are worth anything.
    """
    scope = post.scope
    path = (scope.get("raw_path") or scope["path"].encode()).decode("latin-1").partition("?")[0]
    query = scope["query_string"].decode("latin-1")
    target = path + (f"?{query}" if query else "")
    signature = post.header(_SIGNATURE)
    as_json = (post.header(b"content-type") or "").partition(";")[0].strip().lower() == "application/json"
    fields = {} if as_json else parse_form(post.body)
    text = _text(post.body) if as_json else ""

    def signed(account: TwilioAccount) -> bool:
        url, token = account.public_base_url.rstrip("/") + target, account.auth_token
        if as_json:
            return signed_json(auth_token=token, url=url, body=text, signature=signature)
        return signed_form(auth_token=token, url=url, fields=fields, signature=signature)

    genuine = tuple([account for account in accounts if signed(account)])
    if not genuine:
        missing = "is missing" if not signature else "does not fit this address and body; is CCMM_PUBLIC_BASE_URL right?"
        raise Refusal(403, f"{SIGNATURE_HEADER} {missing}")
    return parse_json(post.body) if as_json else fields, genuine


def _text(body: bytes) -> str:
    try:
        return body.decode()
    except UnicodeDecodeError:
        raise Malformed("the body is not UTF-8") from None


def _out_of_order() -> tuple[type[Exception], ...]:
    """What the databases' drivers raise. One that is not loaded raises nothing, and is not loaded for being asked."""
    postgres = sys.modules.get("psycopg")
    return (sqlite3.Error, OSError) if postgres is None else (sqlite3.Error, OSError, postgres.Error)
