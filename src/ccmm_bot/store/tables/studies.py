"""Studies over several agencies: who leads one, which agencies joined it, and who evaluates it. And exports on their way."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import Index, UniqueConstraint, text
from sqlmodel import Field

from ccmm_bot.store.tables.base import AgencyRow, instant, of_type, sealed_bytes, sealed_text
from ccmm_bot.store.types import PlainJson, enum_type


class Study(AgencyRow, table=True):
    """A study; its agency is the one that leads it. The name is also what people's keys are made with, and never changes."""

    __table_args__ = (UniqueConstraint("name"),)

    name: str = Field(max_length=64)
    created_at: datetime = instant()
    created_by: UUID = Field(foreign_key="staff.id")


class StudyAgency(AgencyRow, table=True):
    """An agency joined a study: its pseudonymous data are in it. UNIQUE (study, agency)."""

    __tablename__ = "study_agency"
    __table_args__ = (UniqueConstraint("study_id", "agency_id"),)

    study_id: UUID = Field(foreign_key="study.id")
    joined_at: datetime = instant()
    joined_by: UUID = Field(foreign_key="staff.id")
    left_at: datetime | None = instant(null=True)


class StudyEvaluator(AgencyRow, table=True):
    """Somebody evaluates a study; the agency is that of the account. UNIQUE (study, account)."""

    __tablename__ = "study_evaluator"
    __table_args__ = (UniqueConstraint("study_id", "staff_id"),)

    study_id: UUID = Field(foreign_key="study.id")
    staff_id: UUID = Field(foreign_key="staff.id", index=True)
    since: datetime = instant()


class ExportState(StrEnum):
    """How far an export is."""

    WAITING = "waiting"
    RUNNING = "running"
    READY = "ready"
    FAILED = "failed"
    GONE = "gone"  # its time is over: the file is removed, what was taken stays in the log


class ExportRequest(AgencyRow, table=True):
    """An export somebody asked for, and its file for a while. What left is in :class:`ExportLog`, for good."""

    __tablename__ = "export_request"
    __table_args__ = (
        Index("ix_export_request_staff", "staff_id", "asked_at"),
        Index(
            "ix_export_request_open",
            "asked_at",
            sqlite_where=text("state IN ('waiting', 'running', 'ready')"),
            postgresql_where=text("state IN ('waiting', 'running', 'ready')"),
        ),
    )

    staff_id: UUID = Field(foreign_key="staff.id")
    study_id: UUID | None = Field(default=None, foreign_key="study.id")  # None: of the agency alone
    study: str = Field(max_length=64)
    purpose: str = sealed_text("export_request.purpose")
    format: str = Field(max_length=16)
    shape: str = Field(max_length=16)
    selection: dict[str, Any] = of_type(PlainJson, default={})
    asked_at: datetime = instant()
    state: ExportState = of_type(enum_type(ExportState), default=ExportState.WAITING)
    looks: int = 0  # how often a job was given it: part of the job's name
    wake_at: datetime = instant()  # when it is looked at again where nobody finished it
    step: int = 0  # of ``steps``
    steps: int = 0
    doing: str = Field(default="", max_length=64)  # reading, or the table that is written
    why: str = Field(default="", max_length=300)  # it failed
    file: bytes | None = sealed_bytes("export_request.file", null=True)
    sha256: str = Field(default="", max_length=64)
    people: int = 0
    ready_at: datetime | None = instant(null=True)
    gone_at: datetime | None = instant(null=True)  # when the file is removed
