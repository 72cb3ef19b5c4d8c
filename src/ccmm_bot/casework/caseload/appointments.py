"""Appointments made here and reminded of by the bot (dialogue ``appointment``): once, the day before, in the sending hours.

Moving an appointment moves its reminder, or plans another one where the first has gone out; cancelling cancels it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlmodel import Session, col, func, select

from ccmm_bot.casework.access.policy import NotFound, Permission, Reader, allows, require
from ccmm_bot.casework.casefile.common import CaseFileError, audit, calendar_of, locked, sane_day, text
from ccmm_bot.casework.followups import planning
from ccmm_bot.casework.seen import unchanged
from ccmm_bot.followup import kinds
from ccmm_bot.followup.hours import windows
from ccmm_bot.store.session import Store
from ccmm_bot.store.tables import Appointment, AppointmentStatus, Case, FollowUp, FollowUpStatus, Person

#: How long before it the reminder is sought, at the latest, and so long before it none is sent any more.
_BEFORE: Final = timedelta(hours=24)
_TOO_LATE: Final = timedelta(hours=1)
_DAYS_BACK: Final = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class Meeting:
    """An appointment as it is typed; ``at`` is the agency's local time, without a zone."""

    at: datetime
    place: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AppointmentView:
    """One appointment as staff see it."""

    id: UUID
    case_id: UUID
    person_id: UUID
    code: str
    name: str | None
    starts_at: datetime
    place: str | None
    note: str | None
    status: AppointmentStatus
    revision: int
    reminder: FollowUpStatus | None
    reminder_at: datetime | None
    reminder_reason: str | None


def make(store: Store, reader: Reader, case_id: UUID, meeting: Meeting, now: datetime) -> UUID:
    """Make an appointment and plan its reminder. Raises ``NotFound`` and :class:`CaseFileError`."""
    require(reader, Permission.WRITE_CASES)
    with store.writing(reader) as session:
        case = locked(session, case_id)
        if case.person_id is None:
            raise NotFound("There is nobody to meet.")
        zone, _office = calendar_of(session)
        starts = _starts(meeting.at, zone, now)
        row = Appointment(
            agency_id=case.agency_id,
            case_id=case.id,
            person_id=case.person_id,
            occurrence=_next(session, case.id),
            starts_at=starts,
            place=text("place", meeting.place),
            note=text("note", meeting.note),
            staff_id=reader.staff_id,
            created_at=now,
        )
        session.add(row)
        session.flush()
        _remind(session, case, row, zone, now)
        audit(session, reader, "appointment.made", case.id, now)
        return row.id


def change(store: Store, reader: Reader, appointment_id: UUID, meeting: Meeting, now: datetime, *, seen: int) -> UUID:
    """Move an appointment, or change its place; returns its case. Raises ``NotFound``, ``Changed``, :class:`CaseFileError`."""
    require(reader, Permission.WRITE_CASES)
    with store.writing(reader) as session:
        row = _locked(session, appointment_id)
        unchanged(row.revision, seen)
        case = locked(session, row.case_id)
        zone, _office = calendar_of(session)
        row.starts_at = _starts(meeting.at, zone, now)
        row.place, row.note = text("place", meeting.place), text("note", meeting.note)
        row.status = AppointmentStatus.PLANNED
        row.revision += 1
        reminder = _reminder(session, row)
        if reminder is not None and reminder.status not in (FollowUpStatus.SCHEDULED, FollowUpStatus.DUE):
            planning.cancel(session, reminder, "moved", now)
            row.occurrence = _next(session, case.id)
        session.add(row)
        session.flush()
        _remind(session, case, row, zone, now)
        audit(session, reader, "appointment.changed", case.id, now)
        return row.case_id


def settle(store: Store, reader: Reader, appointment_id: UUID, status: AppointmentStatus, now: datetime, *, seen: int) -> UUID:
    """What became of it: cancelled, held, missed. Its reminder is not sent any more. Returns its case."""
    require(reader, Permission.WRITE_CASES)
    with store.writing(reader) as session:
        row = _locked(session, appointment_id)
        unchanged(row.revision, seen)
        row.status = status
        row.revision += 1
        session.add(row)
        reminder = _reminder(session, row)
        if reminder is not None and status is not AppointmentStatus.PLANNED:
            planning.cancel(session, reminder, "settled", now)
        audit(session, reader, "appointment.settled", row.case_id, now, status=status.value)
        return row.case_id


def of_case(store: Store, reader: Reader, case_id: UUID) -> tuple[AppointmentView, ...]:
    """The appointments of a case, the latest first."""
    require(reader, Permission.READ_CASES)
    with store.reading(reader) as session:
        wanted = select(Appointment, Person).join(Person, col(Person.id) == Appointment.person_id)
        rows = session.exec(wanted.where(Appointment.case_id == case_id).order_by(col(Appointment.starts_at).desc())).all()
        return _views(session, [(row, person) for row, person in rows])


