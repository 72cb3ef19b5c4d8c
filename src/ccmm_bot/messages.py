"""What crosses the doors: messages as every channel delivers and accepts them.

These types know no provider, no database and no dialogue; every room may use them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class ChannelKind(StrEnum):
    """A way to reach a person. The values are stored; never rename one."""

    SMS = "sms"
    WHATSAPP = "whatsapp"
    TELEGRAM = "telegram"
    CONSOLE = "console"


class ContentKind(StrEnum):
    """What an inbound message carries. Everything but ``TEXT`` and ``TAP`` is kept for staff and gets a kind answer."""

    TEXT = "text"
    TAP = "tap"
    VOICE = "voice"
    IMAGE = "image"
    VIDEO = "video"
    DOCUMENT = "document"
    LOCATION = "location"
    CONTACT = "contact"
    STICKER = "sticker"
    CORRECTION = "correction"
    UNSUPPORTED = "unsupported"


class OptOutKind(StrEnum):
    """An opt-out event the provider has already answered itself (Twilio ``OptOutType``)."""

    STOP = "stop"
    START = "start"
    HELP = "help"


@dataclass(frozen=True, slots=True, kw_only=True)
class Media:
    """A file the person sent, still at the provider."""

    url: str
    content_type: str


@dataclass(frozen=True, slots=True, kw_only=True)
class InboundMessage:
    """One message from a person, already authenticated, not yet understood."""

    channel: ChannelKind
    account: str  # our own sender as the provider names it: "+16045550100", a bot's id, "console"
    provider_message_id: str  # unique per (channel, account); a retry carries the same one
    sender: str  # E.164 number, Telegram chat id, or the business-scoped id where no number is known
    received_at: datetime  # aware UTC
    kind: ContentKind = ContentKind.TEXT
    text: str = ""
    payload: str | None = None  # what a tapped button carries: see dialogue.taps
    external_user_id: str | None = None  # WhatsApp's business-scoped user id (BSUID), also beside a number
    language_hint: str | None = None  # the language of the app's own menus: a suggestion, never a decision
    opt_out: OptOutKind | None = None
    media: tuple[Media, ...] = ()
    raw: bytes = b""  # the provider's payload as it came, kept encrypted
    sent_at: datetime | None = None  # when the provider says it was written, where it says so
    order: int | None = None  # its place among the sender's messages, where the provider numbers them
    fetched: bool = False  # found in the provider's list after an outage: others may have been written since


class Layout(StrEnum):
    """How the options of a message are shown."""

    TEXT = "text"  # numbered inside the text
    BUTTONS = "buttons"  # WhatsApp quick replies, at most three
    LIST = "list"  # WhatsApp list picker, at most ten
    KEYBOARD = "keyboard"  # Telegram inline keyboard


@dataclass(frozen=True, slots=True, kw_only=True)
class Button:
    """One thing to tap. ``payload`` comes back as ``InboundMessage.payload``; it is at most 64 bytes."""

    payload: str
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Audio:
    """A recording of a text, made by the agency."""

    name: str  # "<tag>/<hash of the content>.ogg": its address below /audio/
    file: str  # where it lies on this machine


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """A finished message for one channel: already translated, filled in, and fitted to what the channel can show."""

    text: str
    layout: Layout = Layout.TEXT
    buttons: tuple[Button, ...] = ()
    list_title: str = ""  # what the WhatsApp list picker's own button says
    language: str = "en"  # the language it is written in (our tag), so that a page can set lang and dir
    audio: Audio | None = None  # sent after the text, where the channel can


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """An approved WhatsApp template that says, with its variables filled in, exactly what a message says."""

    sid: str
    variables: tuple[str, ...]  # the values of {{1}}, {{2}}, …


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateText:
    """A WhatsApp template as it is handed in for approval, in one language."""

    name: str  # "follow_up_3_month", "knock": the same in every language
    language: str  # our tag
    locale: str  # WhatsApp's code
    body: str  # with {{1}}, {{2}}, … in the order they appear
    slots: tuple[str, ...]  # which of our slots those are
    buttons: tuple[str, ...] = ()  # labels; their payloads are the variables after the slots


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboundMessage:
    """One message on its way out."""

    id: str  # our own id: given to the provider where it takes one, and looked up by it afterwards
    channel: ChannelKind
    account: str
    to: str
    content: Content
    template: Template | None = None  # how it has to be sent outside WhatsApp's 24-hour window


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """The provider took the message."""

    provider_message_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusedFinal:
    """The provider will never take this message to this person."""

    code: str
    reason: str
    opted_out: bool = False  # the person blocked or unsubscribed: the opt-out ledger must learn it
    ours: bool = False  # our own set-up is at fault: staff must see it, for everybody is affected


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusedRetry:
    """Not now. Certainly not sent, so sending again after ``delay_s`` seconds is safe."""

    code: str
    reason: str
    delay_s: float
    ours: bool = False  # our own set-up is at fault (a refused token): staff must see it


@dataclass(frozen=True, slots=True, kw_only=True)
class Unknown:
    """Nobody knows whether it was sent (time-out, lost connection). Never send again before it is reconciled."""

    reason: str


SendOutcome = Sent | RefusedFinal | RefusedRetry | Unknown


class DeliveryStatus(StrEnum):
    """How far a message got, as the provider's receipts tell; see ``rank``."""

    PENDING = "pending"
    HELD = "held"  # WhatsApp's window is closed: it waits until the person writes
    SENDING = "sending"
    UNKNOWN = "unknown"
    SENT = "sent"
    DELIVERED = "delivered"
    READ = "read"
    FAILED = "failed"
    SUPPRESSED = "suppressed"  # the gate held it back: opted out, no consent

    @property
    def rank(self) -> int:
        """Receipts come in any order and repeat: a status only ever replaces one of a lower rank."""
        return _RANKS[self]


