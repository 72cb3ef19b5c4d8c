"""What everything that writes into a case file shares: the locked row, the audit entry, what can be typed."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlmodel import Session, select

from ccmm_bot.casework.access.policy import NotFound, Reader
from ccmm_bot.casework.recorded import done_by
from ccmm_bot.errors import CcmmError
from ccmm_bot.followup.deadlines import USUAL_HOURS, OfficeHours
from ccmm_bot.store.tables import Agency, Case, CaseStep, Step

#: Longer than any note anybody wants to read.
TEXT_MAXIMUM: Final = 8000
#: A date further away than this is a slip of the finger.
YEARS: Final = 10


class CaseFileError(CcmmError):
    """What was typed cannot be kept. ``field`` is the input it belongs to, ``code`` names the reason for the page's words."""

    def __init__(self, field: str, code: str) -> None:
        super().__init__(f"{field}: {code}")
        self.field = field
        self.code = code


def locked(session: Session, case_id: UUID) -> Case:
    """The case, to be changed. Raises :class:`NotFound`."""
    case = session.exec(select(Case).where(Case.id == case_id).with_for_update()).first()
    if case is None:
        raise NotFound("There is no such case.")
    return case


def calendar_of(session: Session) -> tuple[ZoneInfo, OfficeHours]:
    """The agency's time zone and office hours."""
    agency = session.exec(select(Agency)).one()
    return ZoneInfo(agency.timezone), OfficeHours.parse(agency.office_hours) if agency.office_hours else USUAL_HOURS


def today_of(session: Session, now: datetime) -> date:
    """Which day it is at the agency."""
    return now.astimezone(calendar_of(session)[0]).date()


def sane_day(field: str, day: date, now: datetime) -> date:
    """The day, unless nobody can have meant it."""
    if abs(day.year - now.year) > YEARS:
        raise CaseFileError(field, "date_far")
    return day


def past_day(field: str, day: date, today: date, now: datetime) -> date:
    """The day of something that has happened."""
    if sane_day(field, day, now) > today:
        raise CaseFileError(field, "date_future")
    return day


def text(field: str, typed: str, *, needed: bool = False) -> str | None:
    """What was typed, without the blanks around it; ``None`` for nothing."""
    found = typed.strip()
    if needed and not found:
        raise CaseFileError(field, "empty")
    if len(found) > TEXT_MAXIMUM:
        raise CaseFileError(field, "too_long")
    return found or None


def record_step(session: Session, reader: Reader, case: Case, step: Step, day: date, now: datetime) -> None:
    """Write down on which day a step was; a later entry corrects it."""
    found = session.exec(select(CaseStep).where(CaseStep.case_id == case.id, CaseStep.step == step).with_for_update()).first()
    if found is None:
        found = CaseStep(agency_id=case.agency_id, case_id=case.id, step=step, day=day, recorded_at=now, staff_id=reader.staff_id)
    found.day, found.recorded_at, found.staff_id = day, now, reader.staff_id
    session.add(found)


def audit(session: Session, reader: Reader, action: str, case_id: UUID, now: datetime, **detail: Any) -> None:
    """One entry in the audit, in the same transaction; ``detail`` holds nothing personal."""
    session.add(done_by(reader, action, "case", case_id, now, detail))
