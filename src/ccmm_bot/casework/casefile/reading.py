"""One case as its page shows it. A fixed number of queries, however much is in it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlmodel import Session, col, select

from ccmm_bot.casework.access.policy import NotFound, Permission, Reader, require
from ccmm_bot.casework.casefile.common import calendar_of
from ccmm_bot.casework.casefile.criteria import Eligibility, eligibility
from ccmm_bot.casework.seen import mark
from ccmm_bot.followup.clocks import Course, Reading, read
from ccmm_bot.store.session import Store
from ccmm_bot.store.tables import (
    Case,
    CaseCriterion,
    CaseModel,
    CaseNeed,
    CaseStep,
    ContactMethod,
    ContactNote,
    Decision,
    FollowUp,
    FollowUpStatus,
    GoalStatus,
    Household,
    NeedIntensity,
    NeedMoment,
    Person,
    PlanGoal,
    Ruling,
    Staff,
    StaffForm,
    Stage,
    StageChange,
    Step,
)

_NOTES = 100
CASE_QUESTIONNAIRE = "case_questionnaire"


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """Somebody of the household."""

    person_id: UUID
    code: str
    name: str | None
    language: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class GoalView:
    """One goal of the plan."""

    id: UUID
    domain: str
    goal: str
    steps: str | None
    target_day: date | None
    status: GoalStatus
    revision: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactView:
    """One contact."""

    id: UUID
    day: date
    method: ContactMethod
    reached: bool
    minutes: int | None
    interpreter: bool
    read_aloud: bool
    note: str | None
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionView:
    """What a supervisor decided."""

    about: str
    ruling: Ruling
    reason: str | None
    domains: int
    criteria: int
    at: datetime
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeView:
    """A change of stage."""

    before: Stage
    after: Stage
    at: datetime
    by: str
    reason: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowUpLine:
    """Something the bot starts for the case."""

    id: UUID
    kind: str
    occurrence: int
    due_at: datetime
    status: FollowUpStatus
    reason: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseFile:
    """The page."""

    id: UUID
    revision: int
    person: Member | None
    household: tuple[Member, ...]
    household_id: UUID | None
    label: str | None
    stage: Stage
    model: CaseModel
    opened_at: datetime
    exit_date: date | None
    planned_end: date | None
    need_intensity: NeedIntensity | None
    rationale: str | None
    manager_id: UUID | None
    manager: str | None
    steps: dict[Step, date]
    needs: dict[NeedMoment, frozenset[str]]
    criteria: frozenset[str]
    eligibility: Eligibility
    clocks: tuple[Reading, ...]
    goals: tuple[GoalView, ...]
    contacts: tuple[ContactView, ...]
    decisions: tuple[DecisionView, ...]
    changes: tuple[ChangeView, ...]
    follow_ups: tuple[FollowUpLine, ...]
    questionnaire: StaffForm | None
    today: date

    @property
    def exit_seen(self) -> str:
        """The mark of the exit date, for the forms that change it."""
        return mark(self.exit_date)

    def latest(self, about: str) -> DecisionView | None:
        """The decision that counts."""
        return next((each for each in self.decisions if each.about == about), None)


def case_file(store: Store, reader: Reader, case_id: UUID, now: datetime) -> CaseFile:
    """One case. Raises :class:`NotFound` for one that is missing or another agency's."""
    require(reader, Permission.READ_CASES)
    with store.reading(reader) as session:
        case = session.exec(select(Case).where(Case.id == case_id)).first()
        if case is None:
            raise NotFound("There is no such case.")
        staff = dict(session.exec(select(Staff.id, Staff.name)).all())
        person, members = _people(session, case)
        label = None
        if case.household_id is not None:
            label = session.exec(select(Household.label).where(Household.id == case.household_id)).first()
        steps = {each.step: each.day for each in session.exec(select(CaseStep).where(CaseStep.case_id == case.id))}
        needs = _needs(session, case.id)
        criteria = frozenset(session.exec(select(CaseCriterion.criterion).where(CaseCriterion.case_id == case.id)))
        contacts = session.exec(
            select(ContactNote)
            .where(ContactNote.case_id == case.id)
            .order_by(col(ContactNote.day).desc(), col(ContactNote.id).desc())
            .limit(_NOTES)
        ).all()
        form = session.exec(select(StaffForm).where(StaffForm.form == CASE_QUESTIONNAIRE, StaffForm.subject_id == case.id)).first()
        zone, office = calendar_of(session)
        today = now.astimezone(zone).date()
        course = course_of(case, steps, contacts[0].day if contacts else None, form, zone)
        return CaseFile(
            id=case.id,
            revision=case.revision,
            person=person,
            household=members,
            household_id=case.household_id,
            label=label,
            stage=case.stage,
            model=case.model,
            opened_at=case.opened_at,
            exit_date=case.exit_date,
            planned_end=case.planned_end,
            need_intensity=case.need_intensity,
            rationale=case.rationale,
            manager_id=case.case_manager_id,
            manager=None if case.case_manager_id is None else staff.get(case.case_manager_id),
            steps=steps,
            needs=needs,
            criteria=criteria,
            eligibility=eligibility(needs[NeedMoment.ENTRY], criteria),
            clocks=read(course, today, zone, office),
            goals=_goals(session, case.id),
            contacts=tuple(_contact(each, staff) for each in contacts),
            decisions=_decisions(session, case.id, staff),
            changes=_changes(session, case.id, staff),
            follow_ups=_follow_ups(session, case.id),
            questionnaire=form,
            today=today,
        )


