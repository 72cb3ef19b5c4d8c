"""The opt-out ledger: who stopped our messages and who wants them again, when, and how we know."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import Index
from sqlmodel import Field

from ccmm_bot.store.tables.base import AgencyRow, instant, of_type, where_set
from ccmm_bot.store.types import enum_type


class OptOutSource(StrEnum):
    """How we know."""

    KEYWORD = "keyword"  # the person wrote STOP or START, in any language, or tapped it
    PROVIDER = "provider"  # the provider told us: a keyword it answered itself, a refused send, a blocked bot
    STAFF = "staff"  # somebody at the agency wrote down what the person said


class OptOutEntry(AgencyRow, table=True):
    """One change, never altered. The latest one of a contact point is what ``ContactPoint.opted_out_at`` says.

    CASL s. 11(3) wants an unsubscribe honoured without delay, s. 13 puts the proof of consent on the sender: this is both.
    """

    __tablename__ = "opt_out_entry"
    __table_args__ = (Index("ix_opt_out_entry_contact", "contact_point_id", "at"), where_set("opt_out_entry", "inbound_id"))

    contact_point_id: UUID = Field(foreign_key="contact_point.id")
    at: datetime = instant()
    opted_out: bool
    source: OptOutSource = of_type(enum_type(OptOutSource))
    code: str | None = Field(default=None, max_length=32)  # "21610", "63014", "403", "blocked", "in_person", …
    language: str | None = Field(default=None, max_length=16)
    inbound_id: UUID | None = Field(default=None, foreign_key="inbound.id")  # the message that said it
    staff_id: UUID | None = Field(default=None, foreign_key="staff.id")
