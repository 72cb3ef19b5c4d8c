"""Cases in their six stages, and the follow-ups that belong to them (CCMM report, stages and clocks)."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import Index, UniqueConstraint, text
from sqlmodel import Field

from ccmm_bot.store.tables.base import AgencyRow, instant, of_type
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


class Case(AgencyRow, table=True):
    """Case management for one person, or for one household."""

    person_id: UUID | None = Field(default=None, foreign_key="person.id", index=True)
    household_id: UUID | None = Field(default=None, foreign_key="household.id", index=True)
    stage: Stage = of_type(enum_type(Stage), default=Stage.PRE_INTAKE)
    model: CaseModel = of_type(enum_type(CaseModel), default=CaseModel.ENHANCED)
    case_manager_id: UUID | None = Field(default=None, foreign_key="staff.id", index=True)
    opened_at: datetime = instant()
    exit_date: date | None = None


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
        Index(
            "ix_follow_up_due",
            "due_at",
            sqlite_where=text("status = 'scheduled'"),
            postgresql_where=text("status = 'scheduled'"),
        ),
    )

    case_id: UUID = Field(foreign_key="case.id")
    person_id: UUID = Field(foreign_key="person.id", index=True)
    kind: str = Field(max_length=64)
    occurrence: int = 1
    due_at: datetime = instant()
    status: FollowUpStatus = of_type(enum_type(FollowUpStatus), default=FollowUpStatus.SCHEDULED)
    reason: str | None = Field(default=None, max_length=64)
    updated_at: datetime | None = instant(null=True)
