"""What people answered and agreed to, and what a human should look at."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Index, UniqueConstraint, bindparam, text
from sqlmodel import Field, col

from ccmm_bot.dialogue.model import ItemType, Severity
from ccmm_bot.messages import ChannelKind
from ccmm_bot.store.tables.base import SMALL_ROWS, AgencyRow, instant, of_type, sealed_json, sealed_text, where_set
from ccmm_bot.store.types import PlainJson, enum_type


class Response(AgencyRow, table=True):
    """The latest answer to one item in one run. UNIQUE (run, item) is the promise that an answer counts once.

    Coded answers (options, scales, numbers, a place's id) are in ``value``; text, phone numbers and dates are personal and in
    ``value_sealed``. A skipped item has ``skipped`` and neither.
    """

    __table_args__ = (UniqueConstraint("run_id", "item"), SMALL_ROWS)

    run_id: UUID = Field(foreign_key="dialogue_run.id")
    item: str = Field(max_length=64)
    type: ItemType = of_type(enum_type(ItemType))
    value: Any = of_type(PlainJson, null=True)
    value_sealed: Any = sealed_json("response.value", null=True)
    skipped: bool = False
    raw: str = sealed_text("response.raw")  # as typed, or what the button said
    language: str | None = Field(default=None, max_length=16)
    channel: ChannelKind = of_type(enum_type(ChannelKind))
    instrument: str | None = Field(default=None, max_length=64)
    instrument_version: int | None = None
    wording_key: str = Field(max_length=200)
    wording_hash: str = Field(max_length=64)  # SHA-256 of the English wording
    asked_at: datetime = instant()
    answered_at: datetime = instant()
    revision: int = 1


class ResponseHistory(AgencyRow, table=True):
    """An answer that was changed later (after "back")."""

    __tablename__ = "response_history"
    __table_args__ = (UniqueConstraint("run_id", "item", "revision"), SMALL_ROWS)

    run_id: UUID = Field(foreign_key="dialogue_run.id")
    item: str = Field(max_length=64)
    value: Any = of_type(PlainJson, null=True)
    value_sealed: Any = sealed_json("response.value", null=True)
    skipped: bool = False
    raw: str = sealed_text("response.raw")
    answered_at: datetime = instant()
    revision: int


class Consent(AgencyRow, table=True):
    """Proof of one consent given or refused (CASL s. 13: who says there is consent has to prove it)."""

    __table_args__ = (Index("ix_consent_person", "person_id", "kind", "at"),)

    person_id: UUID = Field(foreign_key="person.id")
    conversation_id: UUID | None = Field(default=None, foreign_key="conversation.id", index=True)
    kind: str = Field(max_length=32)  # service, research, contact
    given: bool
    wording: str | None = None  # the question as shown, in ``language``
    wording_key: str | None = Field(default=None, max_length=200)
    language: str | None = Field(default=None, max_length=16)
    channel: ChannelKind | None = of_type(enum_type(ChannelKind), null=True)
    dialogue_id: str | None = Field(default=None, max_length=64)
    dialogue_version: int | None = None
    dialogue_hash: str | None = Field(default=None, max_length=64)
    at: datetime = instant()
    recorded_by: UUID | None = Field(default=None, foreign_key="staff.id")


class FlagStatus(StrEnum):
    """Whether somebody still has to look."""

    OPEN = "open"
    RESOLVED = "resolved"


class Flag(AgencyRow, table=True):
    """A human should look. One open flag per person and reason gathers its repeats."""

    __table_args__ = (
        Index(
            "uq_flag_open",
            "person_id",
            "reason",
            unique=True,
            sqlite_where=text("status = 'open'"),
            postgresql_where=text("status = 'open'"),
        ),
        Index("ix_flag_agency", "agency_id", "status", "last_at"),
        Index(
            "ix_flag_new",
            "last_at",
            sqlite_where=text("due_at IS NULL AND status = 'open'"),
            postgresql_where=text("due_at IS NULL AND status = 'open'"),
        ),
        Index("ix_flag_late", "escalate_at", sqlite_where=text("status = 'open'"), postgresql_where=text("status = 'open'")),
        where_set("flag", "run_id"),
        where_set("flag", "case_id"),
    )

    person_id: UUID = Field(foreign_key="person.id", index=True)
    conversation_id: UUID | None = Field(default=None, foreign_key="conversation.id", index=True)
    run_id: UUID | None = Field(default=None, foreign_key="dialogue_run.id")
    case_id: UUID | None = Field(default=None, foreign_key="case.id")
    reason: str = Field(max_length=64)
    severity: Severity = of_type(enum_type(Severity))
    items: list[str] = of_type(PlainJson, default=[])  # names of the items whose answers belong to it
    status: FlagStatus = of_type(enum_type(FlagStatus), default=FlagStatus.OPEN)
    occurrences: int = 1
    first_at: datetime = instant()
    last_at: datetime = instant()
    due_at: datetime | None = instant(null=True)  # until when somebody should have looked; None: not triaged yet
    assigned_to: UUID | None = Field(default=None, foreign_key="staff.id")  # the case manager of the person's case
    level: int = 0  # who was told that nobody looked in time: 0 nobody, 1 the supervisors, 2 the administrators
    escalate_at: datetime | None = instant(null=True)  # when the next level is told; None: nobody is left to tell
    snoozed_at: datetime | None = instant(null=True)  # what happens after it wakes the flag
    snoozed_until: datetime | None = instant(null=True)
    revision: int = Field(default=1, sa_column_kwargs={"server_default": "1"})  # rises with what staff do: two notice each other
    resolved_at: datetime | None = instant(null=True)
    resolved_by: UUID | None = Field(default=None, foreign_key="staff.id")
    outcome: str | None = Field(default=None, max_length=32)  # information_given, referral_made … (casework.flags)
    note: str | None = sealed_text("flag.note", null=True)


def is_open() -> ColumnElement[bool]:
    """Whether a flag is open, said in the statement itself: only then does SQLite go by the index over those that are."""
    return col(Flag.status) == bindparam("open", FlagStatus.OPEN, type_=enum_type(FlagStatus), literal_execute=True, unique=True)
