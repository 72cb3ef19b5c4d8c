"""Who is away and who stands in, and handing a whole caseload over."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlmodel import Session, col, select

from ccmm_bot.casework.access.policy import NotFound, Permission, Reader, require
from ccmm_bot.casework.casefile.common import CaseFileError, calendar_of, sane_day
from ccmm_bot.casework.recorded import done_by
from ccmm_bot.store.session import Store
from ccmm_bot.store.tables import Absence, Audit, Case, Role, Staff

_MANAGE = (Role.CASE_MANAGER, Role.SUPERVISOR)


@dataclass(frozen=True, slots=True, kw_only=True)
class AbsenceView:
    """One absence that is not over."""

    id: UUID
    who: str
    stand_in: str
    first_day: date
    last_day: date
    now: bool


def plan_absence(
    store: Store, reader: Reader, staff_id: UUID, stand_in_id: UUID, first_day: date, last_day: date, now: datetime
) -> UUID:
    """Somebody is away from ``first_day`` to ``last_day``, both included. Raises ``NotFound`` and :class:`CaseFileError`."""
    require(reader, Permission.SUPERVISE)
    if staff_id == stand_in_id:
        raise CaseFileError("stand_in", "same_person")
    if sane_day("last_day", last_day, now) < sane_day("first_day", first_day, now):
        raise CaseFileError("last_day", "before_start")
    with store.writing(reader) as session:
        _manager(session, staff_id)
        _manager(session, stand_in_id, field="stand_in")
        clash = select(Absence.id).where(
            Absence.staff_id == stand_in_id, col(Absence.first_day) <= last_day, col(Absence.last_day) >= first_day
        )
        if session.exec(clash).first() is not None:
            raise CaseFileError("stand_in", "away_too")
        row = Absence(
            agency_id=reader.agency_id,
            staff_id=staff_id,
            stand_in_id=stand_in_id,
            first_day=first_day,
            last_day=last_day,
            created_at=now,
        )
        session.add(row)
        _audit(session, reader, "staff.absence", staff_id, now, stand_in=str(stand_in_id))
        return row.id


def end_absence(store: Store, reader: Reader, absence_id: UUID, now: datetime) -> None:
    """It is over, or will not be: yesterday was its last day. Raises ``NotFound``."""
    require(reader, Permission.SUPERVISE)
    with store.writing(reader) as session:
        row = session.exec(select(Absence).where(Absence.id == absence_id).with_for_update()).first()
        if row is None:
            raise NotFound("There is no such absence.")
        today = now.astimezone(calendar_of(session)[0]).date()
        row.last_day = min(row.last_day, today - timedelta(days=1))
        session.add(row)
        _audit(session, reader, "staff.absence_ended", row.staff_id, now)


def absences(store: Store, reader: Reader, now: datetime) -> tuple[AbsenceView, ...]:
    """Those that have not ended, the first one first."""
    require(reader, Permission.READ_CASES)
    with store.reading(reader) as session:
        today = now.astimezone(calendar_of(session)[0]).date()
        names = dict(session.exec(select(Staff.id, Staff.name)).all())
        rows = session.exec(select(Absence).where(col(Absence.last_day) >= today).order_by(col(Absence.first_day))).all()
    return tuple(
        AbsenceView(
            id=row.id,
            who=names.get(row.staff_id, ""),
            stand_in=names.get(row.stand_in_id, ""),
            first_day=row.first_day,
            last_day=row.last_day,
            now=row.first_day <= today,
        )
        for row in rows
    )


def hand_over(store: Store, reader: Reader, from_id: UUID, to_id: UUID, now: datetime) -> int:
    """Give every open case of one case manager to another; returns how many. Raises ``NotFound`` and :class:`CaseFileError`."""
    require(reader, Permission.SUPERVISE)
    if from_id == to_id:
        raise CaseFileError("to", "same_person")
    with store.writing(reader) as session:
        if session.exec(select(Staff.id).where(Staff.id == from_id)).first() is None:
            raise NotFound("There is no such account.")
        _manager(session, to_id, field="to")
        cases = session.exec(
            select(Case).where(Case.case_manager_id == from_id, col(Case.exit_date).is_(None)).with_for_update()
        ).all()
        for case in cases:
            case.case_manager_id = to_id
            case.revision += 1
            session.add(case)
            session.add(_entry(reader, "case.assigned", "case", case.id, now, to=str(to_id), handed_over=True))
        _audit(session, reader, "staff.caseload_handed_over", from_id, now, to=str(to_id), cases=len(cases))
        return len(cases)


def _manager(session: Session, staff_id: UUID, field: str = "staff") -> Staff:
    found = session.exec(select(Staff).where(Staff.id == staff_id)).first()
    if found is None:
        raise NotFound("There is no such account.")
    if not found.active or found.role not in _MANAGE:
        raise CaseFileError(field, "no_case_manager")
    return found


def _audit(session: Session, reader: Reader, action: str, staff_id: UUID, now: datetime, **detail: object) -> None:
    session.add(_entry(reader, action, "staff", staff_id, now, **detail))


def _entry(reader: Reader, action: str, kind: str, id_: UUID, now: datetime, **detail: object) -> Audit:
    return done_by(reader, action, kind, id_, now, detail)
