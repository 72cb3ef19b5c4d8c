"""Everything that happened with one person, the latest first, page by page: messages, answers, consents, flags, referrals."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, or_
from sqlmodel import Session, col, select

from ccmm_bot.casework.access.policy import NotFound, Permission, Reader, require
from ccmm_bot.casework.labels import Labels
from ccmm_bot.casework.persons.person import Answer, answer_in
from ccmm_bot.store.content import load_content
from ccmm_bot.store.session import Store
from ccmm_bot.store.tables import (
    Appointment,
    Case,
    Consent,
    ContactNote,
    Conversation,
    DialogueRun,
    Flag,
    Inbound,
    Outbox,
    Person,
    Referral,
    Response,
    StageChange,
)

PAGE: Final = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Happened:
    """One entry. ``what`` names a family of words of the page's; ``code`` is the word in it, ``text`` what was written or said.

    ``answer``: the question in words and what was chosen, where a question was answered.
    """

    at: datetime
    what: str
    code: str | None = None
    text: str | None = None
    language: str | None = None
    by_staff: bool = False
    answer: Answer | None = None
    when: datetime | None = None  # what was agreed on is then


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeline:
    """One page. ``before`` continues it; ``None`` at the beginning of everything."""

    person_id: UUID
    code: str
    name: str | None
    entries: tuple[Happened, ...]
    before: datetime | None


def timeline(store: Store, reader: Reader, labels: Labels, person_id: UUID, *, before: datetime | None = None) -> Timeline:
    """A page of it. A fixed number of queries, whatever there is. Raises :class:`NotFound`."""
    require(reader, Permission.READ_CASES)
    with store.reading(reader) as session:
        person = session.exec(select(Person).where(Person.id == person_id)).first()
        if person is None:
            raise NotFound("There is no such person.")
        found = sorted(
            _all(session, person, labels.read_in(reader.interface_language), before), key=lambda entry: entry.at, reverse=True
        )
    shown = found[:PAGE]
    # Entries of one instant are never torn apart: a page ends where the instant does.
    while len(found) > len(shown) and shown and found[len(shown)].at == shown[-1].at:
        shown.append(found[len(shown)])
    more = len(found) > len(shown)
    return Timeline(
        person_id=person.id, code=person.code, name=person.name, entries=tuple(shown), before=shown[-1].at if more else None
    )


def _of_hers(person: Person) -> ColumnElement[bool]:
    """A case of her own or, where she has a household, of that: cases without one are everybody else's."""
    own = col(Case.person_id) == person.id
    return own if person.household_id is None else or_(own, col(Case.household_id) == person.household_id)


def _all(session: Session, person: Person, labels: Labels, before: datetime | None) -> Iterator[Happened]:
    """As many of each kind as one page can hold, and some."""

    def rows(table: Any, at: Any, *conditions: Any) -> list[Any]:
        earlier = () if before is None else (at < before,)
        return list(session.exec(select(table).where(*conditions, *earlier).order_by(at.desc()).limit(2 * PAGE)))

    talks = select(Conversation.id).where(Conversation.person_id == person.id)
    runs = select(DialogueRun.id).where(DialogueRun.person_id == person.id)
    cases = select(Case.id).where(_of_hers(person))
    for came in rows(Inbound, col(Inbound.received_at), col(Inbound.conversation_id).in_(talks)):
        yield Happened(at=came.received_at, what="came", code=came.kind.value, text=came.text)
    for went in rows(Outbox, col(Outbox.created_at), col(Outbox.conversation_id).in_(talks)):
        content = load_content(went.content)
        yield Happened(
            at=went.created_at,
            what="went",
            code=went.status.value,
            text=content.text,
            language=content.language,
            by_staff=went.written_by is not None,
        )
    answered = rows(Response, col(Response.answered_at), col(Response.run_id).in_(runs))
    asked = select(DialogueRun).where(col(DialogueRun.id).in_({each.run_id for each in answered}))
    run_of = {run.id: run for run in session.exec(asked)}
    for row in answered:
        answer = answer_in(run_of[row.run_id], row, labels)
        yield Happened(at=answer.answered_at, what="answered", text=answer.raw, language=answer.language, answer=answer)
    for run in rows(DialogueRun, col(DialogueRun.started_at), DialogueRun.person_id == person.id):
        yield Happened(at=run.started_at, what="began", code=run.dialogue_id)
    for consent in rows(Consent, col(Consent.at), Consent.person_id == person.id):
        yield Happened(at=consent.at, what="agreed" if consent.given else "refused", code=consent.kind)
    for flag in rows(Flag, col(Flag.first_at), Flag.person_id == person.id):
        yield Happened(at=flag.first_at, what="flagged", code=flag.reason)
    for change in rows(StageChange, col(StageChange.at), col(StageChange.case_id).in_(cases)):
        yield Happened(at=change.at, what="stage", code=change.after.value, text=change.reason)
    for sent in rows(Referral, col(Referral.created_at), Referral.person_id == person.id):
        yield Happened(at=sent.created_at, what="referred", code=sent.domain, text=sent.destination)
    for note in rows(ContactNote, col(ContactNote.written_at), col(ContactNote.case_id).in_(cases)):
        yield Happened(at=note.written_at, what="contact", code=note.method.value, text=note.note)
    for meeting in rows(Appointment, col(Appointment.created_at), Appointment.person_id == person.id):
        yield Happened(at=meeting.created_at, what="appointment", when=meeting.starts_at, text=meeting.place)
