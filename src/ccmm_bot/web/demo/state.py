"""The demonstration's phones as the page shows them: what was typed on each, between what arrived on it."""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Final
from uuid import UUID, uuid4

from ccmm_bot.channels.phones import Delivery, Phone, Phones
from ccmm_bot.i18n.segments import segments
from ccmm_bot.messages import Button, ChannelKind, ContentKind, InboundMessage, Layout
from ccmm_bot.web.demo.clock import MovableClock

#: Our own senders in the demonstration. North American numbers 555-01xx are set aside for fiction.
ACCOUNTS: Final = MappingProxyType(
    {ChannelKind.SMS: "+16045550100", ChannelKind.WHATSAPP: "+16045550101", ChannelKind.TELEGRAM: "7000000001"}
)

_AREA_CODES: Final = (
    204,
    226,
    236,
    249,
    250,
    289,
    306,
    343,
    365,
    403,
    416,
    431,
    437,
    438,
    450,
    506,
    514,
    519,
    548,
    579,
    581,
    587,
    604,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bubble:
    """One message on a phone's screen."""

    id: str
    mine: bool
    text: str
    language: str | None = None
    note: str = ""
    tapped: bool = False
    remark: bool = False
    layout: Layout = Layout.TEXT
    buttons: tuple[Button, ...] = ()
    list_title: str = ""


@dataclass(frozen=True, slots=True)
class _Typed:
    after: int  # the number of the last message that had arrived when it was sent
    bubble: Bubble


@dataclass(slots=True)
class Handset:
    """One phone in somebody's hand."""

    phone: Phone
    typed: list[_Typed] = field(default_factory=list)


class Demonstration:
    """The phones of the page, one a channel. Everything happens on one event loop."""

    def __init__(self, phones: Phones, clock: MovableClock, staff_id: UUID, settle: Callable[[], Awaitable[None]]) -> None:
        """``settle`` fires what is due and waits until everything that was to be sent is sent."""
        self.phones = phones
        self.clock = clock
        self.staff_id = staff_id
        self.settle = settle
        self.handsets = {kind: Handset(Phone(kind, new_address(kind))) for kind in ACCOUNTS}

    def reset(self, kind: ChannelKind) -> None:
        """Throw the phone away and take a new one with a new number."""
        self.handsets[kind] = Handset(Phone(kind, new_address(kind)))

    def write(self, kind: ChannelKind, text: str, now: datetime) -> InboundMessage:
        """What the phone sends when its owner types."""
        return self._send(kind, text, None, now)

    def tap(self, kind: ChannelKind, message: str, payload: str, now: datetime) -> InboundMessage | None:
        """What the phone sends when its owner taps; ``None`` for a button that is not on the screen."""
        shown = (button for bubble in self.screen(kind) if bubble.id == message for button in bubble.buttons)
        button = next((button for button in shown if button.payload == payload), None)
        return self._send(kind, button.label, button.payload, now) if button else None

    def remark(self, kind: ChannelKind, text: str) -> None:
        """Something the page itself says between the messages."""
        handset = self.handsets[kind]
        bubble = Bubble(id=f"remark-{len(handset.typed)}", mine=False, remark=True, text=text)
        handset.typed.append(_Typed(self.arrived(kind), bubble))

    def arrived(self, kind: ChannelKind) -> int:
        """The number of the last message that arrived on the phone."""
        history = self.phones.history(self.handsets[kind].phone)
        return history[-1].no if history else 0

    def screen(self, kind: ChannelKind) -> list[Bubble]:
        """What the phone shows, oldest first."""
        handset = self.handsets[kind]
        typed = list(handset.typed)
        bubbles: list[Bubble] = []
        for delivery in self.phones.history(handset.phone):
            while typed and typed[0].after < delivery.no:
                bubbles.append(typed.pop(0).bubble)
            bubbles.append(_received(delivery))
        return [*bubbles, *(each.bubble for each in typed)]

    def _send(self, kind: ChannelKind, text: str, payload: str | None, now: datetime) -> InboundMessage:
        handset = self.handsets[kind]
        bubble = Bubble(id=f"mine-{len(handset.typed)}", mine=True, text=text, tapped=payload is not None)
        handset.typed.append(_Typed(self.arrived(kind), bubble))
        return InboundMessage(
            channel=kind,
            account=ACCOUNTS[kind],
            provider_message_id=f"demo-{uuid4()}",
            sender=handset.phone.address,
            received_at=now,
            kind=ContentKind.TEXT if payload is None else ContentKind.TAP,
            text=text,
            payload=payload,
        )


def new_address(kind: ChannelKind) -> str:
    """An address that nobody has. Lines 555-0100 to 555-0199 of every area code are set aside for fiction."""
    if kind is ChannelKind.TELEGRAM:
        return str(7_100_000_000 + secrets.randbelow(800_000_000))
    return f"+1{secrets.choice(_AREA_CODES)}55501{secrets.randbelow(100):02d}"


def _received(delivery: Delivery) -> Bubble:
    message = delivery.message
    content = message.content
    note = ""
    if message.channel is ChannelKind.SMS:
        size = segments(content.text)
        note = f"{size.count} SMS · {size.encoding.value}"
    return Bubble(
        id=f"m{delivery.no}",
        mine=False,
        text=content.text,
        language=content.language,
        note=note,
        layout=content.layout,
        buttons=content.buttons,
        list_title=content.list_title,
    )
