"""What is needed to speak with one Twilio account, and the shapes its identifiers have.

Shapes after Twilio's API reference: SIDs are two letters and 32 hexadecimal digits ("Message resource", "Content resource");
addresses are E.164 numbers or short codes, with a channel's prefix for anything but SMS ("Channel addresses").
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from ccmm_bot.messages import ChannelKind

_ACCOUNT = re.compile(r"AC[0-9a-fA-F]{32}\Z")
_MESSAGE = re.compile(r"(?:SM|MM)[0-9a-fA-F]{32}\Z")
_SERVICE = re.compile(r"MG[0-9a-fA-F]{32}\Z")
_NUMBER = re.compile(r"\+[1-9][0-9]{4,14}\Z")
_SHORT_CODE = re.compile(r"[0-9]{3,8}\Z")
# WhatsApp's business-scoped user id: country code, a full stop, at most 128 letters and digits
# (Meta, "Business-scoped user IDs"; Meta inserts "ENT." for a parent portfolio's id).
_BSUID = re.compile(r"[A-Z]{2}\.(?:ENT\.)?[A-Za-z0-9]{1,128}\Z")

WHATSAPP_PREFIX = "whatsapp:"


@dataclass(frozen=True, slots=True, kw_only=True)
class TwilioAccount:
    """One Twilio account of one agency. A sender left empty means that this channel is off."""

    account_sid: str
    auth_token: str = field(repr=False)
    sms_from: str = ""  # "+1604…", or a messaging service's "MG…"
    whatsapp_from: str = ""  # "+1604…", without the channel's prefix
    api_base_url: str = ""  # scheme and host of a stand-in; empty: Twilio itself
    public_base_url: str = ""  # how Twilio sees us; empty: no receipts can reach us

    def sender(self, kind: ChannelKind) -> str:
        """Our own sender for a channel; empty when it is off."""
        return {ChannelKind.SMS: self.sms_from, ChannelKind.WHATSAPP: self.whatsapp_from}.get(kind, "")


def is_account_sid(value: str) -> bool:
    """Whether this has the shape of an account's SID."""
    return _ACCOUNT.match(value) is not None


def is_message_sid(value: str) -> bool:
    """Whether this has the shape of a message's SID."""
    return _MESSAGE.match(value) is not None


def is_messaging_service(value: str) -> bool:
    """Whether this is a messaging service rather than a number."""
    return _SERVICE.match(value) is not None


def is_number(value: str) -> bool:
    """Whether this is an E.164 number."""
    return _NUMBER.match(value) is not None


def is_bsuid(value: str) -> bool:
    """Whether this is a WhatsApp business-scoped user id."""
    return _BSUID.match(value) is not None


def split_address(value: str) -> tuple[ChannelKind, str] | None:
    """A Twilio address as (channel, bare address): ``whatsapp:+1604…`` → (WhatsApp, ``+1604…``).

    ``None`` for anything that is not the address of a phone, a short code or a WhatsApp user.
    """
    if value.startswith(WHATSAPP_PREFIX):
        bare = value.removeprefix(WHATSAPP_PREFIX)
        return (ChannelKind.WHATSAPP, bare) if is_number(bare) or is_bsuid(bare) else None
    return (ChannelKind.SMS, value) if is_number(value) or _SHORT_CODE.match(value) else None


def join_address(kind: ChannelKind, bare: str) -> str:
    """The reverse of :func:`split_address`."""
    return f"{WHATSAPP_PREFIX}{bare}" if kind is ChannelKind.WHATSAPP else bare
