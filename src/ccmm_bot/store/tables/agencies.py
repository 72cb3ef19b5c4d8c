"""Agencies, their senders, and the people who work there."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import UniqueConstraint
from sqlmodel import Field

from ccmm_bot.messages import ChannelKind
from ccmm_bot.store.tables.base import AgencyRow, Row, instant, of_type, sealed_json
from ccmm_bot.store.types import PlainJson, enum_type


class Role(StrEnum):
    """What somebody at an agency may do; decided in casework's access policy."""

    OPERATOR = "operator"  # of the installation: agencies and channels, no case data
    ADMINISTRATOR = "administrator"
    SUPERVISOR = "supervisor"
    CASE_MANAGER = "case_manager"
    AUDITOR = "auditor"
    EVALUATOR = "evaluator"


class Agency(Row, table=True):
    """A settlement agency: the tenant every other row belongs to."""

    name: str = Field(max_length=200)
    service_name: str = Field(max_length=100)  # how the service calls itself in messages
    timezone: str = Field(default="America/Vancouver", max_length=64)
    office_hours: str | None = Field(default=None, max_length=200)  # as followup.deadlines reads them; None: the usual ones
    on_call_email: str | None = Field(default=None, max_length=254)  # who is told of an urgent flag at any hour
    created_at: datetime = instant()


class ChannelAccount(AgencyRow, table=True):
    """One of our own senders: a number, a bot."""

    __tablename__ = "channel_account"
    __table_args__ = (UniqueConstraint("channel", "account"),)

    channel: ChannelKind = of_type(enum_type(ChannelKind))
    account: str = Field(max_length=255)  # as in InboundMessage.account
    credentials: dict[str, Any] | None = sealed_json("channel_account.credentials", null=True)
    active: bool = True


class Staff(AgencyRow, table=True):
    """Somebody who signs in."""

    __table_args__ = (UniqueConstraint("email"),)

    email: str = Field(max_length=254)  # lower case
    name: str = Field(max_length=200)
    role: Role = of_type(enum_type(Role))
    password_hash: str = Field(max_length=255)  # argon2id, in its encoded form
    languages: list[str] = of_type(PlainJson, default=[])  # our tags
    active: bool = True
    interface_language: str = Field(default="en", max_length=16)


class StaffSession(AgencyRow, table=True):
    """A signed-in browser. Only the hash of its token is kept."""

    __tablename__ = "staff_session"

    staff_id: UUID = Field(foreign_key="staff.id", index=True)
    token_hash: bytes = Field(unique=True)
    created_at: datetime = instant()
    last_seen_at: datetime = instant()
    expires_at: datetime = instant()
    revoked_at: datetime | None = instant(null=True)
