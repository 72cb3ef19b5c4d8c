"""Who did what, page by page, for auditors. An entry names staff; people are ids only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlmodel import col, select

from ccmm_bot.casework.access.policy import Permission, Reader, require
from ccmm_bot.store.session import Store
from ccmm_bot.store.tables import Actor, Audit, Staff

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


def audit_log(store: Store, reader: Reader, *, staff_only: bool, before: UUID | None = None) -> Page:
    """One page. ``staff_only``: what colleagues did, without the service's own work."""
    require(reader, Permission.READ_AUDIT)
    wanted = select(Audit).order_by(col(Audit.id).desc()).limit(PAGE + 1)
    if staff_only:
        wanted = wanted.where(Audit.actor_kind == Actor.STAFF)
    if before is not None:
        wanted = wanted.where(col(Audit.id) < before)
    with store.reading(reader) as session:
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
