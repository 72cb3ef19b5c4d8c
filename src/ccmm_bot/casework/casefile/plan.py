"""The service plan: goals by need domain, handed in by the case manager, approved by a supervisor."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlmodel import select

from ccmm_bot.casework.access.policy import NotFound, Permission, Reader, require
from ccmm_bot.casework.casefile.common import CaseFileError, audit, locked, record_step, sane_day, text, today_of
from ccmm_bot.casework.casefile.criteria import DOMAINS, OTHER
from ccmm_bot.casework.seen import unchanged
from ccmm_bot.store.session import Store
from ccmm_bot.store.tables import GoalStatus, PlanGoal, Step


@dataclass(frozen=True, slots=True, kw_only=True)
class Goal:
    """A goal as it is typed."""

    domain: str
    goal: str
    steps: str = ""
    target_day: date | None = None
    status: GoalStatus = GoalStatus.OPEN


def _checked(goal: Goal, now: datetime) -> tuple[str, str | None]:
    if goal.domain not in (*DOMAINS, OTHER):
        raise CaseFileError("domain", "unknown")
    if goal.target_day is not None:
        sane_day("target_day", goal.target_day, now)
    return text("goal", goal.goal, needed=True) or "", text("steps", goal.steps)


def add_goal(store: Store, reader: Reader, case_id: UUID, goal: Goal, now: datetime) -> UUID:
    """One more goal. Raises ``NotFound`` and :class:`CaseFileError`."""
    require(reader, Permission.WRITE_CASES)
    words, steps = _checked(goal, now)
    with store.writing(reader) as session:
        case = locked(session, case_id)
        row = PlanGoal(
            agency_id=case.agency_id,
            case_id=case.id,
            domain=goal.domain,
            goal=words,
            steps=steps,
            target_day=goal.target_day,
            status=goal.status,
            created_at=now,
            updated_at=now,
        )
        session.add(row)
        audit(session, reader, "plan.goal_added", case.id, now, domain=goal.domain)
        return row.id


def change_goal(store: Store, reader: Reader, goal_id: UUID, goal: Goal, now: datetime, *, seen: int) -> UUID:
    """Change a goal; returns its case. Raises ``NotFound``, ``Changed`` and :class:`CaseFileError`."""
    require(reader, Permission.WRITE_CASES)
    words, steps = _checked(goal, now)
    with store.writing(reader) as session:
        row = session.exec(select(PlanGoal).where(PlanGoal.id == goal_id).with_for_update()).first()
        if row is None:
            raise NotFound("There is no such goal.")
        unchanged(row.revision, seen)
        row.domain, row.goal, row.steps = goal.domain, words, steps
        row.target_day, row.status, row.updated_at = goal.target_day, goal.status, now
        row.revision += 1
        session.add(row)
        audit(session, reader, "plan.goal_changed", row.case_id, now, status=goal.status.value)
        return row.case_id


def case_of_goal(store: Store, reader: Reader, goal_id: UUID) -> UUID:
    """Whose goal it is. Raises ``NotFound``."""
    require(reader, Permission.READ_CASES)
    with store.reading(reader) as session:
        found = session.exec(select(PlanGoal.case_id).where(PlanGoal.id == goal_id)).first()
    if found is None:
        raise NotFound("There is no such goal.")
    return found


def submit(store: Store, reader: Reader, case_id: UUID, now: datetime) -> None:
    """Hand the plan in. It needs a goal."""
    require(reader, Permission.WRITE_CASES)
    with store.writing(reader) as session:
        case = locked(session, case_id)
        if session.exec(select(PlanGoal.id).where(PlanGoal.case_id == case.id)).first() is None:
            raise CaseFileError("goal", "no_goal")
        record_step(session, reader, case, Step.PLAN_SUBMITTED, today_of(session, now), now)
        audit(session, reader, "plan.submitted", case.id, now)