_RANKS = {
    DeliveryStatus.PENDING: 0,
    DeliveryStatus.HELD: 0,
    DeliveryStatus.SENDING: 1,
    DeliveryStatus.UNKNOWN: 2,
    DeliveryStatus.SENT: 3,
    DeliveryStatus.DELIVERED: 4,
    DeliveryStatus.READ: 5,
    DeliveryStatus.FAILED: 6,
    DeliveryStatus.SUPPRESSED: 7,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusUpdate:
    """A provider's receipt for a message of ours."""

    channel: ChannelKind
    account: str  # our sender, of the account whose signature the receipt carries: it speaks of no other sender's messages
    provider_message_id: str
    status: DeliveryStatus
    at: datetime
    error_code: str | None = None
    outbox_id: str | None = None  # our own id, when the receipt carries it
    opted_out: bool = False
    ours: bool = False  # our own set-up is at fault, as in RefusedFinal
    retry_after_s: float | None = None  # it failed for a reason that passes: worth another message after so many seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelLimits:
    """What one channel can show. Sizes in characters unless named otherwise; ``None`` means the channel has no such thing."""

    kind: ChannelKind
    max_text: int
    segments: bool = False  # texts are billed and split in SMS segments
    max_buttons: int | None = None
    max_button_label: int = 0
    max_list_items: int | None = None
    max_list_label: int = 0
    keyboard: bool = False
    audio: bool = False
    max_keyboard_label: int = 64


LIMITS: dict[ChannelKind, ChannelLimits] = {
    # Twilio: a message body of at most 1600 characters whatever the number of segments.
    ChannelKind.SMS: ChannelLimits(kind=ChannelKind.SMS, max_text=1600, segments=True),
    # WhatsApp through Twilio's Content API: quick reply body 1024, 3 buttons of 20; list picker 10 items of 24.
    ChannelKind.WHATSAPP: ChannelLimits(
        kind=ChannelKind.WHATSAPP,
        max_text=1024,
        max_buttons=3,
        max_button_label=20,
        max_list_items=10,
        max_list_label=24,
        audio=True,
    ),
    # Telegram Bot API: sendMessage text 4096; inline keyboard button payload 64 bytes.
    ChannelKind.TELEGRAM: ChannelLimits(kind=ChannelKind.TELEGRAM, max_text=4096, keyboard=True, audio=True),
    ChannelKind.CONSOLE: ChannelLimits(kind=ChannelKind.CONSOLE, max_text=100_000),
}
