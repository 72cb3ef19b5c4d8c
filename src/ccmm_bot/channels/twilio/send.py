"""Sending SMS and WhatsApp messages by Twilio's REST API.

Creating a message has no idempotency key, so everything turns on where a request failed. Before the request could leave (no
connection): certainly not sent. After that, without a readable answer: nobody knows, and the message is looked up before
anything is sent again (:meth:`TwilioChannel.find`).
"""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import httpx
import orjson
from twilio.base.exceptions import TwilioException, TwilioRestException, TwilioServiceException

from ccmm_bot.channels.rates import Rates, of_twilio
from ccmm_bot.channels.twilio.account import TwilioAccount, is_messaging_service, join_address
from ccmm_bot.channels.twilio.content import Contents, is_rich, numbered_text, variables_of
from ccmm_bot.channels.twilio.errors import ErrorClass, classify, outcome, retry_delay
from ccmm_bot.channels.twilio.http import Door, TooManyRequests
from ccmm_bot.channels.twilio.messages import Messages
from ccmm_bot.channels.twilio.received import Received, received
from ccmm_bot.channels.twilio.status import OUTBOX_PARAMETER
from ccmm_bot.logs import get_logger
from ccmm_bot.messages import ChannelKind, Layout, OutboundMessage, RefusedFinal, RefusedRetry, SendOutcome, Sent, Unknown

if TYPE_CHECKING:
    from ccmm_bot.channels.twilio.templates import Templates

STATUS_PATH = "/webhooks/twilio/status"
AUDIO_PATH = "/audio"

_NETWORK_DELAY = 5.0

_log = get_logger(__name__)


