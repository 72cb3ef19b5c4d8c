"""A person whom a case manager opened although she is not hers: with a reason, for some hours (break glass)."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index
from sqlmodel import Field

from ccmm_bot.store.tables.base import AgencyRow, instant, sealed_text


class PersonOpening(AgencyRow, table=True):
    """One opening; it counts until ``until``, or ``ended_at`` where that came first."""

    __tablename__ = "person_opening"
    __table_args__ = (Index("ix_person_opening_staff", "staff_id", "until"), Index("ix_person_opening_at", "agency_id", "at"))

    person_id: UUID = Field(foreign_key="person.id", index=True)
    staff_id: UUID = Field(foreign_key="staff.id")
    reason: str = sealed_text("person_opening.reason")
    at: datetime = instant()
    until: datetime = instant()
    ended_at: datetime | None = instant(null=True)