def course_of(case: Case, steps: dict[Step, date], last_contact: date | None, form: StaffForm | None, zone: ZoneInfo) -> Course:
    """What a case's clocks go by."""
    submitted = None if form is None or form.submitted_at is None else form.submitted_at.astimezone(zone).date()
    return Course(
        steps={step.value: day for step, day in steps.items()},
        last_contact=last_contact,
        monitored=case.stage is Stage.IMPLEMENTATION_MONITORING,
        planned_end=case.planned_end,
        exit_date=case.exit_date,
        questionnaire=submitted,
    )


def _people(session: Session, case: Case) -> tuple[Member | None, tuple[Member, ...]]:
    ours = col(Person.id) == case.person_id
    wanted = ours | (col(Person.household_id) == case.household_id) if case.household_id is not None else ours
    rows = session.exec(select(Person).where(wanted).order_by(col(Person.created_at))).all()
    members = tuple(Member(person_id=row.id, code=row.code, name=row.name, language=row.language) for row in rows)
    return next((each for each in members if each.person_id == case.person_id), None), members


def _needs(session: Session, case_id: UUID) -> dict[NeedMoment, frozenset[str]]:
    rows = session.exec(select(CaseNeed).where(CaseNeed.case_id == case_id)).all()
    return {moment: frozenset(row.domain for row in rows if row.moment is moment) for moment in NeedMoment}


def _goals(session: Session, case_id: UUID) -> tuple[GoalView, ...]:
    rows = session.exec(select(PlanGoal).where(PlanGoal.case_id == case_id).order_by(col(PlanGoal.created_at)))
    return tuple(
        GoalView(
            id=row.id,
            domain=row.domain,
            goal=row.goal,
            steps=row.steps,
            target_day=row.target_day,
            status=row.status,
            revision=row.revision,
        )
        for row in rows
    )


def _contact(row: ContactNote, staff: dict[UUID, str]) -> ContactView:
    return ContactView(
        id=row.id,
        day=row.day,
        method=row.method,
        reached=row.reached,
        minutes=row.minutes,
        interpreter=row.interpreter,
        read_aloud=row.read_aloud,
        note=row.note,
        by=staff.get(row.staff_id, ""),
    )


def _decisions(session: Session, case_id: UUID, staff: dict[UUID, str]) -> tuple[DecisionView, ...]:
    rows = session.exec(select(Decision).where(Decision.case_id == case_id).order_by(col(Decision.at).desc()))
    return tuple(
        DecisionView(
            about=row.about,
            ruling=row.ruling,
            reason=row.reason,
            domains=row.domains,
            criteria=row.criteria,
            at=row.at,
            by=staff.get(row.staff_id, ""),
        )
        for row in rows
    )


def _changes(session: Session, case_id: UUID, staff: dict[UUID, str]) -> tuple[ChangeView, ...]:
    rows = session.exec(select(StageChange).where(StageChange.case_id == case_id).order_by(col(StageChange.at).desc()))
    return tuple(
        ChangeView(before=row.before, after=row.after, at=row.at, by=staff.get(row.staff_id, ""), reason=row.reason) for row in rows
    )


def _follow_ups(session: Session, case_id: UUID) -> tuple[FollowUpLine, ...]:
    rows = session.exec(select(FollowUp).where(FollowUp.case_id == case_id).order_by(col(FollowUp.due_at)))
    return tuple(
        FollowUpLine(id=row.id, kind=row.kind, occurrence=row.occurrence, due_at=row.due_at, status=row.status, reason=row.reason)
        for row in rows
    )