class TwilioChannel:
    """One of our senders on SMS or WhatsApp."""

    def __init__(
        self,
        account: TwilioAccount,
        kind: ChannelKind,
        *,
        connect_timeout: float = 5.0,
        read_timeout: float = 15.0,
        rates: Rates | None = None,
    ) -> None:
        self.kind = kind
        self.account = account.sender(kind)
        self.rates = of_twilio(kind, self.account) if rates is None else rates
        self._account = account
        self.door = Door(api_base_url=account.api_base_url, connect_timeout=connect_timeout, read_timeout=read_timeout)
        self._contents = Contents(lambda: self._library)

    @cached_property
    def _library(self) -> Any:
        """Twilio's own, loaded by whoever needs content of an account."""
        from ccmm_bot.channels.twilio.library import library

        return library(self._account, self.door)

    @cached_property
    def templates(self) -> Templates:
        """The account's templates."""
        from ccmm_bot.channels.twilio.templates import Templates

        return Templates(self._library)

    @property
    def _messages(self) -> Messages:
        return Messages(self._account, self.door)

    async def send(self, message: OutboundMessage) -> SendOutcome:
        """Hand one message to Twilio; see the outcomes of :mod:`ccmm_bot.messages`."""
        request: dict[str, Any] = {"to": join_address(self.kind, message.to), **self._from()}
        if callback := self._status_callback(message.id):
            request["status_callback"] = callback
        what = await self._what(message)
        if not isinstance(what, dict):
            return what
        try:
            sid = await self._messages.create(**request, **what)
        except (httpx.HTTPError, TooManyRequests, TwilioException) as error:
            return _late(message, _outcome(error))
        except (ValueError, KeyError, TypeError, AttributeError):
            return Unknown(reason="Twilio's answer could not be read")
        if not sid:
            return Unknown(reason="Twilio's answer has no SID")
        await self._aloud(message)
        return Sent(provider_message_id=sid)

    async def _aloud(self, message: OutboundMessage) -> None:
        """The recording after its text. It is never worth the text: what goes wrong with it is logged, and nothing else."""
        audio = message.content.audio
        if audio is None or self.kind is not ChannelKind.WHATSAPP or message.template is not None:
            return
        if not self._account.public_base_url:
            return  # Twilio fetches the recording from us
        url = f"{self._account.public_base_url.rstrip('/')}{AUDIO_PATH}/{audio.name}"
        try:
            await self._messages.create(to=join_address(self.kind, message.to), **self._from(), media_url=[url])
        except (httpx.HTTPError, TooManyRequests, TwilioException, ValueError, KeyError, TypeError, AttributeError) as error:
            _log.warning("a recording could not be sent", error=type(error))

    async def _what(self, message: OutboundMessage) -> dict[str, str] | SendOutcome:
        """The fields that carry the content, or why there are none. Nothing is sent here."""
        content = message.content
        if message.template is not None:
            values = {str(n): value for n, value in enumerate(message.template.variables, 1)}
            return {"content_sid": message.template.sid, "content_variables": orjson.dumps(values).decode()}
        if self.kind is ChannelKind.WHATSAPP and is_rich(content):
            try:
                return {"content_sid": await self._contents.sid(content), "content_variables": variables_of(content)}
            except (httpx.HTTPError, TooManyRequests, TwilioException) as error:
                refused = _outcome(error)
            except (ValueError, KeyError, TypeError):
                refused = Unknown(reason="the Content API's answer could not be read")
            if not isinstance(refused, RefusedFinal):
                delay = refused.delay_s if isinstance(refused, RefusedRetry) else _NETWORK_DELAY
                return RefusedRetry(code="content", reason="the Content API did not answer", delay_s=delay)
            # Twilio will not have these buttons: the same choices, numbered, can still be answered.
        return {"body": content.text if content.layout is Layout.TEXT else numbered_text(content)}

    def _from(self) -> dict[str, str]:
        if is_messaging_service(self.account):
            return {"messaging_service_sid": self.account}
        return {"from_": join_address(self.kind, self.account)}

    def _status_callback(self, our_id: str) -> str | None:
        if not self._account.public_base_url:
            return None
        base = self._account.public_base_url.rstrip("/")
        return f"{base}{STATUS_PATH}/{self._account.account_sid}?{urlencode({OUTBOX_PARAMETER: our_id})}"

    async def find(self, message: OutboundMessage, *, since: datetime) -> tuple[str, ...]:
        """SIDs of messages Twilio holds that may be this one: same sender, recipient and text, made at ``since`` or later.

        The list is filtered by day and can lag behind, so finding nothing proves nothing yet.

        :raises TwilioException, httpx.HTTPError, TooManyRequests: the list could not be read
        """
        content = message.content
        texts = {content.text, numbered_text(content)}
        filters: dict[str, Any] = {"to": join_address(self.kind, message.to)}
        if not is_messaging_service(self.account):
            filters["from_"] = join_address(self.kind, self.account)
        listed = await self._messages.listed(**filters, limit=200)
        earliest = since - timedelta(seconds=2)  # their clock, in whole seconds
        ours = (each for each in listed if str(each.direction).startswith("outbound") and each.body in texts)
        return tuple(each.sid for each in ours if each.sid and each.date_created and each.date_created >= earliest)

    async def received(self, *, since: datetime, until: datetime) -> Received:
        """What people wrote to this sender in a span of time, as Twilio keeps it.

        :raises TwilioException, httpx.HTTPError, TooManyRequests: the list could not be read
        """
        return await received(self._messages, self._account, self.kind, since=since, until=until)

    async def aclose(self) -> None:
        """Close connections."""
        await self.door.aclose()


def _late(message: OutboundMessage, refused: SendOutcome) -> SendOutcome:
    """63016: the window had closed after all. The message may go as a template yet, which is decided when it is claimed again."""
    if isinstance(refused, RefusedFinal) and classify(refused.code) is ErrorClass.OUTSIDE_WINDOW and message.template is None:
        return RefusedRetry(code=refused.code, reason=refused.reason, delay_s=retry_delay(refused.code) or 1.0)
    return refused


def _outcome(error: httpx.HTTPError | TooManyRequests | TwilioException) -> SendOutcome:
    match error:
        case httpx.ConnectError() | httpx.ConnectTimeout() | httpx.PoolTimeout():
            return RefusedRetry(code=type(error).__name__, reason="no connection to Twilio", delay_s=_NETWORK_DELAY)
        case httpx.HTTPError():
            return Unknown(reason=f"{type(error).__name__} while talking to Twilio")
        case TooManyRequests():
            return outcome(429, error.code, error.retry_after)
        case TwilioRestException() | TwilioServiceException():
            return outcome(int(error.status), int(error.code) if error.code is not None else None)
        case _:
            return Unknown(reason="Twilio's answer could not be read")
