"""Who did what, page by page, for auditors. An entry names staff; people are ids only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlmodel import Session, col, select

from ccmm_bot.casework.access.policy import Permission, Reader, require
from ccmm_bot.store.session import Store
from ccmm_bot.store.tables import (
    Actor,
    Agency,
    Appointment,
    Audit,
    Case,
    Conversation,
    Flag,
    Invitation,
    Person,
    Referral,
    Staff,
)

PAGE: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One entry. ``who`` is a colleague's name; ``None`` for a person or for the service itself."""

    id: UUID
    at: datetime
    actor: Actor
    who: str | None
    action: str
    subject_kind: str
    subject_id: UUID | None
    detail: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Entries, the latest first. ``older``: the id to go on after; ``None`` at the end."""

    entries: Sequence[Entry]
    older: UUID | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What of the audit somebody wants to see; everything where nothing is said."""

    staff_only: bool = False  # what colleagues did, without the service's own work
    staff: UUID | None = None
    action: str = ""
    code: str = ""  # of a person: what is about her, her cases, her flags and her conversations
    since: date | None = None  # days of the agency, both included
    until: date | None = None


def audit_log(store: Store, reader: Reader, asked: Asked, *, before: UUID | None = None) -> Page:
    """One page. A code that is nobody's finds nothing."""
    require(reader, Permission.READ_AUDIT)
    # In the order of the index by agency and time: by their ids alone, all of an agency's would be put in order for a page of them.
    wanted = select(Audit).order_by(col(Audit.at).desc(), col(Audit.id).desc()).limit(PAGE + 1)
    if asked.staff_only:
        wanted = wanted.where(Audit.actor_kind == Actor.STAFF)
    if asked.staff is not None:
        wanted = wanted.where(Audit.actor_id == asked.staff)
    if asked.action:
        wanted = wanted.where(Audit.action == asked.action)
    with store.reading(reader) as session:
        if before is not None:
            shown_last = session.exec(select(Audit.at).where(Audit.id == before)).first()
            if shown_last is not None:
                wanted = wanted.where(
                    (col(Audit.at) < shown_last) | ((col(Audit.at) == shown_last) & (col(Audit.id) < before)),
                    col(Audit.at) <= shown_last,
                )
        zone = ZoneInfo(session.exec(select(Agency.timezone)).one())
        if asked.since is not None:
            wanted = wanted.where(col(Audit.at) >= datetime.combine(asked.since, time.min, zone))
        if asked.until is not None:
            wanted = wanted.where(col(Audit.at) < datetime.combine(asked.until + timedelta(days=1), time.min, zone))
        if asked.code.strip():
            wanted = wanted.where(col(Audit.subject_id).in_(_of_person(session, asked.code)))
        rows = session.exec(wanted).all()
        names = dict(session.exec(select(Staff.id, Staff.name)).all())
    shown = rows[:PAGE]
    return Page(
        entries=[
            Entry(
                id=row.id,
                at=row.at,
                actor=row.actor_kind,
                who=names.get(row.actor_id) if row.actor_id else None,
                action=row.action,
                subject_kind=row.subject_kind,
                subject_id=row.subject_id,
                detail=row.detail,
            )
            for row in shown
        ],
        older=shown[-1].id if len(rows) > PAGE else None,
    )


def colleagues(store: Store, reader: Reader) -> Sequence[tuple[UUID, str]]:
    """Everybody who has or had an account, by name."""
    require(reader, Permission.READ_AUDIT)
    with store.reading(reader) as session:
        return [(key, name) for key, name in session.exec(select(Staff.id, Staff.name).order_by(Staff.name))]


def _of_person(session: Session, code: str) -> list[UUID]:
    """The person with a code, and the ids of what is hers that entries name."""
    people = session.exec(select(Person.id).where(Person.code == code.strip().upper())).all()
    found = list(people)
    for table in (Case, Flag, Conversation, Appointment, Referral, Invitation):
        found += session.exec(select(table.id).where(col(table.person_id).in_(people))).all()
    return found
