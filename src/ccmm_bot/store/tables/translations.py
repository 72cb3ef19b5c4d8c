"""What a machine makes of the words people write, for staff to read. Kept beside the original, never in its place."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import Index, UniqueConstraint, text
from sqlmodel import Field

from ccmm_bot.store.tables.base import AgencyRow, instant, of_type, sealed_text
from ccmm_bot.store.types import enum_type


class TranslationState(StrEnum):
    """How far it got."""

    PENDING = "pending"
    OK = "ok"
    NO_MODEL = "no_model"  # nothing translates this pair of languages here: ask a speaker
    ERROR = "error"  # there is a model, and it failed


class Translation(AgencyRow, table=True):
    """One message in one language staff read. UNIQUE (message, language). Never sent to anybody, never in a catalogue."""

    __table_args__ = (
        UniqueConstraint("inbound_id", "language"),
        Index(
            "ix_translation_wake",
            "wake_at",
            sqlite_where=text("wake_at IS NOT NULL"),
            postgresql_where=text("wake_at IS NOT NULL"),
        ),
    )

    inbound_id: UUID = Field(foreign_key="inbound.id")
    language: str = Field(max_length=16)  # what it is translated into
    source: str = Field(max_length=16)  # what the original is taken for
    state: TranslationState = of_type(enum_type(TranslationState), default=TranslationState.PENDING)
    text: str | None = sealed_text("translation.text", null=True)
    model: str | None = Field(default=None, max_length=200)  # the packages it went through, with their versions
    looks: int = 0  # how often it was given to a job
    wake_at: datetime | None = instant(null=True)  # when a job is to look at it; null: it is settled
    made_at: datetime | None = instant(null=True)
    created_at: datetime = instant()
