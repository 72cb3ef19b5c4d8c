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
    """One entry. ``detail`` holds ids, codes and counts, never anything personal.

    ``seal_no`` and ``seal`` are written once, a moment later: see :mod:`ccmm_bot.store.sealing`.
    """

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
        # Only what has no seal yet is in it: some entries of the last minute.
        Index(
            "ix_audit_unsealed",
            "agency_id",
            "id",
            sqlite_where=text("seal_no IS NULL"),
            postgresql_where=text("seal_no IS NULL"),
        ),
        Index("uq_audit_seal", "agency_id", "seal_no", unique=True),
        SMALL_ROWS,
    )

    at: datetime = instant()
    actor_kind: Actor = of_type(enum_type(Actor))
    actor_id: UUID | None = None
    action: str = Field(max_length=64)  # "message.received", "flag.resolved", …
    subject_kind: str = Field(max_length=32)
    subject_id: UUID | None = None
    detail: dict[str, Any] = of_type(PlainJson, default={})
    seal_no: int | None = None  # the entry's place in its agency's chain, from 1
    seal: bytes | None = None  # keyed hash of the entry and of the seal before it
