"""An invitation as something to tap or to scan, for each channel."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote

from ccmm_bot.conversation.invitation_codes import payload, sentence
from ccmm_bot.messages import ChannelKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Sender:
    """One of our senders as the outside knows it: a number, or a bot's name without its @."""

    channel: ChannelKind
    public: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """Where an invitation leads on one channel."""

    channel: ChannelKind
    sender: str
    address: str


def links(senders: tuple[Sender, ...], code: str, language: str | None = None) -> tuple[Link, ...]:
    """One link for each sender that can have one, in the order given. ``language`` goes along in a poster's code."""
    return tuple(
        Link(channel=sender.channel, sender=sender.public, address=address)
        for sender in senders
        if (address := _address(sender, code, language))
    )


def square(address: str) -> str:
    """A QR code as an address for an ``img``; with the white margin scanners need (ISO/IEC 18004)."""
    import segno

    return str(segno.make(address, error="m", micro=False).svg_data_uri(scale=4, border=4))


def _address(sender: Sender, code: str, language: str | None) -> str:
    match sender.channel:
        case ChannelKind.TELEGRAM:
            # Telegram, "Deep Linking": t.me/<bot>?start=<parameter>; the bot receives "/start <parameter>".
            return f"https://t.me/{sender.public}?start={payload(code, language)}"
        case ChannelKind.WHATSAPP:
            # WhatsApp, "How to use click to chat": the number without + and zeros in front, the text encoded.
            return f"https://wa.me/{sender.public.lstrip('+')}?text={quote(sentence(code, language), safe='')}"
        case ChannelKind.SMS:
            # RFC 5724 §2.2: sms:<number>?body=<text>.
            return f"sms:{sender.public}?body={quote(sentence(code, language), safe='')}"
        case ChannelKind.CONSOLE:
            return ""
