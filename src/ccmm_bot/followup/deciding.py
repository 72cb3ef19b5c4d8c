"""What to do with a follow-up whose moment has come: begin it and where, wait and for what, or settle it and why.

Pure: everything it knows is in :class:`Situation`, and the same situation always gives the same decision. Whoever asks it carries
the decision out and writes it down; asking twice, or long after, does no harm.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal
from zoneinfo import ZoneInfo

from ccmm_bot.followup.hours import SafeHours, moment_after
from ccmm_bot.followup.kinds import Kind

#: States in which it has not begun.
WAITING: Final = frozenset({"scheduled", "due"})
#: States in which the person has been written to and may still answer.
RUNNING: Final = frozenset({"sent", "in_progress"})
#: Where the person has said something: what was waiting in its group is clear.
ANSWERED: Final = frozenset({"answered", "partly_answered", "declined"})

#: One contact point after the time-out of the first: then a human takes over.
CONTACT_POINTS: Final = 2

#: How long it waits for something that may pass (another conversation, a colleague, a missing name), and how often it looks.
PATIENCE: Final = timedelta(days=14)
_LOOK_AGAIN: Final = {
    "busy": timedelta(hours=1),
    "human": timedelta(hours=4),
    "no_name": timedelta(days=1),
    "no_dialogue": timedelta(days=1),
}

Hindrance = Literal["busy", "human", "no_name", "no_dialogue"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """A conversation we could begin in: one contact point of the person."""

    conversation: str
    channel: str
    shared: bool = False
    never: bool = False  # staff marked it: never write there first
    opted_out: bool = False
    agreed: bool = False  # from here she wrote to us and agreed
    safe: SafeHours | None = None
    last_inbound_at: datetime | None = None
    busy: bool = False  # a dialogue is running in it
    human: bool = False  # a colleague is talking in it
    closed: bool = False  # nothing can be said there now: sender off, or WhatsApp's window shut and no template for her language


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """Everything known about one follow-up at the moment it is looked at."""

    id: str
    kind: Kind
    status: str
    due_at: datetime
    waiting_since: datetime | None  # for what ``reason`` says
    reason: str | None
    now: datetime
    zone: ZoneInfo
    points: Sequence[Point]
    tried: Collection[str] = ()  # conversations it was begun in
    named: bool = True
    refused: bool = False  # the person does not want to be contacted
    willing: bool = False  # the person agreed to be contacted
    silent: bool = True  # nobody has answered so far
    exited: bool = False  # the case's exit date is today or past


@dataclass(frozen=True, slots=True)
class BeginIn:
    """Begin the dialogue in this conversation."""

    conversation: str


@dataclass(frozen=True, slots=True)
class Wait:
    """Not now. Look again at ``until``; ``reason`` says what for, ``None`` that it is only the hour."""

    until: datetime
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Settle:
    """It is over: ``status`` (``None``: as it is), why, and whether a human has to hear of it."""

    status: str | None
    reason: str | None
    flag: str | None = None
    clears: bool = False  # an answer: what waits in its group is cleared


Decision = BeginIn | Wait | Settle


def decide(at: Situation) -> Decision:
    """What to do now."""
    if at.status in ANSWERED:
        return Settle(None, at.reason, clears=True)
    if at.status == "unreachable":
        return _after_silence(at)
    if at.status not in WAITING:
        missed = at.status == "missed"
        return Settle(None, at.reason or ("no_answer" if missed else None), flag="follow_up_missed" if missed else None)
    if at.exited and at.kind.in_service:
        return Settle("cancelled", "exited")  # it waited for something until the service was over
    if at.now - at.due_at > at.kind.late:
        return Settle("missed", at.reason or "too_late", flag="follow_up_missed")
    if at.refused:
        return Settle("cancelled", "no_consent", flag="follow_up_missed")
    usable = sorted((point for point in at.points if _usable(at, point)), key=_liking)
    if not usable:
        return Settle("unreachable", _why_none(at.points), flag="unreachable")
    return _begin(at, usable[0], usable)


def _begin(at: Situation, point: Point, usable: Sequence[Point]) -> Decision:
    """In ``point``, unless something of the person's own is in the way."""
    if any(each.human for each in usable):
        return _wait(at, "human")
    if any(each.busy for each in usable):
        return _wait(at, "busy")
    if not at.named:
        return _wait(at, "no_name")
    if at.reason == "no_dialogue" and at.waiting_since is not None and at.now - at.waiting_since > PATIENCE:
        return Settle("missed", "no_dialogue", flag="follow_up_missed")
    when = moment_after(at.now, at.zone, at.id, point.safe)
    if when is None:
        return Settle("unreachable", "no_safe_hour", flag="unreachable")
    return BeginIn(point.conversation) if when <= at.now else Wait(when, at.reason if at.waiting_since else None)


def _after_silence(at: Situation) -> Decision:
    """Nobody answered, or the wrong person did: one other contact point of her own, then a human."""
    if at.tried and len(at.tried) < CONTACT_POINTS and not at.refused and not (at.exited and at.kind.in_service):
        others = [
            point
            for point in at.points
            if point.conversation not in at.tried
            and point.agreed
            and not (point.shared or point.never or point.opted_out or point.closed)
        ]
        if others:
            return _begin(at, min(others, key=_liking), others)
    return Settle("unreachable", at.reason or ("no_answer" if at.tried else "no_contact"), flag="unreachable")


def wait_for(at: Situation, reason: Hindrance) -> Decision:
    """What to do when beginning was refused for ``reason``."""
    return _wait(at, reason)


def _wait(at: Situation, reason: Hindrance) -> Decision:
    since = at.waiting_since if at.reason == reason and at.waiting_since is not None else at.now
    if at.now - since > PATIENCE:
        status = "unreachable" if at.status == "unreachable" else "missed"
        return Settle(status, reason, flag="unreachable" if status == "unreachable" else "follow_up_missed")
    return Wait(at.now + _LOOK_AGAIN[reason], reason)


def _usable(at: Situation, point: Point) -> bool:
    """Whether anything may be said there. Where the way she used last is shut, another one is taken only if it is hers alone and
    she agreed: a follow-up never turns up on somebody else's phone.
    """
    if point.never or point.opted_out or point.closed:
        return False
    last = max(at.points, key=lambda each: (each.last_inbound_at is not None, each.last_inbound_at or at.now))
    return not last.closed or (not point.shared and (point.agreed or at.willing))


def _liking(point: Point) -> tuple[bool, bool, float, str]:
    """Her own before a shared one, where she agreed before where she did not, where she wrote last before the others."""
    last = 0.0 if point.last_inbound_at is None else -point.last_inbound_at.timestamp()
    return point.shared, not point.agreed, last, point.conversation


def _why_none(points: Sequence[Point]) -> str:
    if not points:
        return "no_contact"
    if any(point.opted_out for point in points):
        return "opted_out"
    return "no_template" if any(point.closed for point in points) else "not_safe"
