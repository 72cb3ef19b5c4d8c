"""Cases in their six stages, and the follow-ups that belong to them (CCMM report, stages and clocks)."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import Index, UniqueConstraint, text
from sqlmodel import Field

from ccmm_bot.store.tables.base import AgencyRow, instant, of_type, sealed_json, sealed_text
from ccmm_bot.store.types import enum_type


class Stage(StrEnum):
    """The six stages of a case."""

    PRE_INTAKE = "pre_intake"
    INTAKE = "intake"
    ASSESSMENT_PLANNING = "assessment_planning"
    IMPLEMENTATION_MONITORING = "implementation_monitoring"
    EXIT = "exit"
    FOLLOW_UP = "follow_up"


class CaseModel(StrEnum):
    """Which model of case management the case is served under; the evaluation compares the two."""

    ORIGINAL = "original"
    ENHANCED = "enhanced"


class NeedIntensity(StrEnum):
    """How much time a case takes: 4–5 contacts a month, or 2–5 a week (CCMM report §3)."""

    LOW = "low"
    HIGH = "high"


class Case(AgencyRow, table=True):
    """Case management for one person, or for one household."""

    person_id: UUID | None = Field(default=None, foreign_key="person.id", index=True)
    household_id: UUID | None = Field(default=None, foreign_key="household.id", index=True)
    stage: Stage = of_type(enum_type(Stage), default=Stage.PRE_INTAKE)
    model: CaseModel = of_type(enum_type(CaseModel), default=CaseModel.ENHANCED)
    case_manager_id: UUID | None = Field(default=None, foreign_key="staff.id", index=True)
    opened_at: datetime = instant()
    exit_date: date | None = None
    planned_end: date | None = None  # active case management lasts 12 to 18 months (CCMM report §2)
    need_intensity: NeedIntensity | None = of_type(enum_type(NeedIntensity), null=True)
    rationale: str | None = sealed_text("case.rationale", null=True)  # why one household case, or individual ones
    revision: int = 1  # rises with each change: two people editing the case notice each other


class FollowUpStatus(StrEnum):
    """How far a follow-up got."""

    SCHEDULED = "scheduled"
    DUE = "due"
    SENT = "sent"
    IN_PROGRESS = "in_progress"
    ANSWERED = "answered"
    PARTLY_ANSWERED = "partly_answered"
    DECLINED = "declined"
    MISSED = "missed"
    UNREACHABLE = "unreachable"
    CANCELLED = "cancelled"


class FollowUp(AgencyRow, table=True):
    """One thing we start for a case. UNIQUE (case, kind, occurrence) is the promise that it happens once."""

    __tablename__ = "follow_up"
    __table_args__ = (
        UniqueConstraint("case_id", "kind", "occurrence"),
        # Whatever the number of rows, only those somebody has to look at are in it.
        Index(
            "ix_follow_up_wake",
            "wake_at",
            sqlite_where=text("wake_at IS NOT NULL"),
            postgresql_where=text("wake_at IS NOT NULL"),
        ),
    )

    case_id: UUID = Field(foreign_key="case.id")
    person_id: UUID = Field(foreign_key="person.id", index=True)
    kind: str = Field(max_length=64)
    occurrence: int = 1
    due_on: date | None = None  # the day it is due in the agency's time zone; ``due_at`` is the moment on it
    due_at: datetime = instant()
    status: FollowUpStatus = of_type(enum_type(FollowUpStatus), default=FollowUpStatus.SCHEDULED)
    reason: str | None = Field(default=None, max_length=64)  # why it is as it is, or what it waits for (followup.deciding)
    updated_at: datetime | None = instant(null=True)
    wake_at: datetime | None = instant(null=True)  # when it has to be looked at next; null: not before something happens to it
    waiting_since: datetime | None = instant(null=True)  # for what ``reason`` says
    facts: dict[str, Any] | None = sealed_json("follow_up.facts", null=True)  # what fills the slots of its dialogue
    looks: int = 0  # how often it has been looked at: part of the job's name, so that each look is a job of its own


class FollowUpAttempt(AgencyRow, table=True):
    """A follow-up was begun at one contact point. UNIQUE (follow-up, conversation): it is not begun there twice."""

    __tablename__ = "follow_up_attempt"
    __table_args__ = (UniqueConstraint("follow_up_id", "conversation_id"),)

    follow_up_id: UUID = Field(foreign_key="follow_up.id")
    conversation_id: UUID = Field(foreign_key="conversation.id", index=True)
    begun_at: datetime = instant()
