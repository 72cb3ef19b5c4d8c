"""What other systems read: plain records, page by page, the oldest first, so that a system that follows along misses none.

Every page is cut by id, which sorts by time. A record that changes keeps its place; that it changed is told by a webhook.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final, Generic, TypeVar
from uuid import UUID

from sqlmodel import col, select

from ccmm_bot.casework.access.policy import Permission, Reader, require
from ccmm_bot.store.session import Store
from ccmm_bot.store.tables import Case, DialogueRun, Flag, FlagStatus, FollowUp, Person, Referral, Response

MOST: Final = 200

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Slice(Generic[T]):
    """One page. ``next``: the id to go on after; ``None`` at the end."""

    items: Sequence[T]
    next: UUID | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonRecord:
    """Somebody the agency serves."""

    id: UUID
    code: str
    name: str | None
    language: str | None
    household_id: UUID | None
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseRecord:
    """A case of a person, or of a household."""

    id: UUID
    person_id: UUID | None
    household_id: UUID | None
    stage: str
    model: str
    case_manager_id: UUID | None
    opened_at: datetime
    exit_date: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FlagRecord:
    """Something a human should look at, or has."""

    id: UUID
    person_id: UUID
    case_id: UUID | None
    reason: str
    severity: str
    status: str
    occurrences: int
    first_at: datetime
    last_at: datetime
    due_at: datetime | None
    resolved_at: datetime | None
    outcome: str | None
    note: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowUpRecord:
    """Something the service starts for a case."""

    id: UUID
    person_id: UUID
    case_id: UUID
    kind: str
    occurrence: int
    due_at: datetime
    status: str
    reason: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferralRecord:
    """A person was sent to another service."""

    id: UUID
    person_id: UUID
    case_id: UUID | None
    domain: str
    destination: str
    created_at: datetime
    outcome: str | None
    outcome_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ResponseRecord:
    """An answer. ``value`` is canonical: what an option means, not how it was worded."""

    id: UUID
    person_id: UUID
    run_id: UUID
    dialogue: str
    dialogue_version: int
    instrument: str | None
    item: str
    value: Any
    skipped: bool
    language: str | None
    channel: str
    answered_at: datetime
    revision: int


def persons(store: Store, reader: Reader, *, after: UUID | None, limit: int) -> Slice[PersonRecord]:
    """Everybody."""
    return _slice(store, reader, select(Person), Person, after, limit, _person)


def cases(store: Store, reader: Reader, *, after: UUID | None, limit: int, person_id: UUID | None = None) -> Slice[CaseRecord]:
    """Cases."""
    wanted = select(Case) if person_id is None else select(Case).where(Case.person_id == person_id)
    return _slice(store, reader, wanted, Case, after, limit, _case)


def flags(
    store: Store,
    reader: Reader,
    *,
    after: UUID | None,
    limit: int,
    person_id: UUID | None = None,
    status: FlagStatus | None = None,
) -> Slice[FlagRecord]:
    """Flags."""
    wanted = select(Flag) if person_id is None else select(Flag).where(Flag.person_id == person_id)
    wanted = wanted if status is None else wanted.where(Flag.status == status)
    return _slice(store, reader, wanted, Flag, after, limit, _flag)


def follow_ups(
    store: Store, reader: Reader, *, after: UUID | None, limit: int, person_id: UUID | None = None
) -> Slice[FollowUpRecord]:
    """Follow-ups."""
    wanted = select(FollowUp) if person_id is None else select(FollowUp).where(FollowUp.person_id == person_id)
    return _slice(store, reader, wanted, FollowUp, after, limit, _follow_up)


def referrals(
    store: Store, reader: Reader, *, after: UUID | None, limit: int, person_id: UUID | None = None
) -> Slice[ReferralRecord]:
    """Referrals."""
    wanted = select(Referral) if person_id is None else select(Referral).where(Referral.person_id == person_id)
    return _slice(store, reader, wanted, Referral, after, limit, _referral)


def responses(
    store: Store, reader: Reader, *, after: UUID | None, limit: int, person_id: UUID | None = None
) -> Slice[ResponseRecord]:
    """Answers, with the run they were given in. Two queries."""
    require(reader, Permission.READ_CASES)
    with store.reading(reader) as session:
        wanted = select(Response, DialogueRun).join(DialogueRun, col(DialogueRun.id) == Response.run_id)
        if person_id is not None:
            wanted = wanted.where(DialogueRun.person_id == person_id)
        if after is not None:
            wanted = wanted.where(col(Response.id) > after)
        rows = session.exec(wanted.order_by(col(Response.id)).limit(limit + 1)).all()
        items = [_response(row, run) for row, run in rows[:limit]]
    return Slice(items=items, next=items[-1].id if len(rows) > limit else None)


def _slice(
    store: Store, reader: Reader, wanted: Any, table: Any, after: UUID | None, limit: int, record: Callable[[Any], T]
) -> Slice[T]:
    require(reader, Permission.READ_CASES)
    if after is not None:
        wanted = wanted.where(table.id > after)
    with store.reading(reader) as session:
        rows = session.exec(wanted.order_by(table.id).limit(limit + 1)).all()
        items = [record(row) for row in rows[:limit]]
    return Slice(items=items, next=rows[limit - 1].id if len(rows) > limit else None)


def _person(row: Person) -> PersonRecord:
    return PersonRecord(
        id=row.id,
        code=row.code,
        name=row.name,
        language=row.language,
        household_id=row.household_id,
        created_at=row.created_at,
    )


def _case(row: Case) -> CaseRecord:
    return CaseRecord(
        id=row.id,
        person_id=row.person_id,
        household_id=row.household_id,
        stage=row.stage.value,
        model=row.model.value,
        case_manager_id=row.case_manager_id,
        opened_at=row.opened_at,
        exit_date=row.exit_date,
    )


def _flag(row: Flag) -> FlagRecord:
    return FlagRecord(
        id=row.id,
        person_id=row.person_id,
        case_id=row.case_id,
        reason=row.reason,
        severity=row.severity.value,
        status=row.status.value,
        occurrences=row.occurrences,
        first_at=row.first_at,
        last_at=row.last_at,
        due_at=row.due_at,
        resolved_at=row.resolved_at,
        outcome=row.outcome,
        note=row.note,
    )


def _follow_up(row: FollowUp) -> FollowUpRecord:
    return FollowUpRecord(
        id=row.id,
        person_id=row.person_id,
        case_id=row.case_id,
        kind=row.kind,
        occurrence=row.occurrence,
        due_at=row.due_at,
        status=row.status.value,
        reason=row.reason,
    )


def _referral(row: Referral) -> ReferralRecord:
    return ReferralRecord(
        id=row.id,
        person_id=row.person_id,
        case_id=row.case_id,
        domain=row.domain,
        destination=row.destination,
        created_at=row.created_at,
        outcome=None if row.outcome is None else row.outcome.value,
        outcome_at=row.outcome_at,
    )


def _response(row: Response, run: DialogueRun) -> ResponseRecord:
    return ResponseRecord(
        id=row.id,
        person_id=run.person_id,
        run_id=row.run_id,
        dialogue=run.dialogue_id,
        dialogue_version=run.dialogue_version,
        instrument=row.instrument,
        item=row.item,
        value=row.value if row.value is not None else row.value_sealed,
        skipped=row.skipped,
        language=row.language,
        channel=row.channel.value,
        answered_at=row.answered_at,
        revision=row.revision,
    )
