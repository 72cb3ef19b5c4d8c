"""Who did what: written in the same transaction as what it records, never changed."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import Index, text
from sqlmodel import Field

from ccmm_bot.store.tables.base import SMALL_ROWS, AgencyRow, instant, of_type
from ccmm_bot.store.types import PlainJson, enum_type


class Actor(StrEnum):
    """Who acted."""

    PERSON = "person"
    STAFF = "staff"
    SYSTEM = "system"


class Audit(AgencyRow, table=True):
    """One entry. ``detail`` holds ids, codes and counts, never anything personal."""

    __table_args__ = (
        # Every message has an entry of its own; nobody looks those up by their subject.
        Index(
            "ix_audit_subject",
            "subject_kind",
            "subject_id",
            sqlite_where=text("subject_kind <> 'inbound'"),
            postgresql_where=text("subject_kind <> 'inbound'"),
        ),
        Index("ix_audit_at", "agency_id", "at"),
        SMALL_ROWS,
    )

    at: datetime = instant()
    actor_kind: Actor = of_type(enum_type(Actor))
    actor_id: UUID | None = None
    action: str = Field(max_length=64)  # "message.received", "flag.resolved", …
    subject_kind: str = Field(max_length=32)
    subject_id: UUID | None = None
    detail: dict[str, Any] = of_type(PlainJson, default={})
