"""What staff did about a flag, what they mean to do next, and where they sent somebody."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import Index, UniqueConstraint, text
from sqlmodel import Field

from ccmm_bot.store.tables.base import AgencyRow, instant, of_type, sealed_text, where_set
from ccmm_bot.store.types import PlainJson, enum_type


class FlagEventKind(StrEnum):
    """What somebody did with a flag."""

    RESOLVED = "resolved"
    REASSIGNED = "reassigned"
    SNOOZED = "snoozed"
    WOKEN = "woken"  # not snoozed any more, before its time


class FlagEvent(AgencyRow, table=True):
    """One entry of a flag's history; never changed."""

    __tablename__ = "flag_event"

    flag_id: UUID = Field(foreign_key="flag.id", index=True)
    kind: FlagEventKind = of_type(enum_type(FlagEventKind))
    detail: dict[str, Any] = of_type(PlainJson, default={})  # ids, codes and dates
    note: str | None = sealed_text("flag_event.note", null=True)
    at: datetime = instant()
    staff_id: UUID = Field(foreign_key="staff.id")


class NextStep(AgencyRow, table=True):
    """Something to do for a person on a day; on the page of that day until somebody has done it."""

    __tablename__ = "next_step"
    __table_args__ = (
        Index("ix_next_step_open", "due_on", sqlite_where=text("done_at IS NULL"), postgresql_where=text("done_at IS NULL")),
        where_set("next_step", "flag_id"),
    )

    person_id: UUID = Field(foreign_key="person.id", index=True)
    flag_id: UUID | None = Field(default=None, foreign_key="flag.id")
    staff_id: UUID = Field(foreign_key="staff.id")  # whose it is
    text: str = sealed_text("next_step.text")
    due_on: date
    created_at: datetime = instant()
    done_at: datetime | None = instant(null=True)
    done_by: UUID | None = Field(default=None, foreign_key="staff.id")


class ReferralOutcome(StrEnum):
    """What came of a referral (CCMM report §7)."""

    RECEIVED = "received"
    NOT_RECEIVED = "not_received"
    UNKNOWN = "unknown"


class Referral(AgencyRow, table=True):
    """A person was sent to another service, with her consent. ``outcome`` is ``None`` until anybody has said anything about it.

    The answer to the bot's check comes in through ``follow_up_id`` and is read there; what staff write down stands above it.
    """

    person_id: UUID = Field(foreign_key="person.id", index=True)
    case_id: UUID | None = Field(default=None, foreign_key="case.id", index=True)
    domain: str = Field(max_length=32)  # the need it is for
    destination: str = sealed_text("referral.destination")
    note: str | None = sealed_text("referral.note", null=True)
    consent_id: UUID = Field(foreign_key="consent.id", index=True)
    check_on: date | None = None  # when the bot asks whether help came
    follow_up_id: UUID | None = Field(default=None, foreign_key="follow_up.id", index=True)
    outcome: ReferralOutcome | None = of_type(enum_type(ReferralOutcome), null=True)
    outcome_at: datetime | None = instant(null=True)
    outcome_by: UUID | None = Field(default=None, foreign_key="staff.id")
    revision: int = 1
    created_at: datetime = instant()
    staff_id: UUID = Field(foreign_key="staff.id")


class HandBack(AgencyRow, table=True):
    """When a conversation a human has taken over goes back to the bot by itself. UNIQUE (conversation)."""

    __tablename__ = "hand_back"
    __table_args__ = (UniqueConstraint("conversation_id"), Index("ix_hand_back_at", "at"))

    conversation_id: UUID = Field(foreign_key="conversation.id")
    at: datetime = instant()
    staff_id: UUID = Field(foreign_key="staff.id")  # who said so
