"""From effects to rows: everything one turn wants done, gathered for one transaction.

Effects that undo each other within a turn are folded together (a run that starts and ends, a timer that is set and cleared), so
that no row is touched twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final, assert_never

import orjson

from ccmm_bot.conversation.ledger import Because, entry_row
from ccmm_bot.conversation.outcomes import Outcomes
from ccmm_bot.conversation.pace import Pace
from ccmm_bot.conversation.parts import Answered
from ccmm_bot.conversation.rows import consent_row, response_row, run_row
from ccmm_bot.conversation.snapshot import Snapshot, seal
from ccmm_bot.conversation.split import fitted
from ccmm_bot.conversation.state import Standing
from ccmm_bot.conversation.turn import Turn
from ccmm_bot.dialogue.effects import (
    ClearTimers,
    Consent,
    Effect,
    EndRun,
    FactSet,
    Flag,
    FollowUpChanged,
    HumanCalled,
    LanguageChosen,
    OptedIn,
    OptedOut,
    Prompt,
    Record,
    Rejected,
    Say,
    SetTimer,
    ShowDirectory,
    ShowReport,
    Silenced,
    StartRun,
)
from ccmm_bot.dialogue.model import DialogueRef, Severity, Text
from ccmm_bot.messages import LIMITS, Content, OutboundMessage
from ccmm_bot.store.content import dump_content
from ccmm_bot.store.hot import writes as rows
from ccmm_bot.store.hot.writes import Writes
from ccmm_bot.store.keys import Sealer
from ccmm_bot.store.tables import Actor, ContactSafety, FlagStatus, Purpose, TimerState
from ccmm_bot.store.types import dashed, new_id, stamp

_RANK: Final = {Severity.NORMAL: 1, Severity.HIGH: 2, Severity.URGENT: 3}

#: The flag a call for a human raises, by its reason.
_HUMAN_FLAGS: Final = {"asked": "asked_for_human", "stuck": "stuck"}


#: The item by which a person says whether others use her phone.
SHARED: Final = "phone_shared"


def plain_json(value: Any) -> str:
    """JSON text for a column that holds nothing personal."""
    return orjson.dumps(value).decode()


@dataclass(slots=True)
class _Flag:
    severity: Severity
    items: list[str]
    run: int
    times: int = 1


@dataclass(slots=True)
class Applied:
    """Rows that build up while effects are gone through. ``refs``: dialogue versions that runs were pinned to."""

    keys: Sealer  # with the key of the person it is about
    standing: Standing
    writes: Writes
    at: str  # the moment of the turn, as it is written
    runs: dict[int, str]
    follow_ups: dict[int, str]
    wording: dict[Text, str]  # consent questions as the person saw them
    refs: set[DialogueRef] = field(default_factory=set)
    _started: dict[int, list[Any]] = field(default_factory=dict)
    _timers: dict[tuple[int, str, int], tuple[Any, ...]] = field(default_factory=dict)
    _cleared: set[int] = field(default_factory=set)
    _flags: dict[str, _Flag] = field(default_factory=dict)
    _records: dict[tuple[int, str], Record] = field(default_factory=dict)
    because: Because = field(default_factory=Because)
    pace: Pace = field(default_factory=Pace)
    answered: Answered | None = None
    outcomes: Outcomes = field(default_factory=Outcomes)
    _opted_out_at: tuple[str | None] | None = None

    def effects(self, effects: Sequence[Effect], *, follow_up: str | None = None) -> None:
        """Go through the effects of a turn. ``follow_up``: what the first run that starts belongs to."""
        for effect in effects:
            match effect:
                case StartRun():
                    self._start(effect, follow_up)
                    follow_up = None
                case EndRun():
                    self._end(effect)
                case Record():
                    self._records[effect.run, effect.item.name] = effect
                case Flag():
                    self._flag(effect.reason, effect.severity, effect.items, effect.run)
                case HumanCalled():
                    self._flag(_HUMAN_FLAGS.get(effect.reason, "asked_for_human"), Severity.NORMAL, (), effect.run or 0)
                case Consent():
                    self._consent(effect)
                case OptedOut():
                    self._opt(out=True)
                case OptedIn():
                    self._opt(out=False)
                case Silenced():
                    self._silence()
                case FollowUpChanged():
                    self.outcomes.said(self.follow_ups.get(effect.run), effect.status)
                case SetTimer():
                    key_ = (effect.wait, effect.kind.value, effect.n)
                    ids = (new_id(), self.standing.account.agency_id, self.standing.conversation_id)
                    self._timers[key_] = (*ids, *key_, stamp(effect.due), TimerState.PENDING.value)
                case ClearTimers():
                    self._timers = {key_: row for key_, row in self._timers.items() if key_[0] != effect.wait}
                    self._cleared.add(effect.wait)
                case LanguageChosen() | FactSet() | Say() | ShowDirectory() | ShowReport() | Prompt() | Rejected():
                    pass  # in the session already, or said to the person
                case _:
                    assert_never(effect)
        self._finish()

    # --- one effect each ----------------------------------------------------------------------------------------------

    def _start(self, effect: StartRun, follow_up: str | None) -> None:
        key = new_id()
        self.runs[effect.run] = key
        self.refs.add(effect.dialogue)
        if follow_up is None and effect.parent is not None:
            follow_up = self.follow_ups.get(effect.parent)  # what a follow-up calls belongs to it
        if follow_up is not None:
            self.follow_ups[effect.run] = follow_up
        self._started[effect.run] = run_row(key, self.standing, effect, follow_up, self.writes.language, self.at)

    def _end(self, effect: EndRun) -> None:
        if (started := self._started.get(effect.run)) is not None:
            started[-2:] = [self.at, effect.outcome.value]
        elif (key := self.runs.get(effect.run)) is not None:
            self.writes.add(rows.RUN_END, self.at, effect.outcome.value, key)
        self.outcomes.ended(self.follow_ups.get(effect.run), effect, self.standing.snapshot.session)

    def _flag(self, reason: str, severity: Severity, items: tuple[str, ...], run: int) -> None:
        found = self._flags.get(reason)
        if found is None:
            self._flags[reason] = _Flag(severity, list(items), run)
            return
        found.times += 1
        found.severity = max(found.severity, severity, key=_RANK.__getitem__)
        found.items.extend(item for item in items if item not in found.items)

    def _consent(self, effect: Consent) -> None:
        wording = None if effect.wording is None else self.wording.get(effect.wording, effect.wording.source)
        self.writes.add(rows.CONSENT, *consent_row(self.standing, effect, wording, self.at))
        action = f"consent.{effect.kind}.{'given' if effect.given else 'refused'}"
        self.audit(action, "person", self.standing.person_id)

    def _opt(self, *, out: bool) -> None:
        """The ledger. A session that only learns what the ledger has already writes nothing."""
        if out and self.standing.opted_out:
            return
        self._opted_out_at = (self.at if out else None,)
        why, point = self.because, self.standing.contact_point_id
        self.writes.add(rows.OPT_OUT_ENTRY, *entry_row(self.standing, why, out, self.writes.language, self.at))
        actor = Actor.STAFF if why.staff is not None else Actor.PERSON
        detail = {"by": why.source.value} | ({"code": why.code} if why.code else {})
        self.audit(f"contact.opted_{'out' if out else 'in'}", "contact_point", point, actor=actor, by=why.staff, detail=detail)

    def _silence(self) -> None:
        """This phone is not safe: nothing is sent there any more, not even what was waiting to be sent."""
        never = ContactSafety.NEVER.value
        if (contact := self.writes.contact) is not None:
            self.writes.contact = replace(contact, safety=never)
        else:
            self._forget_learned()
            self.writes.add(rows.CONTACT_SAFETY, never, self.standing.contact_point_id)
        self.writes.add(rows.OUTBOX_HUSH, "suppressed", "not_safe", self.standing.conversation_id)
        self.audit("contact.not_safe", "contact_point", self.standing.contact_point_id)

    def _forget_learned(self) -> None:
        """Another part of the same row is about to be written: a number or an id we had not seen can be learned again."""
        for section in (rows.CONTACT_USER, rows.CONTACT_ADDRESS):
            self.writes.sections.pop(section.name, None)

    def _shares(self, record: Record) -> None:
        """She says whether others use this phone. "No" takes back what she said herself, never what somebody else knows."""
        says, frames = record.answer, self.standing.snapshot.session.frames
        said = any(frame.run == record.run and frame.answers.get(SHARED) == "yes" for frame in frames)
        if says == "yes" or (says == "no" and said):
            self._forget_learned()
            self.writes.add(rows.CONTACT_SHARED, says == "yes", self.standing.contact_point_id)

    def _record(self, record: Record) -> None:
        if record.item.name == SHARED and self.writes.contact is None:
            self._shares(record)
        key = self.runs.get(record.run)
        if key is None:
            return
        before = self.standing.snapshot.session.frames
        if any(frame.run == record.run and record.item.name in frame.answers for frame in before):
            self.writes.add(rows.RESPONSE_HISTORY, new_id(), key, record.item.name)
        self.writes.add(rows.RESPONSE, *response_row(self.keys, self.standing, key, record))

    def _finish(self) -> None:
        add, standing = self.writes.add, self.standing
        for started in self._started.values():
            add(rows.RUN, *started)
        for record in self._records.values():
            self._record(record)
        for reason, flag in self._flags.items():
            ids = (new_id(), standing.account.agency_id, standing.person_id, standing.conversation_id, self.runs.get(flag.run))
            add(
                rows.FLAG,
                *ids,
                reason,
                flag.severity.value,
                plain_json(flag.items),
                FlagStatus.OPEN.value,
                flag.times,
                self.at,
                self.at,
            )
        self.outcomes.write(self.writes, self.at)
        open_before = standing.snapshot.session.wait
        for wait in self._cleared:
            if open_before is not None and wait == open_before.no:
                add(rows.TIMER_CLEAR, TimerState.VOID.value, standing.conversation_id, wait)
        for timer in self._timers.values():
            add(rows.TIMER, *timer)
        if self._opted_out_at is not None and self.writes.contact is not None:
            self.writes.opted_out_at = self._opted_out_at[0]
            self.writes.contact = replace(self.writes.contact, opts=True)
        elif self._opted_out_at is not None:
            add(rows.OPT_OUT, self._opted_out_at[0], standing.contact_point_id)
        if not standing.new and self.writes.language not in (None, standing.snapshot.session.language):
            add(rows.PERSON_LANGUAGE, self.writes.language, standing.person_id)

    # --- what is not an effect ----------------------------------------------------------------------------------------

    def clears(self, wait: int) -> bool:
        """Whether the timers of ``wait`` are voided in this turn."""
        return wait in self._cleared

    def audit(
        self, action: str, kind: str, subject: str, *, actor: Actor = Actor.PERSON, by: str | None = None, detail: Any = None
    ) -> None:
        """One entry in the audit, in the same transaction."""
        who = by if by is not None or actor is not Actor.PERSON else self.standing.person_id
        ids = (new_id(), self.standing.account.agency_id, self.at)
        self.writes.add(rows.AUDIT, *ids, actor.value, who, action, kind, subject, plain_json(detail or {}))

    def send(
        self,
        contents: Sequence[Content],
        *,
        purpose: Purpose,
        to: str,
        in_reply_to: str | None = None,
        written_by: str | None = None,
        not_before: datetime | None = None,
    ) -> tuple[OutboundMessage, ...]:
        """Rows of the outbox, in order. A text longer than the channel takes (a human's, for example) is several."""
        standing, writes = self.standing, self.writes
        messages: list[OutboundMessage] = []
        limits = LIMITS[standing.account.channel]
        for content in (part for whole in contents for part in fitted(whole, limits)):
            key = new_id()
            writes.last_seq += 1
            writes.add(
                rows.OUTBOX,
                key,
                standing.account.agency_id,
                standing.conversation_id,
                standing.account.id,
                writes.last_seq,
                purpose.value,
                in_reply_to,
                written_by,
                self.keys.seal(b"outbox.content", orjson.dumps(dump_content(content))),
                content.language,
                "pending",
                0,
                None if not_before is None else stamp(not_before),
                self.at,
            )
            account = standing.account
            messages.append(
                OutboundMessage(id=dashed(key), channel=account.channel, account=account.account, to=to, content=content)
            )
        return tuple(messages)

    def close(self, turn: Turn) -> None:
        """Seal where the conversation stands now."""
        snapshot = Snapshot(
            session=turn.session, runs=self.runs, follow_ups=self.follow_ups, pace=self.pace, answered=self.answered
        )
        self.writes.snapshot = seal(self.keys, snapshot)
