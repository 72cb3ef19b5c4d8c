"""What other systems read: plain records, page by page, the oldest first, so that a system that follows along misses none.

Every page is cut by id, which sorts by time. A record that changes keeps its place; that it changed is told by a webhook.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime
from enum import Enum
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar
from uuid import UUID

from sqlmodel import col, select

from ccmm_bot.casework.access.policy import Permission, Reader, require
from ccmm_bot.store.session import Store
from ccmm_bot.store.tables import Case, DialogueRun, Flag, FlagStatus, FollowUp, Person, Referral, Response

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

MOST: Final = 200

T = TypeVar("T", bound="DataclassInstance")


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
    return _slice(store, reader, Person, PersonRecord, after, limit)


def cases(store: Store, reader: Reader, *, after: UUID | None, limit: int, person_id: UUID | None = None) -> Slice[CaseRecord]:
    """Cases."""
    return _slice(store, reader, Case, CaseRecord, after, limit, person_id=person_id)


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
    return _slice(store, reader, Flag, FlagRecord, after, limit, person_id=person_id, status=status)


def follow_ups(
    store: Store, reader: Reader, *, after: UUID | None, limit: int, person_id: UUID | None = None
) -> Slice[FollowUpRecord]:
    """Follow-ups."""
    return _slice(store, reader, FollowUp, FollowUpRecord, after, limit, person_id=person_id)


def referrals(
    store: Store, reader: Reader, *, after: UUID | None, limit: int, person_id: UUID | None = None
) -> Slice[ReferralRecord]:
    """Referrals."""
    return _slice(store, reader, Referral, ReferralRecord, after, limit, person_id=person_id)


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


def _slice(store: Store, reader: Reader, table: Any, record: type[T], after: UUID | None, limit: int, **only: object) -> Slice[T]:
    """One page of a table's rows: those whose columns have the values of ``only``, where one is given."""
    require(reader, Permission.READ_CASES)
    wanted = select(table).where(*(getattr(table, name) == value for name, value in only.items() if value is not None))
    if after is not None:
        wanted = wanted.where(table.id > after)
    with store.reading(reader) as session:
        rows = session.exec(wanted.order_by(table.id).limit(limit + 1)).all()
        items = [_record(record, row) for row in rows[:limit]]
    return Slice(items=items, next=rows[limit - 1].id if len(rows) > limit else None)


def _record(record: type[T], row: Any) -> T:
    """The columns of a row that a record has a field for; of a code, the code itself."""
    values = {each.name: getattr(row, each.name) for each in fields(record)}
    return record(**{name: value.value if isinstance(value, Enum) else value for name, value in values.items()})


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
