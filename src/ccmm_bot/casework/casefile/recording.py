"""What a case manager writes into a case file: stage, steps, needs, criteria, contacts."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlmodel import col, delete, select

from ccmm_bot.casework.access.policy import Permission, Reader, require
from ccmm_bot.casework.casefile.common import (
    CaseFileError,
    audit,
    calendar_of,
    locked,
    past_day,
    record_step,
    sane_day,
    text,
    today_of,
)
from ccmm_bot.casework.casefile.criteria import ALL_CRITERIA, DOMAINS, OTHER
from ccmm_bot.casework.seen import unchanged
from ccmm_bot.store.session import Store
from ccmm_bot.store.tables import (
    CaseCriterion,
    CaseNeed,
    ContactMethod,
    ContactNote,
    NeedIntensity,
    NeedMoment,
    Stage,
    StageChange,
    Step,
)

#: Steps a case manager writes down herself; the others follow from what a supervisor does.
OWN_STEPS = (
    Step.MET_CLIENT,
    Step.DOCUMENTATION,
    Step.FIRST_MEETING,
    Step.PLAN_SUBMITTED,
    Step.EXIT_NOTICE,
    Step.EXIT_MEETING,
    Step.EXCHANGE_CONSENT,
)
_MINUTES = 24 * 60


def change_stage(store: Store, reader: Reader, case_id: UUID, stage: Stage, now: datetime, *, seen: int, reason: str = "") -> None:
    """Move a case to another stage. An exit comes with its date, see :func:`ccmm_bot.casework.casefile.cases.set_exit_date`.

    Raises ``NotFound``, ``Changed`` and :class:`CaseFileError`.
    """
    require(reader, Permission.WRITE_CASES)
    if stage is Stage.EXIT:
        raise CaseFileError("stage", "exit_needs_date")
    with store.writing(reader) as session:
        case = locked(session, case_id)
        unchanged(case.revision, seen)
        if case.stage is stage:
            raise CaseFileError("stage", "same")
        if case.exit_date is not None and stage is not Stage.FOLLOW_UP:
            raise CaseFileError("stage", "exited")
        session.add(
            StageChange(
                agency_id=case.agency_id,
                case_id=case.id,
                before=case.stage,
                after=stage,
                at=now,
                staff_id=reader.staff_id,
                reason=text("reason", reason),
            )
        )
        before, case.stage = case.stage, stage
        case.revision += 1
        session.add(case)
        audit(session, reader, "case.stage", case.id, now, before=before.value, after=stage.value)


def write_step(store: Store, reader: Reader, case_id: UUID, step: Step, day: date, now: datetime) -> None:
    """On which day something happened. Raises ``NotFound`` and :class:`CaseFileError`."""
    require(reader, Permission.WRITE_CASES)
    if step not in OWN_STEPS:
        raise CaseFileError("step", "not_yours")
    with store.writing(reader) as session:
        case = locked(session, case_id)
        record_step(session, reader, case, step, past_day("day", day, today_of(session, now), now), now)
        audit(session, reader, "case.step", case.id, now, step=step.value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What the case's own form holds."""

    need_intensity: NeedIntensity | None
    planned_end: date | None
    rationale: str


def write_facts(store: Store, reader: Reader, case_id: UUID, facts: Facts, now: datetime, *, seen: int) -> None:
    """Need intensity, planned end, and why one household case or individual ones. Raises as :func:`change_stage`."""
    require(reader, Permission.WRITE_CASES)
    with store.writing(reader) as session:
        case = locked(session, case_id)
        unchanged(case.revision, seen)
        if facts.planned_end is not None:
            sane_day("planned_end", facts.planned_end, now)
            if facts.planned_end < case.opened_at.astimezone(calendar_of(session)[0]).date():
                raise CaseFileError("planned_end", "before_start")
        case.rationale = text("rationale", facts.rationale)
        case.need_intensity, case.planned_end = facts.need_intensity, facts.planned_end
        case.revision += 1
        session.add(case)
        audit(session, reader, "case.facts", case.id, now)


