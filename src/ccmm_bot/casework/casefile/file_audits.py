"""The audit of closed files: one in five, drawn by chance, and the draw is kept (CCMM report §2, exit)."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import date, datetime
from math import ceil
from typing import Final
from uuid import UUID

from sqlmodel import col, select

from ccmm_bot.casework.access.policy import Permission, Reader, require
from ccmm_bot.casework.casefile.common import CaseFileError, audit, calendar_of
from ccmm_bot.store.session import Store
from ccmm_bot.store.tables import Case, FileAudit, Person, StaffForm
from ccmm_bot.store.types import uuid7

#: One in five closed cases is looked through.
AUDITED: Final = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditLine:
    """One closed case that was drawn."""

    case_id: UUID
    code: str
    exit_date: date | None
    drawn_at: datetime
    submitted_at: datetime | None


def audits(store: Store, reader: Reader) -> tuple[AuditLine, ...]:
    """The cases that were drawn, the newest draw first."""
    require(reader, Permission.SUPERVISE)
    with store.reading(reader) as session:
        rows = session.exec(
            select(FileAudit, Case, Person)
            .join(Case, col(Case.id) == FileAudit.case_id)
            .join(Person, col(Person.id) == Case.person_id)
            .order_by(col(FileAudit.drawn_at).desc(), col(Person.code))
        ).all()
        forms = {form.subject_id: form for form in session.exec(select(StaffForm).where(StaffForm.form == "file_audit"))}
    return tuple(
        AuditLine(
            case_id=case.id,
            code=person.code,
            exit_date=case.exit_date,
            drawn_at=drawn.drawn_at,
            submitted_at=forms[case.id].submitted_at if case.id in forms else None,
        )
        for drawn, case, person in rows
    )


def draw(store: Store, reader: Reader, now: datetime) -> int:
    """Draw as many closed cases as one in five asks for and have not been drawn, by the operating system's chance.

    Returns how many. Raises :class:`CaseFileError` where there is nothing left to draw.
    """
    require(reader, Permission.SUPERVISE)
    with store.writing(reader) as session:
        today = now.astimezone(calendar_of(session)[0]).date()
        closed = session.exec(select(Case.id).where(col(Case.exit_date).is_not(None), col(Case.exit_date) <= today)).all()
        drawn = set(session.exec(select(FileAudit.case_id)))
        wanted = ceil(len(closed) / AUDITED) - len(drawn)
        left = sorted(set(closed) - drawn)
        if wanted <= 0 or not left:
            raise CaseFileError("draw", "nothing_to_draw")
        chosen = secrets.SystemRandom().sample(left, min(wanted, len(left)))
        together = uuid7()
        for case_id in chosen:
            session.add(
                FileAudit(agency_id=reader.agency_id, case_id=case_id, draw_id=together, drawn_at=now, staff_id=reader.staff_id)
            )
            audit(session, reader, "case.drawn_for_audit", case_id, now, of=len(closed))
        return len(chosen)
