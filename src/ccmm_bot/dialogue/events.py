"""Everything that can happen to a conversation. Time-outs are events like any other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from ccmm_bot.dialogue.values import Fact


@dataclass(frozen=True, slots=True, kw_only=True)
class Begin:
    """Start a dialogue in an idle conversation.

    ``text`` is the message that brought the person here, if any: where it answers the first question (a language's name, say)
    it is taken as the answer instead of being asked for again.
    """

    at: datetime
    dialogue: str
    facts: Mapping[str, Fact] = field(default_factory=dict)
    text: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """The person typed something."""

    at: datetime
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Tap:
    """The person tapped a button; ``payload`` as :mod:`ccmm_bot.dialogue.taps` wrote it. ``label`` is what the button said."""

    at: datetime
    payload: str
    label: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unreadable:
    """The person sent something that is not text: a voice note, an image, a place on the map."""

    at: datetime
    kind: str


class TimerKind(StrEnum):
    """What a timer of a question does."""

    REMIND = "remind"
    TIMEOUT = "timeout"


@dataclass(frozen=True, slots=True, kw_only=True)
class TimerFired:
    """A timer came due. It is a no-op unless the question it was set for is still open."""

    at: datetime
    wait: int
    kind: TimerKind
    n: int = 0  # which reminder, from 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Resume:
    """Ask the open question again: after a human has finished talking."""

    at: datetime


Event = Begin | Reply | Tap | Unreadable | TimerFired | Resume
