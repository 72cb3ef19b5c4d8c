"""The terminal as a channel: what is sent is written to a stream."""

from __future__ import annotations

from collections.abc import Callable

from ccmm_bot.messages import ChannelKind, OutboundMessage, SendOutcome, Sent

ACCOUNT = "console"


class ConsoleChannel:
    """Hands each message to ``show``; nothing can fail."""

    kind = ChannelKind.CONSOLE
    account = ACCOUNT

    def __init__(self, show: Callable[[OutboundMessage], None]) -> None:
        self._show = show

    async def send(self, message: OutboundMessage) -> SendOutcome:
        """Show one message."""
        self._show(message)
        return Sent(provider_message_id=message.id)

    async def aclose(self) -> None:
        """Nothing to close."""
