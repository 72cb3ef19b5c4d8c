"""Phones that exist only on the demonstration page: a mailbox each, in memory, with the three channels a real phone has.

They take what the real channels take and nothing more, so what the page shows is what a phone would show. A phone is named by
its channel and address. Everything happens on one event loop.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from itertools import count

from ccmm_bot.messages import LIMITS, ChannelKind, OutboundMessage, RefusedFinal, SendOutcome, Sent

_KEPT = 200  # messages a phone remembers
_WAITING = 1000  # messages a slow reader may fall behind; then it is cut off and has to come back


@dataclass(frozen=True, slots=True)
class Phone:
    """One phone on one channel: ``address`` is the sender of its inbound messages."""

    kind: ChannelKind
    address: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One message that arrived on a phone. ``no`` counts up for each phone, so that a reader can tell what it has seen."""

    no: int
    message: OutboundMessage


class Phones:
    """All mailboxes."""

    def __init__(self) -> None:
        self._kept: dict[Phone, deque[Delivery]] = {}
        self._readers: dict[Phone, set[asyncio.Queue[Delivery | None]]] = {}
        self._numbers: dict[Phone, count[int]] = {}

    def deliver(self, message: OutboundMessage) -> SendOutcome:
        """Put a message into the mailbox it is for, refusing what the real channel would refuse for its length."""
        limits = LIMITS[message.channel]
        if len(message.content.text) > limits.max_text:
            return RefusedFinal(code="too_long", reason="longer than the channel takes")
        phone = Phone(message.channel, message.to)
        no = next(self._numbers.setdefault(phone, count(1)))
        delivery = Delivery(no=no, message=message)
        self._kept.setdefault(phone, deque(maxlen=_KEPT)).append(delivery)
        for reader in tuple(self._readers.get(phone, ())):
            if reader.qsize() < _WAITING:
                reader.put_nowait(delivery)
            else:
                self._readers[phone].discard(reader)
                reader.put_nowait(None)
        return Sent(provider_message_id=f"phone-{message.id}")

    def history(self, phone: Phone) -> tuple[Delivery, ...]:
        """What the phone has received, oldest first."""
        return tuple(self._kept.get(phone, ()))

    async def subscribe(self, phone: Phone, *, after: int = 0) -> AsyncGenerator[Delivery, None]:
        """Every message after number ``after``: first those already there, then each as it arrives. Close it to stop."""
        reader: asyncio.Queue[Delivery | None] = asyncio.Queue()
        self._readers.setdefault(phone, set()).add(reader)
        try:
            for delivery in self.history(phone):
                if delivery.no > after:
                    yield delivery
                    after = delivery.no
            while (arrived := await reader.get()) is not None:
                if arrived.no > after:
                    yield arrived
        finally:
            self._readers.get(phone, set()).discard(reader)

    def clear(self, phone: Phone) -> None:
        """Empty one mailbox. Its numbers go on counting."""
        self._kept.pop(phone, None)

    def channel(self, kind: ChannelKind, account: str) -> PhoneChannel:
        """The sending side for one of our senders."""
        return PhoneChannel(self, kind, account)


class PhoneChannel:
    """A channel whose provider is a page on this machine."""

    def __init__(self, phones: Phones, kind: ChannelKind, account: str) -> None:
        self.kind = kind
        self.account = account
        self._phones = phones

    async def send(self, message: OutboundMessage) -> SendOutcome:
        """Deliver at once."""
        return self._phones.deliver(message)

    async def aclose(self) -> None:
        """Nothing to close."""