def coming(store: Store, reader: Reader, now: datetime, *, days: int = 7) -> tuple[AppointmentView, ...]:
    """The planned appointments of a case manager's cases (of everybody's, for whoever leads) from yesterday on."""
    require(reader, Permission.READ_CASES)
    with store.reading(reader) as session:
        wanted = (
            select(Appointment, Person)
            .join(Person, col(Person.id) == Appointment.person_id)
            .join(Case, col(Case.id) == Appointment.case_id)
            .where(
                Appointment.status == AppointmentStatus.PLANNED,
                col(Appointment.starts_at) >= now - timedelta(days=1),
                col(Appointment.starts_at) < now + timedelta(days=days),
            )
            .order_by(col(Appointment.starts_at))
        )
        if not _leads(reader):
            wanted = wanted.where((col(Case.case_manager_id) == reader.staff_id) | (col(Appointment.staff_id) == reader.staff_id))
        return _views(session, [(row, person) for row, person in session.exec(wanted).all()])


def case_of(store: Store, reader: Reader, appointment_id: UUID) -> UUID:
    """Whose appointment it is. Raises ``NotFound``."""
    require(reader, Permission.READ_CASES)
    with store.reading(reader) as session:
        found = session.exec(select(Appointment.case_id).where(Appointment.id == appointment_id)).first()
    if found is None:
        raise NotFound("There is no such appointment.")
    return found


def reminder_moment(starts: datetime, zone: ZoneInfo, now: datetime) -> datetime | None:
    """When to remind: the last moment allowed that is a day or more before, else the first allowed one that is still of use.

    ``None`` where no allowed moment is left before it.
    """
    wished = starts - _BEFORE
    day = wished.astimezone(zone).date()
    for n in range(_DAYS_BACK):
        for opens, closes in reversed(windows(day - timedelta(days=n), zone)):
            if opens <= wished:
                found = min(wished, closes - timedelta(minutes=1))
                return found if found > now else _still(starts, zone, now)
    return _still(starts, zone, now)


def _still(starts: datetime, zone: ZoneInfo, now: datetime) -> datetime | None:
    last = starts - _TOO_LATE
    day = now.astimezone(zone).date()
    while day <= last.astimezone(zone).date():
        for opens, closes in windows(day, zone):
            moment = max(opens, now)
            if moment < min(closes, last):
                return moment
        day += timedelta(days=1)
    return None


def _leads(reader: Reader) -> bool:
    return allows(reader.role, Permission.SUPERVISE)


def _starts(at: datetime, zone: ZoneInfo, now: datetime) -> datetime:
    sane_day("at", at.date(), now)
    starts = at.replace(tzinfo=zone).astimezone(UTC)
    if starts <= now:
        raise CaseFileError("at", "date_past")
    if not time(5) <= at.time() <= time(22):
        raise CaseFileError("at", "odd_hour")
    return starts


def _next(session: Session, case_id: UUID) -> int:
    """The next reminder's number: those of appointments that were moved after theirs had gone out count too."""
    of_kind = select(func.max(FollowUp.occurrence)).where(FollowUp.case_id == case_id, FollowUp.kind == kinds.APPOINTMENT)
    of_rows = select(func.max(Appointment.occurrence)).where(Appointment.case_id == case_id)
    return max(session.exec(of_kind).one() or 0, session.exec(of_rows).one() or 0) + 1


def _remind(session: Session, case: Case, row: Appointment, zone: ZoneInfo, now: datetime) -> None:
    due = reminder_moment(row.starts_at, zone, now)
    if due is None:
        if (old := _reminder(session, row)) is not None:
            planning.cancel(session, old, "too_late", now)
        return
    facts = {"appointment_when": row.starts_at.isoformat(), "appointment_where": row.place or ""}
    planning.plan_at(session, case, kinds.APPOINTMENT, due, now, occurrence=row.occurrence, facts=facts)


def _reminder(session: Session, row: Appointment) -> FollowUp | None:
    return session.exec(
        select(FollowUp)
        .where(FollowUp.case_id == row.case_id, FollowUp.kind == kinds.APPOINTMENT, FollowUp.occurrence == row.occurrence)
        .with_for_update()
    ).first()


def _locked(session: Session, appointment_id: UUID) -> Appointment:
    row = session.exec(select(Appointment).where(Appointment.id == appointment_id).with_for_update()).first()
    if row is None:
        raise NotFound("There is no such appointment.")
    return row


def _views(session: Session, rows: list[tuple[Appointment, Person]]) -> tuple[AppointmentView, ...]:
    reminders = {
        (each.case_id, each.occurrence): each
        for each in session.exec(
            select(FollowUp).where(FollowUp.kind == kinds.APPOINTMENT, col(FollowUp.case_id).in_({row.case_id for row, _ in rows}))
        )
    }
    found: list[AppointmentView] = []
    for row, person in rows:
        reminder = reminders.get((row.case_id, row.occurrence))
        found.append(
            AppointmentView(
                id=row.id,
                case_id=row.case_id,
                person_id=row.person_id,
                code=person.code,
                name=person.name,
                starts_at=row.starts_at,
                place=row.place,
                note=row.note,
                status=row.status,
                revision=row.revision,
                reminder=None if reminder is None else reminder.status,
                reminder_at=None if reminder is None else reminder.due_at,
                reminder_reason=None if reminder is None else reminder.reason,
            )
        )
    return tuple(found)
