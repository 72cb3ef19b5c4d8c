"""Opening a case, ending it, and taking the end back: what the follow-ups of a case hang on.

Every change of a case plans its follow-ups anew in the same transaction
(:mod:`ccmm_bot.casework.followups.planning`), and is audited there.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlmodel import Session, col, select

from ccmm_bot.casework.access.policy import NotFound, Permission, Reader, require
from ccmm_bot.casework.followups import planning
from ccmm_bot.casework.recorded import done_by
from ccmm_bot.casework.seen import mark, still_seen
from ccmm_bot.errors import CcmmError
from ccmm_bot.store.session import Store
from ccmm_bot.store.tables import Agency, Audit, Case, CaseModel, FollowUp, FollowUpStatus, Person, Stage, StageChange

#: How far ahead or back an exit date may lie: beyond it is a slip of the finger.
_YEARS = 10
_MOVES_EXIT = ("case.exit_set", "case.exit_cleared", "case.reopened")


class CaseError(CcmmError):
    """The case is not in a state in which this can be done, or the date cannot be meant."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowUpView:
    """One follow-up as staff see it."""

    id: UUID
    kind: str
    occurrence: int
    due_at: datetime
    status: FollowUpStatus
    reason: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseView:
    """One case as staff see it."""

    id: UUID
    stage: Stage
    opened_at: datetime
    exit_date: date | None
    follow_ups: tuple[FollowUpView, ...]

    @property
    def exit_seen(self) -> str:
        """The mark of the exit date, for the forms that change it."""
        return mark(self.exit_date)


def open_case(
    store: Store,
    reader: Reader,
    person_id: UUID,
    now: datetime,
    *,
    stage: Stage = Stage.INTAKE,
    model: CaseModel = CaseModel.ENHANCED,
) -> UUID:
    """Open a case for a person; its quarterly check-ins are planned. Raises :class:`NotFound`, and :class:`CaseError` where one is
    open already."""
    require(reader, Permission.WRITE_TO_PEOPLE)
    with store.writing(reader) as session:
        person = session.exec(select(Person).where(Person.id == person_id).with_for_update()).first()
        if person is None:
            raise NotFound("There is no such person.")
        open_ = select(Case.id).where(Case.person_id == person_id, col(Case.exit_date).is_(None))
        if session.exec(open_).first() is not None:
            raise CaseError("This person has an open case already.")
        case = Case(
            agency_id=reader.agency_id,
            person_id=person_id,
            stage=stage,
            model=model,
            case_manager_id=reader.staff_id,
            opened_at=now,
        )
        session.add(case)
        session.flush()
        planning.service_began(session, case, _zone(session), now)
        _audit(session, reader, case, "case.opened", now)
        return case.id


def set_exit_date(
    store: Store,
    reader: Reader,
    case_id: UUID,
    exit_date: date,
    now: datetime,
    *,
    seen: str | None = None,
    beside: Audit | None = None,
) -> None:
    """Write down when the service ends or ended; the 3-month follow-up and the exit survey are planned, or moved.

    ``seen``: the mark of the exit date the form was opened with. Raises ``Changed`` where it is another by now. ``beside``: one
    more entry of the audit, kept with it.
    """
    require(reader, Permission.WRITE_TO_PEOPLE)
    with store.writing(reader) as session:
        case = _case(session, case_id)
        zone = _zone(session)
        if abs(exit_date.year - now.astimezone(zone).year) > _YEARS:
            raise CaseError("This exit date lies too far away to be meant.")
        _still(session, case, seen, exit_date)
        before, case.exit_date = case.exit_date, exit_date
        _to_stage(session, reader, case, Stage.EXIT, now)
        planning.exit_set(session, case, exit_date, zone, now)
        _audit(session, reader, case, "case.exit_set", now, moved=before is not None)
        if beside is not None:
            session.add(beside)


def clear_exit_date(store: Store, reader: Reader, case_id: UUID, now: datetime, *, seen: str | None = None) -> None:
    """The exit date was a mistake: what was planned after it is cancelled, the service goes on."""
    _take_back(store, reader, case_id, now, Stage.IMPLEMENTATION_MONITORING, "exit_cleared", seen)


def reopen(store: Store, reader: Reader, case_id: UUID, now: datetime, *, seen: str | None = None) -> None:
    """The person came back: what was planned after the exit is cancelled, the case is at intake again (CCMM report §2)."""
    _take_back(store, reader, case_id, now, Stage.INTAKE, "reopened", seen)


def _take_back(store: Store, reader: Reader, case_id: UUID, now: datetime, stage: Stage, reason: str, seen: str | None) -> None:
    require(reader, Permission.WRITE_TO_PEOPLE)
    with store.writing(reader) as session:
        case = _case(session, case_id)
        if case.exit_date is None:
            raise CaseError("This case has no exit date.")
        _still(session, case, seen, None)
        case.exit_date = None
        _to_stage(session, reader, case, stage, now)
        planning.exit_taken_back(session, case, reason, _zone(session), now)
        _audit(session, reader, case, f"case.{reason}", now)


def cases_of(store: Store, reader: Reader, person_id: UUID) -> tuple[CaseView, ...]:
    """The person's cases, the newest first, with what is planned. Raises :class:`NotFound`."""
    require(reader, Permission.READ_CASES)
    with store.reading(reader) as session:
        if session.exec(select(Person.id).where(Person.id == person_id)).first() is None:
            raise NotFound("There is no such person.")
        found = session.exec(select(Case).where(Case.person_id == person_id).order_by(col(Case.opened_at).desc())).all()
        planned = session.exec(select(FollowUp).where(FollowUp.person_id == person_id).order_by(col(FollowUp.due_at))).all()
    return tuple(
        CaseView(
            id=case.id,
            stage=case.stage,
            opened_at=case.opened_at,
            exit_date=case.exit_date,
            follow_ups=tuple(
                FollowUpView(
                    id=each.id,
                    kind=each.kind,
                    occurrence=each.occurrence,
                    due_at=each.due_at,
                    status=each.status,
                    reason=each.reason,
                )
                for each in planned
                if each.case_id == case.id
            ),
        )
        for case in found
    )


def person_of(store: Store, reader: Reader, case_id: UUID) -> UUID:
    """Whose case it is. Raises :class:`NotFound`."""
    require(reader, Permission.READ_CASES)
    with store.reading(reader) as session:
        person = session.exec(select(Case.person_id).where(Case.id == case_id)).first()
    if person is None:
        raise NotFound("There is no such case.")
    return person


def _case(session: Session, case_id: UUID) -> Case:
    case = session.exec(select(Case).where(Case.id == case_id).with_for_update()).first()
    if case is None:
        raise NotFound("There is no such case.")
    return case


def _still(session: Session, case: Case, seen: str | None, wanted: date | None) -> None:
    still_seen(session, seen, [case.exit_date], [wanted], kind="case", subject=case.id, actions=_MOVES_EXIT)


def _to_stage(session: Session, reader: Reader, case: Case, stage: Stage, now: datetime) -> None:
    if case.stage is not stage:
        change = StageChange(
            agency_id=case.agency_id, case_id=case.id, before=case.stage, after=stage, at=now, staff_id=reader.staff_id
        )
        session.add(change)
    case.stage = stage
    case.revision += 1
    session.add(case)


def _zone(session: Session) -> ZoneInfo:
    return ZoneInfo(session.exec(select(Agency.timezone)).one())


def _audit(session: Session, reader: Reader, case: Case, action: str, now: datetime, **detail: Any) -> None:
    session.add(done_by(reader, action, "case", case.id, now, detail))
