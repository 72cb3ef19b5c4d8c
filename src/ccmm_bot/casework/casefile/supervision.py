"""What a supervisor looks at: what waits for her, every clock, each case manager's load, and the audit of closed files."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Final
from uuid import UUID

from sqlmodel import Session, col, func, select

from ccmm_bot.casework.access.policy import Permission, Reader, require
from ccmm_bot.casework.casefile.common import calendar_of
from ccmm_bot.casework.casefile.criteria import Eligibility, eligibility
from ccmm_bot.casework.casefile.looked_after import looked_after
from ccmm_bot.casework.casefile.reading import CASE_QUESTIONNAIRE, course_of
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

#: Clients of one case manager: 10 to 20 with high needs, 50 with low needs (CCMM report §1, §3).
FULL_HIGH: Final = 20
FULL_LOW: Final = 50
#: So many lines of a list are shown; its count is of all of them.
SHOWN: Final = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseLine:
    """One open case among others."""

    id: UUID
    person_id: UUID | None
    code: str = ""
    name: str | None = None
    language: str | None = None
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
    stages: Mapping[Stage, int] = field(default_factory=dict)  # open cases by stage

    @property
    def share(self) -> float:
        """How full: 1.0 is twenty clients with high needs or fifty with low ones. Those not yet rated count as high."""
        return (self.high + self.unknown) / FULL_HIGH + self.low / FULL_LOW


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """Part of a list, and how long all of it is."""

    lines: tuple[CaseLine, ...]
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Supervision:
    """The page."""

    to_review: Listed  # intakes without a decision
    to_assign: Listed
    to_approve: Listed  # plans that were handed in
    overdue: Listed
    loads: tuple[Load, ...]
    stages: dict[Stage, int]
    closed: int
    drawn: int
    audits_open: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenCases:
    """One page of the open cases, those with an overdue clock first."""

    lines: tuple[CaseLine, ...]
    count: int
    overdue: int


def open_cases(
    store: Store, reader: Reader, now: datetime, *, manager_id: UUID | None = None, first: int = 0, most: int = SHOWN
) -> OpenCases:
    """Open cases with their clocks; those one case manager looks after where one is named. A fixed number of queries."""
    require(reader, Permission.READ_CASES)
    with store.reading(reader) as session:
        lines = sorted(_lines(session, now, manager_id), key=_pressing)
        shown = _named(session, lines[first : first + most])
        return OpenCases(lines=shown, count=len(lines), overdue=sum(1 for line in lines if line.overdue))


def _pressing(line: CaseLine) -> tuple[bool, date]:
    return not line.overdue, min((each.due for each in line.overdue), default=line.since)


def _named(session: Session, lines: Sequence[CaseLine]) -> tuple[CaseLine, ...]:
    """With the names of the people, which are sealed: only those that are shown are opened."""
    people = {
        person.id: person for person in session.exec(select(Person).where(col(Person.id).in_({line.person_id for line in lines})))
    }
    found: list[CaseLine] = []
    for line in lines:
        person = people.get(line.person_id) if line.person_id else None
        if person is not None:
            found.append(replace(line, code=person.code, name=person.name, language=person.language))
    return tuple(found)


def loads(store: Store, reader: Reader) -> tuple[Load, ...]:
    """Everybody who can be given a case, with how full they are; their clocks are not looked at."""
    require(reader, Permission.SUPERVISE)
    with store.reading(reader) as session:
        rated = (
            select(Case.case_manager_id, col(Case.need_intensity), func.count())
            .where(col(Case.exit_date).is_(None), col(Case.case_manager_id).is_not(None))
            .group_by(col(Case.case_manager_id), col(Case.need_intensity))
        )
        counted: defaultdict[UUID | None, Counter[NeedIntensity | None]] = defaultdict(Counter)
        for manager_id, intensity, count in session.exec(rated):
            counted[manager_id][intensity] += count
        return tuple(_load(manager, counted[manager.id], 0) for manager in _managers(session))


def supervision(store: Store, reader: Reader, now: datetime) -> Supervision:
    """What waits for a supervisor."""
    require(reader, Permission.SUPERVISE)
    with store.reading(reader) as session:
        lines = _lines(session, now, None)
        everybody = _loads(session, lines)
        closed = session.exec(select(func.count()).select_from(Case).where(col(Case.exit_date).is_not(None))).one()
        drawn = session.exec(select(FileAudit.case_id)).all()
        done = session.exec(
            select(func.count())
            .select_from(StaffForm)
            .where(StaffForm.form == "file_audit", col(StaffForm.submitted_at).is_not(None))
        ).one()
        parts = {
            "to_review": [line for line in lines if line.stage is Stage.INTAKE and line.intake is None],
            "to_assign": [line for line in lines if line.intake is Ruling.APPROVED and line.manager_id is None],
            "to_approve": [line for line in lines if line.plan_submitted is not None and line.plan is not Ruling.APPROVED],
            "overdue": sorted((line for line in lines if line.overdue), key=_pressing),
        }
        listed = {name: Listed(lines=_named(session, part[:SHOWN]), count=len(part)) for name, part in parts.items()}
    return Supervision(
        **listed,
        loads=everybody,
        stages=dict(Counter(line.stage for line in lines)),
        closed=closed,
        drawn=len(drawn),
        audits_open=max(len(drawn) - done, 0),
    )


def _managers(session: Session) -> Sequence[Staff]:
    able = select(Staff).where(col(Staff.active).is_(True), col(Staff.role).in_((Role.CASE_MANAGER, Role.SUPERVISOR)))
    return session.exec(able.order_by(col(Staff.name))).all()


def _loads(session: Session, lines: Sequence[CaseLine]) -> tuple[Load, ...]:
    rated: defaultdict[UUID | None, Counter[NeedIntensity | None]] = defaultdict(Counter)
    stages: defaultdict[UUID | None, Counter[Stage]] = defaultdict(Counter)
    late: Counter[UUID | None] = Counter()
    for line in lines:
        stages[line.manager_id][line.stage] += 1
        rated[line.manager_id][line.need_intensity] += 1
        late[line.manager_id] += bool(line.overdue)
    loaded = (_load(manager, rated[manager.id], late[manager.id]) for manager in _managers(session))
    return tuple(replace(each, stages=dict(stages[each.staff_id])) for each in loaded)


def _load(manager: Staff, rated: Counter[NeedIntensity | None], overdue: int) -> Load:
    return Load(
        staff_id=manager.id,
        name=manager.name,
        languages=tuple(manager.languages),
        high=rated[NeedIntensity.HIGH],
        low=rated[NeedIntensity.LOW],
        unknown=rated[None],
        overdue=overdue,
    )


def _lines(session: Session, now: datetime, manager_id: UUID | None) -> tuple[CaseLine, ...]:
    wanted = select(Case).where(col(Case.exit_date).is_(None), col(Case.person_id).is_not(None))
    zone, office = calendar_of(session)
    today = now.astimezone(zone).date()
    if manager_id is not None:
        wanted = wanted.where(looked_after(manager_id, today))
    rows = session.exec(wanted.order_by(col(Case.opened_at))).all()
    open_ = select(Case.id).where(col(Case.exit_date).is_(None))
    steps: defaultdict[UUID, dict[Step, date]] = defaultdict(dict)
    # Columns, not rows of the mapper: a thousand cases have five thousand steps.
    columns = select(col(CaseStep.case_id), col(CaseStep.step), col(CaseStep.day))
    for case_id, step, day in session.exec(columns.where(col(CaseStep.case_id).in_(open_))):
        steps[case_id][step] = day
    domains: defaultdict[UUID, set[str]] = defaultdict(set)
    named = select(CaseNeed.case_id, CaseNeed.domain)
    for case_id, domain in session.exec(named.where(CaseNeed.moment == NeedMoment.ENTRY, col(CaseNeed.case_id).in_(open_))):
        domains[case_id].add(domain)
    criteria: defaultdict[UUID, set[str]] = defaultdict(set)
    met = select(CaseCriterion.case_id, CaseCriterion.criterion)
    for case_id, criterion in session.exec(met.where(col(CaseCriterion.case_id).in_(open_))):
        criteria[case_id].add(criterion)
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
    lines: list[CaseLine] = []
    for case in rows:
        ruled, planned = rulings.get((case.id, "intake")), rulings.get((case.id, "plan"))
        submitted = steps[case.id].get(Step.PLAN_SUBMITTED)
        lines.append(
            CaseLine(
                id=case.id,
                person_id=case.person_id,
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
