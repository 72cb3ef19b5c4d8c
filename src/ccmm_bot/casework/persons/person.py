"""Everything about one person, as the person page shows it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlmodel import Session, col, select

from ccmm_bot.casework.access.policy import NotFound, Permission, Reader, require
from ccmm_bot.casework.conversations.thread import Line, thread
from ccmm_bot.casework.desk.next_steps import StepView, steps_of
from ccmm_bot.casework.labels import Labels
from ccmm_bot.casework.persons.contact_points import seen_of
from ccmm_bot.casework.seen import mark
from ccmm_bot.dialogue.model import DialogueRef, Outcome, Severity
from ccmm_bot.dialogue.session import Status
from ccmm_bot.messages import ChannelKind
from ccmm_bot.store.session import Store
from ccmm_bot.store.tables import Consent, ContactPoint, Conversation, DialogueRun, Flag, FlagStatus, Person, Response

_RUNS = 100
_RESOLVED = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Talk:
    """One conversation of the person."""

    id: UUID
    channel: ChannelKind
    language: str | None
    shared: bool
    human_since: datetime | None
    opted_out_at: datetime | None
    safety: str = "unknown"  # "safe", "unknown" or "never": whether we may write there first
    safe_from: str | None = None  # "09:30" on the person's clock; only between the two, where they are set
    safe_until: str | None = None
    silent: bool = False  # the person said that this phone is not safe
    seen: str = ""  # the mark of what is known of this phone, for the form that changes it


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One answer: canonical value in English beside what was written."""

    id: UUID
    item: str
    question: str
    values: tuple[str, ...]
    raw: str
    skipped: bool
    language: str | None
    channel: ChannelKind
    answered_at: datetime
    revision: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One run of a dialogue, with the answers it recorded."""

    id: UUID
    dialogue: str
    version: int
    instrument: str | None
    instrument_version: int | None
    channel: ChannelKind
    started_at: datetime
    ended_at: datetime | None
    outcome: Outcome | None
    answers: tuple[Answer, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FlagView:
    """A flag of the person, open or resolved."""

    id: UUID
    reason: str
    severity: Severity
    occurrences: int
    last_at: datetime
    due_at: datetime | None  # until when somebody should have looked
    resolved_at: datetime | None
    outcome: str | None
    note: str | None
    revision: int
    snoozed_until: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentView:
    """A consent, with the words that were read."""

    id: UUID
    kind: str
    given: bool
    wording: str | None
    language: str | None
    channel: ChannelKind | None
    dialogue: str | None
    version: int | None
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonPage:
    """The page. ``conversation`` is the one shown, ``conversations`` all of them, latest first."""

    id: UUID
    code: str
    name: str | None
    language: str | None
    second_language: str | None  # for what cannot be said in the first
    conversation: Talk | None
    conversations: tuple[Talk, ...]
    thread: tuple[Line, ...]
    earlier: bool  # the thread has older messages that are not shown
    open_flags: tuple[FlagView, ...]
    resolved_flags: tuple[FlagView, ...]
    steps: tuple[StepView, ...]
    runs: tuple[Run, ...]
    consents: tuple[ConsentView, ...]

    @property
    def name_seen(self) -> str:
        """The mark of the name, for the form that changes it."""
        return mark(self.name)

    @property
    def second_language_seen(self) -> str:
        """The mark of the second language, likewise."""
        return mark(self.second_language)


def person_page(store: Store, reader: Reader, labels: Labels, person_id: UUID, conversation_id: UUID | None = None) -> PersonPage:
    """The page of one person; ``conversation_id`` chooses among several. A fixed number of queries.

    Raises :class:`NotFound` for a person or conversation that is missing, somebody else's, or another agency's.
    """
    require(reader, Permission.READ_CASES)
    with store.reading(reader) as session:
        person = session.exec(select(Person).where(Person.id == person_id)).first()
        if person is None:
            raise NotFound("There is no such person.")
        talks = _talks(session, person_id)
        shown = next((talk for talk in talks if conversation_id in (None, talk.id)), None)
        if conversation_id is not None and shown is None:
            raise NotFound("There is no such conversation.")
        lines, earlier = thread(session, shown.id, reader.interface_language) if shown else ((), False)
        flags = _flags(session, person_id)
        return PersonPage(
            id=person.id,
            code=person.code,
            name=person.name,
            language=person.language or (shown.language if shown else None),
            second_language=person.second_language,
            conversation=shown,
            conversations=talks,
            thread=lines,
            earlier=earlier,
            open_flags=tuple(flag for flag in flags if flag.resolved_at is None),
            resolved_flags=tuple(flag for flag in flags if flag.resolved_at is not None)[:_RESOLVED],
            steps=steps_of(session, person_id),
            runs=_runs(session, labels.read_in(reader.interface_language), person_id),
            consents=_consents(session, person_id),
        )


def _talks(session: Session, person_id: UUID) -> tuple[Talk, ...]:
    rows = session.exec(
        select(Conversation, ContactPoint)
        .join(ContactPoint, col(ContactPoint.id) == Conversation.contact_point_id)
        .where(Conversation.person_id == person_id)
        .order_by(col(Conversation.updated_at).desc())
    )
    return tuple(
        Talk(
            id=conversation.id,
            channel=point.channel,
            language=conversation.language,
            shared=point.shared,
            human_since=conversation.human_since,
            opted_out_at=point.opted_out_at,
            safety=point.safety.value,
            safe_from=_time(point.safe_from),
            safe_until=_time(point.safe_until),
            silent=conversation.status is Status.SILENT,
            seen=seen_of(point),
        )
        for conversation, point in rows
    )


def _time(minutes: int | None) -> str | None:
    return None if minutes is None else "{:02d}:{:02d}".format(*divmod(minutes % 1440, 60))


def _flags(session: Session, person_id: UUID) -> tuple[FlagView, ...]:
    pressing = {Severity.URGENT: 0, Severity.HIGH: 1, Severity.NORMAL: 2}
    rows = session.exec(select(Flag).where(Flag.person_id == person_id).order_by(col(Flag.last_at).desc())).all()
    ordered = sorted(rows, key=lambda flag: (flag.status is not FlagStatus.OPEN, pressing[flag.severity]))
    return tuple(
        FlagView(
            id=flag.id,
            reason=flag.reason,
            severity=flag.severity,
            occurrences=flag.occurrences,
            last_at=flag.last_at,
            due_at=flag.due_at,
            resolved_at=flag.resolved_at,
            outcome=flag.outcome,
            note=flag.note,
            revision=flag.revision,
            snoozed_until=flag.snoozed_until,
        )
        for flag in ordered
    )


def _runs(session: Session, labels: Labels, person_id: UUID) -> tuple[Run, ...]:
    runs = session.exec(
        select(DialogueRun)
        .where(DialogueRun.person_id == person_id)
        .order_by(col(DialogueRun.started_at).desc(), col(DialogueRun.run).desc())
        .limit(_RUNS)
    ).all()
    responses = session.exec(
        select(Response)
        .where(col(Response.run_id).in_([run.id for run in runs]))
        .order_by(col(Response.asked_at), col(Response.id))
    ).all()
    by_run: dict[UUID, list[Response]] = {}
    for response in responses:
        by_run.setdefault(response.run_id, []).append(response)
    return tuple(_run(run, by_run.get(run.id, []), labels) for run in runs)


def _run(run: DialogueRun, responses: list[Response], labels: Labels) -> Run:
    return Run(
        id=run.id,
        dialogue=run.dialogue_id,
        version=run.dialogue_version,
        instrument=run.instrument,
        instrument_version=run.instrument_version,
        channel=run.channel,
        started_at=run.started_at,
        ended_at=run.ended_at,
        outcome=run.outcome,
        answers=tuple(answer_in(run, response, labels) for response in responses),
    )


def answer_in(run: DialogueRun, row: Response, labels: Labels) -> Answer:
    """An answer as staff read it: the question and what was chosen in words, as the run's own version has them."""
    ref = DialogueRef(run.dialogue_id, run.dialogue_version, run.dialogue_hash)
    value: Any = row.value if row.value is not None else row.value_sealed
    return Answer(
        id=row.id,
        item=row.item,
        question=labels.question(ref, row.item),
        values=() if row.skipped else labels.values(ref, row.item, value),
        raw=row.raw,
        skipped=row.skipped,
        language=row.language,
        channel=row.channel,
        answered_at=row.answered_at,
        revision=row.revision,
    )


def _consents(session: Session, person_id: UUID) -> tuple[ConsentView, ...]:
    rows = session.exec(select(Consent).where(Consent.person_id == person_id).order_by(col(Consent.at).desc()))
    return tuple(
        ConsentView(
            id=row.id,
            kind=row.kind,
            given=row.given,
            wording=row.wording,
            language=row.language,
            channel=row.channel,
            dialogue=row.dialogue_id,
            version=row.dialogue_version,
            at=row.at,
        )
        for row in rows
    )
