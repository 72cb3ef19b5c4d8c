"""What every channel adapter promises."""

from __future__ import annotations

from typing import Protocol

from ccmm_bot.messages import ChannelKind, OutboundMessage, SendOutcome


class Channel(Protocol):
    """Sends messages from one of our senders. Receiving is parsing, and needs no object."""

    kind: ChannelKind
    account: str

    async def send(self, message: OutboundMessage) -> SendOutcome:
        """Hand one message to the provider. Never raises for what a provider or a network can do: see the outcomes."""

    async def aclose(self) -> None:
        """Close connections."""
