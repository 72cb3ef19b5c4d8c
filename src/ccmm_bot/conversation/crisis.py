"""Words of crisis in what a person writes: a human hears of it at once, and the person is told so, and whom to call now.

The reply names no harm and repeats nothing: whoever reads along learns nothing from it. On a phone that others use it is neutral
altogether, and on one that was marked as unsafe there is none. It comes at most once in :data:`AGAIN_AFTER`, so as not to lecture;
the flag counts every time. Then it is the person's turn: her question stays open and is not put again at once, for nobody who has
just written this wants to be asked for her language. What she writes next is heard as its answer or as a command, or brings it
back. Where the reply was given a while ago, it comes back at once, without a word on not having been answered.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from ccmm_bot.conversation.state import Standing
from ccmm_bot.conversation.turn import Turn
from ccmm_bot.dialogue import system_texts
from ccmm_bot.dialogue.effects import Effect, Flag, Say
from ccmm_bot.dialogue.events import Resume
from ccmm_bot.dialogue.model import Severity
from ccmm_bot.dialogue.session import Session
from ccmm_bot.followup.deadlines import USUAL_HOURS, Deadline, OfficeHours, due
from ccmm_bot.messages import InboundMessage
from ccmm_bot.store.hot.work import Query, Rows, Work

REASON: Final = "crisis_words"
AGAIN_AFTER: Final = timedelta(hours=6)

#: The deadline of an urgent flag (casework/triage.toml; a test holds the two together).
READ_WITHIN: Final = Deadline(hours=1)

#: Facts of the session: when the reply was last given, and until when a human will have read the message.
_TOLD: Final = "crisis_told_at"
_READ_BY: Final = "read_by"

_PLACE: Final = (
    "SELECT a.office_hours, a.timezone, cp.shared, cp.safety FROM agency a LEFT JOIN contact_point cp ON cp.id = ? WHERE a.id = ?"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """What the reply depends on."""

    office: OfficeHours
    zone: ZoneInfo
    shared: bool
    unsafe: bool


def typed(message: InboundMessage) -> str:
    """What the person wrote herself: not what a button says."""
    return "" if message.payload is not None or message.opt_out is not None else message.text


def place(here: Standing) -> Work[Place]:
    """Read what the reply depends on. Only asked where it is needed, which is seldom."""
    rows: Rows = yield Query(_PLACE, (here.contact_point_id, here.account.agency_id))
    hours, zone, shared, safety = rows[0]
    office = USUAL_HOURS if hours is None else OfficeHours.parse(hours)
    return Place(office=office, zone=ZoneInfo(zone), shared=bool(shared), unsafe=safety == "never" or here.never)


def alarm(turn: Turn, where: Place, happen: Callable[[Turn], None]) -> None:
    """Let ``happen`` happen to the session, with the reply before what it says and the flag among its effects."""
    before, said = turn.session, len(turn.effects)
    happen(turn)
    turn.effects.append(flag())
    told = _told_lately(before, turn.at)
    if where.unsafe:
        return
    if _not_understood(before, turn.session):
        turn.session = before
        del turn.effects[said:]
        turn.effects.append(flag())
        if told:
            turn.feed(Resume(at=turn.at))
    if told:
        return
    read_by = due(turn.at, READ_WITHIN, where.office, where.zone)
    facts: dict[str, Any] = {_TOLD: turn.at.isoformat(), _READ_BY: read_by.isoformat()}
    turn.session = replace(turn.session, facts={**turn.session.facts, **facts})
    first = system_texts.CRISIS_NEUTRAL if where.shared else system_texts.CRISIS_NOW
    reply: list[Effect] = [Say(text=first), Say(text=system_texts.CRISIS_READ)]
    turn.effects[said:said] = reply


def flag() -> Flag:
    """What staff see. The words stay in the conversation, which they open from it."""
    return Flag(run=0, reason=REASON, severity=Severity.URGENT)


def flagged(turn: Turn) -> bool:
    """Whether the turn raises the flag."""
    return any(isinstance(effect, Flag) and effect.reason == REASON for effect in turn.effects)


def _told_lately(session: Session, now: datetime) -> bool:
    told = session.facts.get(_TOLD)
    return isinstance(told, str) and now - datetime.fromisoformat(told) < AGAIN_AFTER


def _not_understood(before: Session, after: Session) -> bool:
    if before.wait is None or after.wait is None:
        return False
    return after.wait.no == before.wait.no and after.wait.attempts > before.wait.attempts
