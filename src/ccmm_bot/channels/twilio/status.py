"""A Twilio status callback → :class:`StatusUpdate` (Twilio, "Outbound Message Status in Status Callbacks").

Callbacks are best effort, come in any order and repeat; the status's rank decides what they may change. Our own id of the
message rides in the address of the callback, so that a receipt finds its message even when the answer to our request never
reached us.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from urllib.parse import parse_qsl

from ccmm_bot.channels.malformed import Malformed
from ccmm_bot.channels.twilio.account import TwilioAccount, split_address
from ccmm_bot.channels.twilio.errors import ErrorClass, classify, retry_delay
from ccmm_bot.channels.twilio.fields import Reader, message_sid
from ccmm_bot.messages import ChannelKind, DeliveryStatus, StatusUpdate

OUTBOX_PARAMETER = "outbox"

_OUR_ID = re.compile(r"[0-9A-Za-z-]{1,64}\Z")
# Twilio has it, but nothing is known yet of the phone: one rank, "sent".
_STATUSES = {
    "accepted": DeliveryStatus.SENT,
    "scheduled": DeliveryStatus.SENT,
    "queued": DeliveryStatus.SENT,
    "sending": DeliveryStatus.SENT,
    "sent": DeliveryStatus.SENT,
    "delivered": DeliveryStatus.DELIVERED,
    "partially_delivered": DeliveryStatus.DELIVERED,
    "read": DeliveryStatus.READ,
    "undelivered": DeliveryStatus.FAILED,
    "failed": DeliveryStatus.FAILED,
    "canceled": DeliveryStatus.FAILED,
}


def status_of(value: str) -> DeliveryStatus | None:
    """Our status for a Twilio message status; ``None`` for one that is new to us."""
    return _STATUSES.get(value.lower())


def parse_status(
    fields: Mapping[str, Sequence[str]], account: TwilioAccount, *, query: str, received_at: datetime
) -> StatusUpdate | None:
    """Read one receipt. The signature must have been checked before; ``query`` is the address's, which the signature covers.

    ``None`` for a status that is new to us: nothing to do, and nothing wrong.

    :raises Malformed: a field has not its documented shape
    """
    reader = Reader(fields)
    sid = message_sid(reader, account)
    word = reader.get("MessageStatus") or reader.get("SmsStatus")
    if not word:
        raise Malformed("MessageStatus is missing")
    status = status_of(word)
    if status is None:
        return None
    code = reader.get("ErrorCode")
    if code and not (code.isascii() and code.isdigit() and len(code) <= 6):
        raise Malformed("ErrorCode is not a number")
    to = split_address(reader.get("To"))
    channel = to[0] if to else ChannelKind.SMS
    kind = classify(code) if code and code != "0" else None
    return StatusUpdate(
        channel=channel,
        account=account.sender(channel),
        provider_message_id=sid,
        status=status,
        at=received_at,
        error_code=code if code and code != "0" else None,
        outbox_id=_our_id(query),
        opted_out=kind is ErrorClass.OPTED_OUT,
        ours=kind is ErrorClass.CONFIGURATION,
        retry_after_s=retry_delay(code) if status is DeliveryStatus.FAILED else None,
    )


def _our_id(query: str) -> str | None:
    values = [value for name, value in parse_qsl(query) if name == OUTBOX_PARAMETER]
    return values[0] if len(values) == 1 and _OUR_ID.match(values[0]) else None
