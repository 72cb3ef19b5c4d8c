"""How fast a provider lets us send, by sender.

Twilio: a long code carries 1 SMS segment a second, a toll-free number 3, a short code 100, a WhatsApp sender 80 messages
("Understanding Twilio rate limits and message queues"). Telegram: "about 30 messages per second" overall and one a second in a
chat (Bot FAQ, "My bot is hitting limits").
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from ccmm_bot.messages import ChannelKind

# The toll-free area codes of the North American Numbering Plan.
_TOLL_FREE = re.compile(r"\+18(?:00|33|44|55|66|77|88)[0-9]{7}\Z")
_SHORT_CODE = re.compile(r"[0-9]{3,8}\Z")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rates:
    """Messages a second, by sender and within one chat; ``None``: as fast as we can."""

    sender: float | None = None
    chat: float | None = None


UNPACED = Rates()
TELEGRAM = Rates(sender=30.0, chat=1.0)


def of_twilio(kind: ChannelKind, sender: str) -> Rates:
    """A Twilio sender's rate. Nobody tells how many numbers a messaging service has; it is paced as if it had one."""
    if kind is ChannelKind.WHATSAPP:
        return Rates(sender=80.0)
    if _TOLL_FREE.match(sender):
        return Rates(sender=3.0)
    return Rates(sender=100.0 if _SHORT_CODE.match(sender) else 1.0)


def rates_of(channel: object) -> Rates:
    """What a channel says of itself in its attribute ``rates``; one that says nothing has no limit (a terminal, a test)."""
    found = getattr(channel, "rates", UNPACED)
    return found if isinstance(found, Rates) else UNPACED
