"""What a supervisor looks at: what waits for her, every clock, each case manager's load, and the audit of closed files."""

from __future__ import annotations

import secrets
from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import date, datetime
from math import ceil
from typing import Final
from uuid import UUID

from sqlmodel import Session, col, func, select

from ccmm_bot.casework.casefile.common import CaseFileError, audit, calendar_of
from ccmm_bot.casework.casefile.criteria import Eligibility, eligibility
from ccmm_bot.casework.casefile.reading import CASE_QUESTIONNAIRE, course_of
from ccmm_bot.casework.policy import Permission, Reader, require
from ccmm_bot.followup.clocks import Reading, State, read
from ccmm_bot.store.session import Store
from ccmm_bot.store.tables import (
    Case,
    CaseCriterion,
    CaseNeed,
    CaseStep,
    ContactNote,
    Decision,
    FileAudit,
    NeedIntensity,
    NeedMoment,
    Person,
    Role,
    Ruling,
    Staff,
    StaffForm,
    Stage,
    Step,
)
from ccmm_bot.store.types import uuid7

#: One in five closed cases is looked through (CCMM report §2, exit).
AUDITED: Final = 5
#: Clients of one case manager: 10 to 20 with high needs, 50 with low needs (CCMM report §1, §3).
FULL_HIGH: Final = 20
FULL_LOW: Final = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseLine:
    """One open case among others."""

    id: UUID
    person_id: UUID | None
    code: str
    name: str | None
    language: str | None
    stage: Stage
    since: date
    manager_id: UUID | None
    manager: str | None
    need_intensity: NeedIntensity | None
    revision: int
    clocks: tuple[Reading, ...]
    eligibility: Eligibility
    intake: Ruling | None
    plan: Ruling | None
    plan_submitted: date | None
    documented: bool

    @property
    def overdue(self) -> tuple[Reading, ...]:
        """The clocks that ran out."""
        return tuple(each for each in self.clocks if each.state is State.OVERDUE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """One case manager's open cases against what is a full load."""

    staff_id: UUID
    name: str
    languages: tuple[str, ...]
    high: int
    low: int
    unknown: int
    overdue: int

    @property
    def share(self) -> float:
        """How full: 1.0 is twenty clients with high needs or fifty with low ones. Those not yet rated count as high."""
        return (self.high + self.unknown) / FULL_HIGH + self.low / FULL_LOW


@dataclass(frozen=True, slots=True, kw_only=True)
class Supervision:
    """The page."""

    to_review: tuple[CaseLine, ...]  # intakes without a decision
    to_assign: tuple[CaseLine, ...]
    to_approve: tuple[CaseLine, ...]  # plans that were handed in
    overdue: tuple[CaseLine, ...]
    loads: tuple[Load, ...]
    stages: dict[Stage, int]
    closed: int
    drawn: int
    audits_open: int


def open_cases(store: Store, reader: Reader, now: datetime, *, manager_id: UUID | None = None) -> tuple[CaseLine, ...]:
    """Every open case with its clocks; of one case manager where one is named. A fixed number of queries."""
    require(reader, Permission.READ_CASES)
    with store.reading(reader.agency_id) as session:
        return _lines(session, now, manager_id)


def loads(store: Store, reader: Reader, now: datetime) -> tuple[Load, ...]:
    """Everybody who can be given a case, with how full they are."""
    require(reader, Permission.SUPERVISE)
    with store.reading(reader.agency_id) as session:
        return _loads(session, _lines(session, now, None))


def supervision(store: Store, reader: Reader, now: datetime) -> Supervision:
    """What waits for a supervisor."""
    require(reader, Permission.SUPERVISE)
    with store.reading(reader.agency_id) as session:
        lines = _lines(session, now, None)
        everybody = _loads(session, lines)
        closed = session.exec(select(func.count()).select_from(Case).where(col(Case.exit_date).is_not(None))).one()
        drawn = session.exec(select(FileAudit.case_id)).all()
        done = session.exec(
            select(func.count())
            .select_from(StaffForm)
            .where(StaffForm.form == "file_audit", col(StaffForm.submitted_at).is_not(None))
        ).one()
    approved = [line for line in lines if line.intake is Ruling.APPROVED]
    return Supervision(
        to_review=tuple(line for line in lines if line.stage is Stage.INTAKE and line.intake is None),
        to_assign=tuple(line for line in approved if line.manager_id is None),
        to_approve=tuple(line for line in lines if line.plan_submitted is not None and line.plan is not Ruling.APPROVED),
        overdue=tuple(sorted((line for line in lines if line.overdue), key=lambda line: min(each.due for each in line.overdue))),
        loads=everybody,
        stages=dict(Counter(line.stage for line in lines)),
        closed=closed,
        drawn=len(drawn),
        audits_open=max(len(drawn) - done, 0),
    )


def _loads(session: Session, lines: tuple[CaseLine, ...]) -> tuple[Load, ...]:
    managers = session.exec(
        select(Staff)
        .where(col(Staff.active).is_(True), col(Staff.role).in_((Role.CASE_MANAGER, Role.SUPERVISOR)))
        .order_by(col(Staff.name))
    ).all()
    return tuple(_load(manager, [line for line in lines if line.manager_id == manager.id]) for manager in managers)


def _load(manager: Staff, lines: list[CaseLine]) -> Load:
    rated = Counter(line.need_intensity for line in lines)
    return Load(
        staff_id=manager.id,
        name=manager.name,
        languages=tuple(manager.languages),
        high=rated[NeedIntensity.HIGH],
        low=rated[NeedIntensity.LOW],
        unknown=rated[None],
        overdue=sum(1 for line in lines if line.overdue),
    )


def _lines(session: Session, now: datetime, manager_id: UUID | None) -> tuple[CaseLine, ...]:
    wanted = select(Case, Person).join(Person, col(Person.id) == Case.person_id).where(col(Case.exit_date).is_(None))
    if manager_id is not None:
        wanted = wanted.where(Case.case_manager_id == manager_id)
    rows = session.exec(wanted.order_by(col(Case.opened_at))).all()
    open_ = select(Case.id).where(col(Case.exit_date).is_(None))
    steps: defaultdict[UUID, dict[Step, date]] = defaultdict(dict)
    for step in session.exec(select(CaseStep).where(col(CaseStep.case_id).in_(open_))):
        steps[step.case_id][step.step] = step.day
    domains: defaultdict[UUID, set[str]] = defaultdict(set)
    for need in session.exec(select(CaseNeed).where(CaseNeed.moment == NeedMoment.ENTRY, col(CaseNeed.case_id).in_(open_))):
        domains[need.case_id].add(need.domain)
    criteria: defaultdict[UUID, set[str]] = defaultdict(set)
    for met in session.exec(select(CaseCriterion).where(col(CaseCriterion.case_id).in_(open_))):
        criteria[met.case_id].add(met.criterion)
    last = dict(
        session.exec(
            select(ContactNote.case_id, func.max(ContactNote.day))
            .where(col(ContactNote.case_id).in_(open_))
            .group_by(col(ContactNote.case_id))
        ).all()
    )
    rulings: dict[tuple[UUID, str], Decision] = {}
    for decision in session.exec(select(Decision).where(col(Decision.case_id).in_(open_)).order_by(col(Decision.at))):
        rulings[decision.case_id, decision.about] = decision
    forms = {
        form.subject_id: form
        for form in session.exec(
            select(StaffForm).where(StaffForm.form == CASE_QUESTIONNAIRE, col(StaffForm.subject_id).in_(open_))
        )
    }
    staff = dict(session.exec(select(Staff.id, Staff.name)).all())
    zone, office = calendar_of(session)
    today = now.astimezone(zone).date()
    lines: list[CaseLine] = []
    for case, person in rows:
        ruled, planned = rulings.get((case.id, "intake")), rulings.get((case.id, "plan"))
        submitted = steps[case.id].get(Step.PLAN_SUBMITTED)
        lines.append(
            CaseLine(
                id=case.id,
                person_id=case.person_id,
                code=person.code,
                name=person.name,
                language=person.language,
                stage=case.stage,
                since=case.opened_at.astimezone(zone).date(),
                manager_id=case.case_manager_id,
                manager=None if case.case_manager_id is None else staff.get(case.case_manager_id),
                need_intensity=case.need_intensity,
                revision=case.revision,
                clocks=read(course_of(case, steps[case.id], last.get(case.id), forms.get(case.id), zone), today, zone, office),
                eligibility=eligibility(domains[case.id], criteria[case.id]),
                intake=None if ruled is None else ruled.ruling,
                plan=None if planned is None else planned.ruling,
                plan_submitted=submitted,
                documented=Step.DOCUMENTATION in steps[case.id],
            )
        )
    return tuple(lines)


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
    with store.reading(reader.agency_id) as session:
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
    with store.writing(reader.agency_id) as session:
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
