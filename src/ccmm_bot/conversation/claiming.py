"""The answer to a message, written as being sent already: by the process that sends it right after the commit.

Whoever answers at once would otherwise mark its own answer ``sending`` in a second transaction, a moment after the first. The first
can say it as well: what the gate would pass now, with nothing before it in its conversation, belongs to the process that writes it.
If that process dies, it is a message of which nobody knows whether it was sent, as after any mark.
"""

from __future__ import annotations

from datetime import datetime
from typing import Protocol
from zoneinfo import ZoneInfo

from ccmm_bot.conversation.gate import gate
from ccmm_bot.conversation.state import Standing
from ccmm_bot.conversation.turn import Turn
from ccmm_bot.dialogue.session import Status
from ccmm_bot.messages import ChannelKind, InboundMessage
from ccmm_bot.store.gate import Candidate, Pass
from ccmm_bot.store.tables import Purpose


class Claim(Protocol):
    """A sender's word that it sends an answer as soon as it is committed."""

    @property
    def owner(self) -> str:
        """The name the message is marked with."""

    @property
    def lease_s(self) -> float:
        """For so long; then another process looks for it."""

    def give_back(self) -> None:
        """There is no such answer."""


class Claims(Protocol):
    """Whoever sends for this process; called from its event loop."""

    def __call__(self, channel: ChannelKind, account: str, /) -> Claim | None:
        """For the answer to one message by this sender of ours; ``None`` where it could not go at once."""


def nobody(_channel: ChannelKind, _account: str, /) -> Claim | None:
    """Nobody sends."""
    return None


def at_once(here: Standing, turn: Turn, message: InboundMessage, now: datetime) -> bool:
    """Whether the answer of this turn may go out as soon as it is committed: what :mod:`ccmm_bot.store.outbox` would find."""
    if here.kept_back or here.opted_out or here.never or turn.opted_out or turn.session.status is Status.SILENT:
        return False
    candidate = Candidate(
        purpose=Purpose.ANSWER,
        opted_out=False,
        never=False,
        contact_refused=False,  # an answer needs no consent
        zone=ZoneInfo(here.account.timezone),
        now=now,
        channel=message.channel,
        last_inbound_at=message.received_at,
        safe=here.safe,
        automatic=True,
    )
    return candidate.just_wrote and isinstance(gate(candidate), Pass)
