"""Intake: requests that came in, households and cases made of them, and the supervisor's decision (CCMM report §2, §3)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlmodel import Session, col, func, select

from ccmm_bot.casework.access.policy import NotFound, Permission, Reader, require
from ccmm_bot.casework.casefile.common import CaseFileError, audit, calendar_of, locked, record_step, text, today_of
from ccmm_bot.casework.casefile.criteria import DOMAINS, DOMAINS_NEEDED
from ccmm_bot.casework.followups import planning
from ccmm_bot.casework.recorded import done_by
from ccmm_bot.casework.seen import unchanged
from ccmm_bot.store.session import Store
from ccmm_bot.store.tables import (
    Case,
    CaseCriterion,
    CaseModel,
    CaseNeed,
    Decision,
    Flag,
    FlagEvent,
    FlagEventKind,
    FlagStatus,
    Household,
    NeedMoment,
    Person,
    Role,
    Ruling,
    Staff,
    Stage,
    StageChange,
    Step,
    is_open,
)

#: Flags that ask for a first meeting.
REQUESTS: Final = ("intake_request", "wants_to_return")


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """Somebody asks for a first meeting."""

    flag_id: UUID
    person_id: UUID
    code: str
    name: str | None
    language: str | None
    reason: str
    since: datetime
    due_at: datetime | None
    household_id: UUID | None
    open_case: UUID | None


def requests(store: Store, reader: Reader) -> tuple[Request, ...]:
    """Everybody who asked for intake and has no answer yet, the longest waiting first."""
    require(reader, Permission.READ_CASES)
    with store.reading(reader) as session:
        # Said twice, so that it begins with the few who ask and not with everybody.
        asking = select(Flag.person_id).where(is_open(), col(Flag.reason).in_(REQUESTS))
        rows = session.exec(
            select(Flag, Person)
            .join(Person, col(Person.id) == Flag.person_id)
            .where(is_open(), col(Flag.reason).in_(REQUESTS), col(Person.id).in_(asking))
            .order_by(col(Flag.first_at))
        ).all()
        people = [person.id for _, person in rows]
        open_cases = dict(
            session.exec(
                select(Case.person_id, Case.id).where(col(Case.person_id).in_(people), col(Case.exit_date).is_(None))
            ).all()
        )
    return tuple(
        Request(
            flag_id=flag.id,
            person_id=person.id,
            code=person.code,
            name=person.name,
            language=person.language,
            reason=flag.reason,
            since=flag.first_at,
            due_at=flag.due_at,
            household_id=person.household_id,
            open_case=open_cases.get(person.id),
        )
        for flag, person in rows
    )


def begin(
    store: Store,
    reader: Reader,
    people: Sequence[UUID],
    now: datetime,
    *,
    label: str = "",
    together: bool = True,
    rationale: str = "",
    model: CaseModel = CaseModel.ENHANCED,
) -> tuple[UUID, ...]:
    """Make a household of ``people`` (the first is the one we write to) and open its cases: one for all of them, or one each.

    Individual cases of a household need a written rationale (CCMM report §2, intake). Returns the cases, in the order of the
    people. Raises ``NotFound`` and :class:`CaseFileError`.
    """
    require(reader, Permission.WRITE_CASES)
    ids = tuple(dict.fromkeys(people))
    with store.writing(reader) as session:
        rows = {row.id: row for row in session.exec(select(Person).where(col(Person.id).in_(ids)).with_for_update())}
        if not ids or len(rows) != len(ids):
            raise NotFound("There is no such person.")
        why = text("rationale", rationale, needed=len(ids) > 1)
        taken = select(Case.id).where(col(Case.person_id).in_(ids), col(Case.exit_date).is_(None))
        if session.exec(taken).first() is not None:
            raise CaseFileError("people", "open_case")
        household = _household(session, reader, [rows[id_] for id_ in ids], text("label", label), now)
        zone, _office = calendar_of(session)
        cases: list[UUID] = []
        for id_ in ids[:1] if together else ids:
            case = Case(
                agency_id=reader.agency_id,
                person_id=id_,
                household_id=household.id,
                stage=Stage.INTAKE,
                model=model,
                opened_at=now,
                rationale=why,
            )
            session.add(case)
            session.flush()
            planning.service_began(session, case, zone, now)
            audit(session, reader, "case.opened", case.id, now, together=together, people=len(ids))
            cases.append(case.id)
        _answered(session, reader, ids, now)
        return tuple(cases)


def _answered(session: Session, reader: Reader, people: Sequence[UUID], now: datetime) -> None:
    """What these people asked for is on its way: their requests are resolved."""
    asked = select(Flag).where(col(Flag.person_id).in_(people), Flag.status == FlagStatus.OPEN, col(Flag.reason).in_(REQUESTS))
    for flag in session.exec(asked.with_for_update()):
        flag.status, flag.outcome = FlagStatus.RESOLVED, "returned_to_intake"
        flag.resolved_at, flag.resolved_by = now, reader.staff_id
        flag.revision += 1
        detail = {"outcome": flag.outcome, "reason": flag.reason}
        kind, shared = FlagEventKind.RESOLVED, {"agency_id": reader.agency_id, "flag_id": flag.id}
        session.add_all([flag, FlagEvent(**shared, kind=kind, detail=detail, note=None, at=now, staff_id=reader.staff_id)])
        session.add(done_by(reader, "flag.resolved", "flag", flag.id, now, detail))


def _household(session: Session, reader: Reader, people: list[Person], label: str | None, now: datetime) -> Household:
    """The household the people share, or a new one for them."""
    there = {person.household_id for person in people} - {None}
    if len(there) > 1:
        raise CaseFileError("people", "other_household")
    found = session.exec(select(Household).where(col(Household.id).in_(there))).first() if there else None
    if found is None:
        found = Household(agency_id=reader.agency_id, label=label, created_at=now)
    elif label is not None:
        found.label = label
    session.add(found)
    session.flush()
    for person in people:
        person.household_id = found.id
        session.add(person)
    return found


def decide(store: Store, reader: Reader, case_id: UUID, ruling: Ruling, now: datetime, *, seen: int, reason: str = "") -> None:
    """A supervisor rules on an intake. Approving with fewer than four domains or no criterion, sending back and declining need a
    reason. Raises ``NotFound``, ``Changed`` and :class:`CaseFileError`.
    """
    require(reader, Permission.SUPERVISE)
    with store.writing(reader) as session:
        case = locked(session, case_id)
        unchanged(case.revision, seen)
        domains, criteria = on_file(session, case.id)
        unusual = ruling is not Ruling.APPROVED or domains < DOMAINS_NEEDED or criteria == 0
        row = Decision(
            agency_id=case.agency_id,
            case_id=case.id,
            about="intake",
            ruling=ruling,
            reason=text("reason", reason, needed=unusual),
            domains=domains,
            criteria=criteria,
            at=now,
            staff_id=reader.staff_id,
        )
        session.add(row)
        if ruling is Ruling.APPROVED:
            record_step(session, reader, case, Step.REVIEWED, today_of(session, now), now)
        case.revision += 1
        session.add(case)
        audit(session, reader, "intake.decided", case.id, now, ruling=ruling.value, domains=domains, criteria=criteria)


def decide_plan(store: Store, reader: Reader, case_id: UUID, ruling: Ruling, now: datetime, *, seen: int, reason: str = "") -> None:
    """A supervisor rules on a service plan that was handed in; sending it back needs a reason. Raises as :func:`decide`."""
    require(reader, Permission.SUPERVISE)
    if ruling is Ruling.DECLINED:
        raise CaseFileError("ruling", "unknown")
    with store.writing(reader) as session:
        case = locked(session, case_id)
        unchanged(case.revision, seen)
        domains, criteria = on_file(session, case.id)
        session.add(
            Decision(
                agency_id=case.agency_id,
                case_id=case.id,
                about="plan",
                ruling=ruling,
                reason=text("reason", reason, needed=ruling is not Ruling.APPROVED),
                domains=domains,
                criteria=criteria,
                at=now,
                staff_id=reader.staff_id,
            )
        )
        if ruling is Ruling.APPROVED:
            record_step(session, reader, case, Step.PLAN_APPROVED, today_of(session, now), now)
        case.revision += 1
        session.add(case)
        audit(session, reader, "plan.decided", case.id, now, ruling=ruling.value)


def assign(store: Store, reader: Reader, case_id: UUID, staff_id: UUID, now: datetime) -> int:
    """Give a case to a case manager, and with it every open case of its household (CCMM report §2: "all cases of one household to
    one CM"). Returns how many. Raises ``NotFound`` and :class:`CaseFileError`.
    """
    require(reader, Permission.SUPERVISE)
    with store.writing(reader) as session:
        case = locked(session, case_id)
        manager = session.exec(select(Staff).where(Staff.id == staff_id)).first()
        if manager is None:
            raise NotFound("There is no such account.")
        if not manager.active or manager.role not in (Role.CASE_MANAGER, Role.SUPERVISOR):
            raise CaseFileError("staff_id", "no_case_manager")
        theirs = [case]
        if case.household_id is not None:
            others = select(Case).where(Case.household_id == case.household_id, Case.id != case.id, col(Case.exit_date).is_(None))
            theirs += session.exec(others.with_for_update()).all()
        for each in theirs:
            first = each.case_manager_id is None
            each.case_manager_id = manager.id
            if each.stage is Stage.INTAKE:
                session.add(
                    StageChange(
                        agency_id=each.agency_id,
                        case_id=each.id,
                        before=each.stage,
                        after=Stage.ASSESSMENT_PLANNING,
                        at=now,
                        staff_id=reader.staff_id,
                    )
                )
                each.stage = Stage.ASSESSMENT_PLANNING
            if first:
                record_step(session, reader, each, Step.ASSIGNED, today_of(session, now), now)
            each.revision += 1
            session.add(each)
            audit(session, reader, "case.assigned", each.id, now, to=str(manager.id))
        return len(theirs)


def on_file(session: Session, case_id: UUID) -> tuple[int, int]:
    """How many of the ten domains, and how many criteria, a case has."""
    needs = select(func.count()).where(
        col(CaseNeed.case_id) == case_id, col(CaseNeed.moment) == NeedMoment.ENTRY, col(CaseNeed.domain).in_(DOMAINS)
    )
    criteria = select(func.count()).where(col(CaseCriterion.case_id) == case_id)
    return session.exec(needs.select_from(CaseNeed)).one(), session.exec(criteria.select_from(CaseCriterion)).one()
