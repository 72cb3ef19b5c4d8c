"""Filling a form in over more than one sitting, and handing it in.

Nothing typed is lost: a sitting keeps what is there, also what is not right yet, and says beside each field what to mend.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from sqlmodel import Session, select

from ccmm_bot.casework.access.policy import NotFound, Permission, Reader, require
from ccmm_bot.casework.casefile.common import TEXT_MAXIMUM, audit, today_of
from ccmm_bot.casework.forms.definitions import FORMS
from ccmm_bot.casework.forms.model import Field, FieldType, Form, Subject, period_of
from ccmm_bot.casework.seen import unchanged
from ccmm_bot.store.session import Store
from ccmm_bot.store.tables import Agency, Case, Staff, StaffForm

_YES_NO: Final = ("yes", "no")


@dataclass(frozen=True, slots=True, kw_only=True)
class Filled:
    """A form as its page shows it. ``answers`` are canonical values; ``typed`` is what could not be read yet."""

    form: Form
    subject_id: UUID
    subject: str  # how it is called: a case's code, a name
    period: str
    answers: Mapping[str, Any]
    revision: int  # 0: not begun
    submitted_at: datetime | None
    problems: Mapping[str, str]  # field → code


def form_named(name: str) -> Form:
    """Raises :class:`NotFound` for a form that does not exist."""
    if name not in FORMS:
        raise NotFound("There is no such form.")
    return FORMS[name]


def opened(store: Store, reader: Reader, name: str, subject_id: UUID, now: datetime, period: str | None = None) -> Filled:
    """What is filled in so far, in the current period unless another is named. Raises :class:`NotFound`."""
    form = form_named(name)
    require(reader, form.writes if form.subject is not Subject.CASE else Permission.READ_CASES)
    with store.reading(reader) as session:
        called = _subject(session, reader, form, subject_id)
        wanted = period if period is not None else period_of(form.period, today_of(session, now))
        row = _row(session, form, subject_id, wanted)
    answers = {} if row is None else dict(row.answers or {})
    return Filled(
        form=form,
        subject_id=subject_id,
        subject=called,
        period=wanted,
        answers=answers,
        revision=0 if row is None else row.revision,
        submitted_at=None if row is None else row.submitted_at,
        problems={},
    )


def keep(
    store: Store,
    reader: Reader,
    name: str,
    subject_id: UUID,
    period: str,
    typed: Mapping[str, Sequence[str]],
    now: datetime,
    *,
    seen: int,
    submit: bool = False,
) -> Filled:
    """Keep what was typed; with ``submit`` hand the form in, unless something is missing or not readable (``problems``).

    Raises ``NotFound``, and ``Changed`` where somebody else has written meanwhile.
    """
    form = form_named(name)
    require(reader, form.writes)
    answers, problems = read_answers(form, typed, complete=submit)
    done = submit and not problems
    with store.writing(reader) as session:
        called = _subject(session, reader, form, subject_id)
        row = _row(session, form, subject_id, period)
        if row is None:
            unchanged(0, seen)
            row = StaffForm(
                agency_id=reader.agency_id,
                form=form.name,
                version=form.version,
                subject_kind=form.subject.value,
                subject_id=subject_id,
                period=period,
                staff_id=reader.staff_id,
                revision=0,
                started_at=now,
                updated_at=now,
            )
        else:
            unchanged(row.revision, seen)
        row.answers, row.updated_at, row.version, row.staff_id = answers, now, form.version, reader.staff_id
        row.revision += 1
        if done:
            row.submitted_at = now
        session.add(row)
        audit(session, reader, "form.submitted" if done else "form.kept", subject_id, now, form=form.name, period=period)
        return Filled(
            form=form,
            subject_id=subject_id,
            subject=called,
            period=period,
            answers=answers,
            revision=row.revision,
            submitted_at=row.submitted_at,
            problems=problems,
        )


def read_answers(form: Form, typed: Mapping[str, Sequence[str]], *, complete: bool) -> tuple[dict[str, Any], dict[str, str]]:
    """(canonical answers, problems by field). What cannot be read is no answer; it is named, so that the page can say so."""
    answers: dict[str, Any] = {}
    problems: dict[str, str] = {}
    for field in form.fields:
        given = [text.strip() for text in typed.get(field.name, ()) if text.strip()]
        if not given:
            if complete and field.required:
                problems[field.name] = "empty"
            continue
        value = _value(field, given)
        if value is None:
            problems[field.name] = "unreadable"
        else:
            answers[field.name] = value
    return answers, problems


def _value(field: Field, given: Sequence[str]) -> Any:
    one = given[0]
    match field.type:
        case FieldType.CHOICE:
            return one if one in field.options else None
        case FieldType.CHOICES:
            return sorted(set(given)) if set(given) <= set(field.options) else None
        case FieldType.YES_NO:
            return one if one in _YES_NO else None
        case FieldType.SCALE:
            return _whole(one, 1, 5)
        case FieldType.PERCENT:
            return _whole(one.removesuffix("%").strip(), 0, 100)
        case FieldType.NUMBER:
            return _whole(one, 0, field.most)
        case FieldType.DATE:
            return _day(one)
        case FieldType.TEXT:
            return one if len(one) <= TEXT_MAXIMUM else None


def _whole(text: str, least: int, most: int) -> int | None:
    if not text.isdecimal() or len(text) > 9:
        return None
    return int(text) if least <= int(text) <= most else None


def _day(text: str) -> str | None:
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        return None


def _row(session: Session, form: Form, subject_id: UUID, period: str) -> StaffForm | None:
    return session.exec(
        select(StaffForm)
        .where(StaffForm.form == form.name, StaffForm.subject_id == subject_id, StaffForm.period == period)
        .with_for_update()
    ).first()


def _subject(session: Session, reader: Reader, form: Form, subject_id: UUID) -> str:
    """How the subject is called. A staff survey is the reader's own; nobody fills in a colleague's."""
    found: str | None
    match form.subject:
        case Subject.CASE:
            found = "" if session.exec(select(Case.id).where(Case.id == subject_id)).first() is not None else None
        case Subject.STAFF:
            if form.writes is not Permission.SUPERVISE and subject_id != reader.staff_id:
                raise NotFound("There is no such form.")
            found = session.exec(select(Staff.name).where(Staff.id == subject_id)).first()
        case Subject.AGENCY:
            found = session.exec(select(Agency.name).where(Agency.id == subject_id)).first()
    if found is None:
        raise NotFound("There is no such form.")
    return found
