"""What staff write about a case: steps and their dates, needs, the plan, contacts, decisions and forms (CCMM report §2, §3, §5)."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import Index, UniqueConstraint
from sqlmodel import Field

from ccmm_bot.store.tables.base import AgencyRow, instant, of_type, sealed_json, sealed_text
from ccmm_bot.store.tables.casework import Stage
from ccmm_bot.store.types import enum_type


class Step(StrEnum):
    """What happens once in a case and starts or stops a clock (CCMM report §2, tasks and clocks)."""

    MET_CLIENT = "met_client"
    DOCUMENTATION = "documentation"  # intake documentation handed to the supervisor
    REVIEWED = "reviewed"  # intake approved
    ASSIGNED = "assigned"
    FIRST_MEETING = "first_meeting"
    PLAN_SUBMITTED = "plan_submitted"
    PLAN_APPROVED = "plan_approved"
    EXIT_NOTICE = "exit_notice"
    EXIT_MEETING = "exit_meeting"
    EXCHANGE_CONSENT = "exchange_consent"  # consent to exchange information with other services


class CaseStep(AgencyRow, table=True):
    """One step of a case, with its day. UNIQUE (case, step)."""

    __tablename__ = "case_step"
    __table_args__ = (UniqueConstraint("case_id", "step"),)

    case_id: UUID = Field(foreign_key="case.id")
    step: Step = of_type(enum_type(Step))
    day: date
    recorded_at: datetime = instant()
    staff_id: UUID = Field(foreign_key="staff.id")


class StageChange(AgencyRow, table=True):
    """A case went from one stage to another."""

    __tablename__ = "stage_change"

    case_id: UUID = Field(foreign_key="case.id", index=True)
    before: Stage = of_type(enum_type(Stage))
    after: Stage = of_type(enum_type(Stage))
    at: datetime = instant()
    staff_id: UUID = Field(foreign_key="staff.id")
    reason: str | None = sealed_text("stage_change.reason", null=True)


class NeedMoment(StrEnum):
    """When a need was looked at."""

    ENTRY = "entry"
    EXIT = "exit"


class CaseNeed(AgencyRow, table=True):
    """A need domain that was identified. UNIQUE (case, domain, moment)."""

    __tablename__ = "case_need"
    __table_args__ = (UniqueConstraint("case_id", "domain", "moment"),)

    case_id: UUID = Field(foreign_key="case.id")
    domain: str = Field(max_length=32)
    moment: NeedMoment = of_type(enum_type(NeedMoment))


class CaseCriterion(AgencyRow, table=True):
    """One of IRCC's common criteria that is met (Framework, Annex B). UNIQUE (case, criterion)."""

    __tablename__ = "case_criterion"
    __table_args__ = (UniqueConstraint("case_id", "criterion"),)

    case_id: UUID = Field(foreign_key="case.id")
    criterion: str = Field(max_length=64)


class Ruling(StrEnum):
    """What a supervisor decided."""

    APPROVED = "approved"
    SENT_BACK = "sent_back"
    DECLINED = "declined"


class Decision(AgencyRow, table=True):
    """A supervisor's decision about an intake or a plan; kept for good, the newest one counts."""

    __table_args__ = (Index("ix_decision_case", "case_id", "about", "at"),)

    case_id: UUID = Field(foreign_key="case.id")
    about: str = Field(max_length=16)  # intake, plan
    ruling: Ruling = of_type(enum_type(Ruling))
    reason: str | None = sealed_text("decision.reason", null=True)
    domains: int  # how many need domains and criteria were on file when it was decided
    criteria: int
    at: datetime = instant()
    staff_id: UUID = Field(foreign_key="staff.id")


class GoalStatus(StrEnum):
    """How far a goal is."""

    OPEN = "open"
    MET = "met"
    DROPPED = "dropped"


class PlanGoal(AgencyRow, table=True):
    """One goal of the service plan. ``revision`` rises with each change: two people editing it notice each other."""

    __tablename__ = "plan_goal"

    case_id: UUID = Field(foreign_key="case.id", index=True)
    domain: str = Field(max_length=32)
    goal: str = sealed_text("plan_goal.goal")
    steps: str | None = sealed_text("plan_goal.steps", null=True)
    target_day: date | None = None
    status: GoalStatus = of_type(enum_type(GoalStatus), default=GoalStatus.OPEN)
    revision: int = 1
    created_at: datetime = instant()
    updated_at: datetime = instant()


class ContactMethod(StrEnum):
    """How case manager and client were in contact."""

    IN_PERSON = "in_person"
    PHONE = "phone"
    VIDEO = "video"
    MESSAGE = "message"
    EMAIL = "email"
    HOME_VISIT = "home_visit"
    ACCOMPANIMENT = "accompaniment"
    WORKSHOP = "workshop"


class ContactNote(AgencyRow, table=True):
    """A contact, or the reason why the monthly one did not happen (CCMM report §2, implementation and monitoring)."""

    __tablename__ = "contact_note"
    __table_args__ = (Index("ix_contact_note_case", "case_id", "day"),)

    case_id: UUID = Field(foreign_key="case.id")
    day: date
    method: ContactMethod = of_type(enum_type(ContactMethod))
    reached: bool = True
    minutes: int | None = None
    interpreter: bool = False
    read_aloud: bool = False  # somebody read messages or questions aloud for a person who does not read
    note: str | None = sealed_text("contact_note.note", null=True)
    written_at: datetime = instant()
    staff_id: UUID = Field(foreign_key="staff.id")


class StaffForm(AgencyRow, table=True):
    """A form that staff fill in, over more than one sitting. UNIQUE (form, subject, period)."""

    __tablename__ = "staff_form"
    __table_args__ = (UniqueConstraint("form", "subject_id", "period"),)

    form: str = Field(max_length=64)
    version: int
    subject_kind: str = Field(max_length=16)  # case, staff, agency
    subject_id: UUID = Field(index=True)
    period: str = Field(default="", max_length=16)  # "2026-H2", "2026-11"; empty where there is only one
    answers: dict[str, Any] | None = sealed_json("staff_form.answers", null=True)
    revision: int = 1
    staff_id: UUID = Field(foreign_key="staff.id")
    started_at: datetime = instant()
    updated_at: datetime = instant()
    submitted_at: datetime | None = instant(null=True)


class FileAudit(AgencyRow, table=True):
    """A closed case that was drawn for the audit of one in five (CCMM report §2, exit). UNIQUE (case)."""

    __tablename__ = "file_audit"
    __table_args__ = (UniqueConstraint("case_id"),)

    case_id: UUID = Field(foreign_key="case.id")
    draw_id: UUID = Field(index=True)  # those drawn together
    drawn_at: datetime = instant()
    staff_id: UUID = Field(foreign_key="staff.id")
