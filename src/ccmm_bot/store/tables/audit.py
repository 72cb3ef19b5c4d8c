"""Who did what: written in the same transaction as what it records, never changed."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import Index
from sqlmodel import Field

from ccmm_bot.store.tables.base import AgencyRow, instant, of_type
from ccmm_bot.store.types import PlainJson, enum_type


class Actor(StrEnum):
    """Who acted."""

    PERSON = "person"
    STAFF = "staff"
    SYSTEM = "system"


class Audit(AgencyRow, table=True):
    """One entry. ``detail`` holds ids, codes and counts, never anything personal."""

    __table_args__ = (Index("ix_audit_subject", "subject_kind", "subject_id"), Index("ix_audit_at", "agency_id", "at"))

    at: datetime = instant()
    actor_kind: Actor = of_type(enum_type(Actor))
    actor_id: UUID | None = None
    action: str = Field(max_length=64)  # "message.received", "flag.resolved", …
    subject_kind: str = Field(max_length=32)
    subject_id: UUID | None = None
    detail: dict[str, Any] = of_type(PlainJson, default={})