def write_needs(
    store: Store,
    reader: Reader,
    case_id: UUID,
    moment: NeedMoment,
    domains: Collection[str],
    now: datetime,
    *,
    shown: Collection[str] | None = None,
) -> None:
    """Which need domains are identified at entry, or are left at exit. Raises ``NotFound`` and :class:`CaseFileError`.

    ``shown``: those that were ticked when the form was opened. Only what was changed in it is changed: what somebody else has
    ticked meanwhile stays.
    """
    require(reader, Permission.WRITE_CASES)
    wanted = set(domains)
    if not wanted <= {*DOMAINS, OTHER}:
        raise CaseFileError("domains", "unknown")
    with store.writing(reader) as session:
        case = locked(session, case_id)
        there = set(session.exec(select(CaseNeed.domain).where(CaseNeed.case_id == case.id, CaseNeed.moment == moment)))
        wanted = _over(there, wanted, shown)
        if gone := there - wanted:
            session.exec(
                delete(CaseNeed).where(
                    col(CaseNeed.case_id) == case.id, col(CaseNeed.moment) == moment, col(CaseNeed.domain).in_(gone)
                )
            )
        for domain in sorted(wanted - there):
            session.add(CaseNeed(agency_id=case.agency_id, case_id=case.id, domain=domain, moment=moment))
        audit(session, reader, "case.needs", case.id, now, moment=moment.value, domains=len(wanted & set(DOMAINS)))


def _over(there: set[str], wanted: set[str], shown: Collection[str] | None) -> set[str]:
    """What is to be there: what is there now, with the changes that were made to what was shown."""
    return wanted if shown is None else (there - (set(shown) - wanted)) | (wanted - set(shown))


def write_criteria(
    store: Store, reader: Reader, case_id: UUID, criteria: Collection[str], now: datetime, *, shown: Collection[str] | None = None
) -> None:
    """Which of IRCC's common criteria are met; ``shown`` as for needs. Raises ``NotFound`` and :class:`CaseFileError`."""
    require(reader, Permission.WRITE_CASES)
    wanted = set(criteria)
    if not wanted <= set(ALL_CRITERIA):
        raise CaseFileError("criteria", "unknown")
    with store.writing(reader) as session:
        case = locked(session, case_id)
        there = set(session.exec(select(CaseCriterion.criterion).where(CaseCriterion.case_id == case.id)))
        wanted = _over(there, wanted, shown)
        if gone := there - wanted:
            session.exec(delete(CaseCriterion).where(col(CaseCriterion.case_id) == case.id, col(CaseCriterion.criterion).in_(gone)))
        for criterion in sorted(wanted - there):
            session.add(CaseCriterion(agency_id=case.agency_id, case_id=case.id, criterion=criterion))
        audit(session, reader, "case.criteria", case.id, now, criteria=len(wanted))


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """One contact as it is typed."""

    day: date
    method: ContactMethod
    reached: bool = True
    minutes: int | None = None
    interpreter: bool = False
    read_aloud: bool = False
    note: str = ""


def write_contact(store: Store, reader: Reader, case_id: UUID, contact: Contact, now: datetime) -> UUID:
    """A contact, or why there was none: a contact that was not reached needs a note (CCMM report §2: "or document why not")."""
    require(reader, Permission.WRITE_CASES)
    with store.writing(reader) as session:
        case = locked(session, case_id)
        if contact.minutes is not None and not 0 < contact.minutes <= _MINUTES:
            raise CaseFileError("minutes", "out_of_range")
        row = ContactNote(
            agency_id=case.agency_id,
            case_id=case.id,
            day=past_day("day", contact.day, today_of(session, now), now),
            method=contact.method,
            reached=contact.reached,
            minutes=contact.minutes,
            interpreter=contact.interpreter,
            read_aloud=contact.read_aloud,
            note=text("note", contact.note, needed=not contact.reached),
            written_at=now,
            staff_id=reader.staff_id,
        )
        session.add(row)
        audit(session, reader, "case.contact", case.id, now, method=contact.method.value, reached=contact.reached)
        return row.id
