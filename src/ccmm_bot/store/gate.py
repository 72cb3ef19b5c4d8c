"""What is asked about a message at the last moment before it is sent, and what can be answered."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from ccmm_bot.followup.hours import SafeHours
from ccmm_bot.messages import ChannelKind
from ccmm_bot.store.tables import Purpose

#: An automatic answer is one to somebody who just wrote for so long after her message. Later it is we who write: an outage, ours or
#: a provider's, must not wake anybody at night, nor ring on a shared phone outside of the hours that are safe.
JUST_WROTE: Final = timedelta(minutes=30)

#: WhatsApp: free-form messages within 24 hours of the person's last message to the same sender (Meta, "Customer service windows").
#: A minute less, for the way there.
WINDOW: Final = timedelta(hours=24) - timedelta(minutes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A message that could be sent now."""

    purpose: Purpose
    opted_out: bool
    never: bool  # staff marked the contact point: never write there first
    contact_refused: bool  # the person said she does not want to be contacted
    zone: ZoneInfo
    now: datetime
    channel: ChannelKind = ChannelKind.SMS
    last_inbound_at: datetime | None = None  # when the person last wrote to this sender of ours
    safe: SafeHours | None = None  # outside of these hours we start nothing
    office: SafeHours | None = None  # nor outside of these, which the agency keeps to
    outside_window: bool = False  # the provider has refused it for coming too late
    automatic: bool = False  # the bot's own answer to a message of hers, not a human's

    @property
    def just_wrote(self) -> bool:
        """Whether the person is there: she wrote a moment ago."""
        return self.last_inbound_at is None or self.now - self.last_inbound_at < JUST_WROTE


@dataclass(frozen=True, slots=True)
class Pass:
    """Send it."""


@dataclass(frozen=True, slots=True)
class Hold:
    """Not now: not before ``until``."""

    until: datetime


@dataclass(frozen=True, slots=True)
class Suppress:
    """Never; ``code`` says why and is kept with the message."""

    code: str


@dataclass(frozen=True, slots=True)
class OnlyTemplate:
    """Only as an approved template that says the same; else it waits until the person writes."""


Verdict = Pass | Hold | Suppress | OnlyTemplate
Gate = Callable[[Candidate], Verdict]
