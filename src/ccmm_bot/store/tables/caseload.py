"""The daily reality of a caseload: appointments, absences, people known twice, and lists that come from elsewhere."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import Index, text
from sqlmodel import Field

from ccmm_bot.store.tables.base import AgencyRow, Holder, instant, of_type, sealed_json, sealed_text
from ccmm_bot.store.types import PlainJson, enum_type


class AppointmentStatus(StrEnum):
    """What became of an appointment, as staff say."""

    PLANNED = "planned"
    CANCELLED = "cancelled"
    HELD = "held"
    MISSED = "missed"


class Appointment(AgencyRow, table=True):
    """A meeting with a client; the bot reminds of it. ``occurrence`` is its reminder's among the case's follow-ups."""

    __table_args__ = (Index("ix_appointment_when", "agency_id", "starts_at"),)

    case_id: UUID = Field(foreign_key="case.id", index=True)
    person_id: UUID = Field(foreign_key="person.id", index=True)
    occurrence: int
    starts_at: datetime = instant()
    place: str | None = sealed_text("appointment.place", null=True)
    note: str | None = sealed_text("appointment.note", null=True)
    status: AppointmentStatus = of_type(enum_type(AppointmentStatus), default=AppointmentStatus.PLANNED)
    revision: int = 1
    staff_id: UUID = Field(foreign_key="staff.id")
    created_at: datetime = instant()


class Absence(AgencyRow, table=True):
    """Somebody is away, and who stands in: both days included."""

    staff_id: UUID = Field(foreign_key="staff.id", index=True)
    stand_in_id: UUID = Field(foreign_key="staff.id")
    first_day: date
    last_day: date
    created_at: datetime = instant()


class PersonMerge(AgencyRow, table=True):
    """Two entries turned out to be one person. ``moved``: table → ids that went over, so that it can be undone."""

    __tablename__ = "person_merge"

    kept_id: UUID = Field(foreign_key="person.id", index=True)
    merged_id: UUID = Field(foreign_key="person.id", index=True)
    moved: dict[str, list[str]] = of_type(PlainJson)
    folded: Any = sealed_json("person_merge.folded", null=True)  # of two open cases, the one that was laid aside
    at: datetime = instant()
    staff_id: UUID = Field(foreign_key="staff.id")
    undone_at: datetime | None = instant(null=True)
    undone_by: UUID | None = Field(default=None, foreign_key="staff.id")


class CaseloadImport(Holder, table=True):
    """A list of cases that was uploaded: looked at first, then taken over in pieces by durable work, or dropped."""

    __tablename__ = "caseload_import"
    __table_args__ = (
        Index(
            "ix_caseload_import_wake",
            "wake_at",
            sqlite_where=text("wake_at IS NOT NULL"),
            postgresql_where=text("wake_at IS NOT NULL"),
        ),
    )

    rows: Any = sealed_json("caseload_import.rows", null=True)  # forgotten once it is taken over or dropped
    count: int
    faults: int
    uploaded_at: datetime = instant()
    staff_id: UUID = Field(foreign_key="staff.id")
    asked_at: datetime | None = instant(null=True)  # somebody pressed the button
    asked_by: UUID | None = None  # an account
    wake_at: datetime | None = instant(null=True)  # when it is looked at (again); None: nothing is to be done
    looks: int = 0  # how often a job was given it: part of the job's name
    idle: int = 0  # of these, how often in a row without a piece getting done
    done: int = 0  # rows dealt with, in the order of the file: the next piece begins here
    left_out: list[list[Any]] = of_type(PlainJson, default=[])  # [row, column, fault] of those that could not be taken over
    applied_at: datetime | None = instant(null=True)
    made: int = 0
