"""What people wrote to a sender of ours, from Twilio's own list: for the time in which nobody here took webhooks.

The list holds what an incoming message's webhook says, except taps (a tapped button is its label here), places and the business-
scoped id (Twilio, "Message resource"). Each entry is put into the webhook's fields and read by the webhook's own code, so that one
message is the same message by either way.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Final

import orjson

from ccmm_bot.channels.malformed import Malformed
from ccmm_bot.channels.twilio.account import TwilioAccount, is_messaging_service, join_address
from ccmm_bot.channels.twilio.messages import Listed, Messages
from ccmm_bot.channels.twilio.parse import parse_inbound
from ccmm_bot.messages import ChannelKind, InboundMessage

_PAGE: Final = 500
_API: Final = "https://api.twilio.com"
#: A day's messages of a busy sender; what is beyond is fetched by asking for a shorter span.
MOST: Final = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """Messages, the earliest first, and the payloads that nobody could read, each with the reason."""

    messages: tuple[InboundMessage, ...] = ()
    unreadable: tuple[tuple[bytes, str], ...] = ()


async def received(kept: Messages, account: TwilioAccount, kind: ChannelKind, *, since: datetime, until: datetime) -> Received:
    """What came to the sender from ``since`` to ``until``. The list is filtered by day at Twilio, by the second here.

    :raises TwilioException, httpx.HTTPError, TooManyRequests: the list could not be read
    """
    ours = account.sender(kind)
    # In a messaging service any number of its pool may be written to; whose a message is, it says itself.
    filters = {} if is_messaging_service(ours) else {"to": join_address(kind, ours)}
    listed = await kept.listed(
        **filters,
        date_sent_after=f"{since.astimezone(UTC):%Y-%m-%d}",
        date_sent_before=f"{until.astimezone(UTC) + timedelta(days=1):%Y-%m-%d}",
        page_size=_PAGE,
        limit=MOST,
    )
    messages: list[InboundMessage] = []
    unreadable: list[tuple[bytes, str]] = []
    for entry in sorted((each for each in listed if _wanted(each, kind, ours, since, until)), key=_written):
        fields = await _fields(kept, entry)
        raw = orjson.dumps(fields)
        try:
            read = parse_inbound({name: [value] for name, value in fields.items()}, account, raw=raw, received_at=_written(entry))
        except Malformed as why:
            unreadable.append((raw, str(why)))
        else:
            messages.append(replace(read, sent_at=_written(entry), fetched=True))
    return Received(messages=tuple(messages), unreadable=tuple(unreadable))


def _written(entry: Listed) -> datetime:
    """When Twilio had it: whole seconds, in UTC."""
    found = entry.date_sent or entry.date_created
    if found is None:
        raise ValueError("the entry has no time")
    return found.astimezone(UTC)


def _wanted(entry: Listed, kind: ChannelKind, ours: str, since: datetime, until: datetime) -> bool:
    if str(entry.direction) != "inbound" or not (entry.date_sent or entry.date_created):
        return False
    if str(entry.to or "").startswith("whatsapp:") is not (kind is ChannelKind.WHATSAPP):
        return False
    named = ours in (entry.messaging_service_sid, str(entry.to or "").removeprefix("whatsapp:"))
    return named and since - timedelta(seconds=1) <= _written(entry) <= until + timedelta(seconds=1)


async def _fields(kept: Messages, entry: Listed) -> dict[str, str]:
    """The webhook's fields, as far as the list has them."""
    fields = {
        "MessageSid": entry.sid,
        "AccountSid": entry.account_sid,
        "From": entry.from_,
        "To": entry.to,
        "Body": entry.body,
        "NumMedia": entry.num_media,
        "MessagingServiceSid": entry.messaging_service_sid,
    }
    if str(entry.num_media or "0") not in ("", "0"):
        for n, media in enumerate(await kept.media(str(entry.sid), limit=10)):
            fields[f"MediaUrl{n}"] = _API + str(media.uri).removesuffix(".json")
            fields[f"MediaContentType{n}"] = media.content_type
    return {name: str(value) for name, value in fields.items() if value is not None}
