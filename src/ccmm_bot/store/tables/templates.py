"""WhatsApp templates of our senders, and whether they are approved."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import UniqueConstraint
from sqlmodel import Field

from ccmm_bot.store.tables.base import AgencyRow, instant, of_type
from ccmm_bot.store.types import PlainJson, enum_type


class ApprovalStatus(StrEnum):
    """How far a template is, in Twilio's words ("Content template approvals": ``status``)."""

    UNSUBMITTED = "unsubmitted"
    RECEIVED = "received"
    PENDING = "pending"
    APPROVED = "approved"
    REJECTED = "rejected"
    PAUSED = "paused"
    DISABLED = "disabled"


class MessageTemplate(AgencyRow, table=True):
    """One wording of one template in one language. An edited text is another row: the old one stays good until it is replaced."""

    __tablename__ = "template"
    __table_args__ = (UniqueConstraint("account_id", "name", "language", "hash"),)

    account_id: UUID = Field(foreign_key="channel_account.id")
    name: str = Field(max_length=100)  # "follow_up_3_month", or "knock"
    language: str = Field(max_length=16)  # our tag
    locale: str = Field(max_length=16)  # WhatsApp's code
    hash: str = Field(max_length=64)  # of everything shown
    body: str  # with {{1}}, {{2}}, …
    slots: list[str] = of_type(PlainJson, default=[])  # which of our slots {{1}}, {{2}}, … are
    buttons: list[str] = of_type(PlainJson, default=[])  # their labels; their payloads are the variables after the slots
    content_sid: str = Field(max_length=64)
    status: ApprovalStatus = of_type(enum_type(ApprovalStatus), default=ApprovalStatus.UNSUBMITTED)
    reason: str | None = Field(default=None, max_length=500)  # why it was rejected
    created_at: datetime = instant()
    checked_at: datetime | None = instant(null=True)
