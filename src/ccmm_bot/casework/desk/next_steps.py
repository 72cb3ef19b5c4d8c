"""What staff mean to do for a person, and on which day it comes back to them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from uuid import UUID

from sqlmodel import Session, col, select

from ccmm_bot.casework.access.policy import NotFound, Permission, Reader, require
from ccmm_bot.casework.casefile.common import CaseFileError, sane_day, text, today_of
from ccmm_bot.casework.recorded import done_by
from ccmm_bot.store.session import Store
from ccmm_bot.store.tables import NextStep, Person, Staff

_MAXIMUM: Final = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class StepView:
    """One thing to do. ``whose`` is a name."""

    id: UUID
    text: str
    due_on: date
    whose: str
    done_at: datetime | None


def add_step(
    session: Session, reader: Reader, person_id: UUID, typed: str, due_on: date, now: datetime, *, flag_id: UUID | None = None
) -> NextStep:
    """Write one down for the reader, in a transaction of the caller's. Raises :class:`CaseFileError`."""
    words = text("next_step", typed, needed=True)
    if len(words or "") > _MAXIMUM:
        raise CaseFileError("next_step", "too_long")
    if sane_day("next_on", due_on, now) < today_of(session, now):
        raise CaseFileError("next_on", "date_past")
    step = NextStep(
        agency_id=reader.agency_id,
        person_id=person_id,
        flag_id=flag_id,
        staff_id=reader.staff_id,
        text=words or "",
        due_on=due_on,
        created_at=now,
    )
    session.add(step)
    return step


def plan_step(store: Store, reader: Reader, person_id: UUID, typed: str, on: str, now: datetime) -> None:
    """Write one down for a person, ``on`` a day as forms send one. Raises :class:`NotFound` and :class:`CaseFileError`."""
    require(reader, Permission.RESOLVE_FLAGS)
    with store.writing(reader) as session:
        if session.exec(select(Person.id).where(Person.id == person_id)).first() is None:
            raise NotFound("There is no such person.")
        try:
            due_on = date.fromisoformat(on)
        except ValueError:
            raise CaseFileError("next_on", "no_date") from None
        step = add_step(session, reader, person_id, typed, due_on, now)
        _audit(session, reader, "next_step.planned", step.id, now)


def finish_step(store: Store, reader: Reader, step_id: UUID, now: datetime) -> UUID:
    """It is done; returns for whom. Doing it again changes nothing. Raises :class:`NotFound`."""
    require(reader, Permission.RESOLVE_FLAGS)
    with store.writing(reader) as session:
        step = session.exec(select(NextStep).where(NextStep.id == step_id).with_for_update()).first()
        if step is None:
            raise NotFound("There is no such step.")
        if step.done_at is None:
            step.done_at, step.done_by = now, reader.staff_id
            session.add(step)
            _audit(session, reader, "next_step.done", step.id, now)
        return step.person_id


def steps_of(session: Session, person_id: UUID) -> tuple[StepView, ...]:
    """What is open for a person, the soonest first."""
    rows = session.exec(
        select(NextStep, Staff.name)
        .join(Staff, col(Staff.id) == NextStep.staff_id)
        .where(NextStep.person_id == person_id, col(NextStep.done_at).is_(None))
        .order_by(col(NextStep.due_on), col(NextStep.id))
    )
    return tuple(StepView(id=row.id, text=row.text, due_on=row.due_on, whose=name, done_at=row.done_at) for row, name in rows)


def _audit(session: Session, reader: Reader, action: str, step_id: UUID, now: datetime) -> None:
    session.add(done_by(reader, action, "next_step", step_id, now))
