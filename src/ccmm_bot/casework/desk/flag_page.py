"""One flag with everything that happened to it, in order."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlmodel import Session, col, select

from ccmm_bot.casework.access.policy import NotFound, Permission, Reader, require
from ccmm_bot.casework.desk.flags import colleagues
from ccmm_bot.dialogue.model import Severity
from ccmm_bot.store.session import Store
from ccmm_bot.store.tables import Flag, FlagEscalation, FlagEvent, FlagStatus, Person, Staff


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One entry of the history. ``kind`` is a FlagEventKind's value, "raised", "raised_again" or "escalated"."""

    kind: str
    at: datetime
    who: str | None = None
    note: str | None = None
    detail: dict[str, Any]
    to: str | None = None  # the colleague it was given to


@dataclass(frozen=True, slots=True, kw_only=True)
class FlagPage:
    """The page. ``history`` is oldest first."""

    id: UUID
    person_id: UUID
    code: str
    name: str | None
    language: str | None
    reason: str
    severity: Severity
    open: bool
    revision: int
    occurrences: int
    last_at: datetime
    due_at: datetime | None
    overdue: bool
    snoozed_until: datetime | None
    assigned_to: UUID | None
    assignee: str | None
    outcome: str | None
    note: str | None
    history: tuple[Event, ...]
    colleagues: tuple[tuple[UUID, str], ...]


def flag_page(store: Store, reader: Reader, flag_id: UUID, now: datetime) -> FlagPage:
    """A fixed number of queries. Raises :class:`NotFound`."""
    require(reader, Permission.READ_CASES)
    with store.reading(reader) as session:
        found = session.exec(select(Flag, Person).join(Person, col(Person.id) == Flag.person_id).where(Flag.id == flag_id)).first()
        if found is None:
            raise NotFound("There is no such flag.")
        flag, person = found
        names = dict(session.exec(select(Staff.id, Staff.name)).all())
        return FlagPage(
            id=flag.id,
            person_id=person.id,
            code=person.code,
            name=person.name,
            language=person.language,
            reason=flag.reason,
            severity=flag.severity,
            open=flag.status is FlagStatus.OPEN,
            revision=flag.revision,
            occurrences=flag.occurrences,
            last_at=flag.last_at,
            due_at=flag.due_at,
            overdue=flag.status is FlagStatus.OPEN and flag.due_at is not None and flag.due_at <= now,
            snoozed_until=flag.snoozed_until if is_asleep(flag, now) else None,
            assigned_to=flag.assigned_to,
            assignee=names.get(flag.assigned_to) if flag.assigned_to else None,
            outcome=flag.outcome,
            note=flag.note,
            history=_history(session, flag, names),
            colleagues=colleagues(session),
        )


def is_asleep(flag: Flag, now: datetime) -> bool:
    """Whether it is put off, and nothing has happened to it since."""
    if flag.snoozed_until is None or flag.snoozed_at is None:
        return False
    return flag.snoozed_until > now and flag.last_at <= flag.snoozed_at


def _history(session: Session, flag: Flag, names: dict[UUID, str]) -> tuple[Event, ...]:
    events = [Event(kind="raised", at=flag.first_at, detail={})]
    if flag.occurrences > 1:
        events.append(Event(kind="raised_again", at=flag.last_at, detail={"times": flag.occurrences}))
    steps = session.exec(select(FlagEscalation).where(FlagEscalation.flag_id == flag.id))
    events.extend(Event(kind="escalated", at=step.at, detail={"level": step.level}) for step in steps)
    for each in session.exec(select(FlagEvent).where(FlagEvent.flag_id == flag.id).order_by(col(FlagEvent.id))):
        to = each.detail.get("to")
        events.append(
            Event(
                kind=each.kind.value,
                at=each.at,
                who=names.get(each.staff_id),
                note=each.note,
                detail=each.detail,
                to=names.get(UUID(to)) if to else None,
            )
        )
    return tuple(sorted(events, key=lambda event: event.at))
