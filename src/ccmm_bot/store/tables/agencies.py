"""Agencies, their senders, and the people who work there."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import Index, UniqueConstraint
from sqlmodel import Field

from ccmm_bot.messages import ChannelKind
from ccmm_bot.store.tables.base import AgencyRow, Row, instant, of_type, sealed_json, sealed_text
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
    response_times: dict[str, Any] | None = of_type(PlainJson, null=True)  # {severity: {"hours" or "days": n}}; None: triage.toml's
    sending_from: int | None = None  # minutes after midnight: what we start goes out in these hours only, inside the legal ones
    sending_until: int | None = None
    retention: dict[str, Any] | None = of_type(PlainJson, null=True)  # {kind: days, or null for good}; see casework.keeping
    keep_raw_days: int | None = None  # how long providers' payloads are kept as they came; None: until somebody prunes them
    require_reviewed: str = Field(default="", max_length=500)  # dialogues a speaker must have read first, separated by commas
    created_at: datetime = instant()


class ChannelAccount(AgencyRow, table=True):
    """One of our own senders: a number, a bot."""

    __tablename__ = "channel_account"
    __table_args__ = (UniqueConstraint("channel", "account"),)

    channel: ChannelKind = of_type(enum_type(ChannelKind))
    account: str = Field(max_length=255)  # as in InboundMessage.account
    credentials: dict[str, Any] | None = sealed_json("channel_account.credentials", null=True)
    active: bool = True
    free_at: float | None = None  # when its next message may go: seconds since 1970 on the database's clock (store.slots)
    feed_owner: str | None = Field(default=None, max_length=128)  # the process that asks for its updates (store.feeds)
    feed_until: float | None = None  # until when, as ``free_at``


class Staff(AgencyRow, table=True):
    """Somebody who signs in."""

    __table_args__ = (UniqueConstraint("email"), Index("uq_staff_oidc", "oidc_subject", unique=True))

    email: str = Field(max_length=254)  # lower case
    name: str = Field(max_length=200)
    role: Role = of_type(enum_type(Role))
    password_hash: str = Field(max_length=255)  # argon2id, in its encoded form
    languages: list[str] = of_type(PlainJson, default=[])  # our tags
    active: bool = True
    interface_language: str = Field(default="en", max_length=16)
    totp_secret: str | None = sealed_text("staff.totp_secret", null=True)  # of the authenticator app (RFC 6238); None: has none
    totp_step: int | None = None  # the time step of the last code that was taken: none is taken twice
    oidc_subject: str | None = Field(default=None, max_length=255)  # who she is to the agency's identity provider
    telegram_chat: str | None = sealed_text("staff.telegram_chat", null=True)  # where urgent notices go besides e-mail


class SessionStage(StrEnum):
    """How far signing in got."""

    PASSWORD = "password"  # noqa: S105 - the second factor is still asked for; opens nothing
    FULL = "full"


class StaffSession(AgencyRow, table=True):
    """A browser that is signed in, or on its way. Only the hash of its token is kept."""

    __tablename__ = "staff_session"

    staff_id: UUID = Field(foreign_key="staff.id", index=True)
    token_hash: bytes = Field(unique=True)
    created_at: datetime = instant()
    last_seen_at: datetime = instant()
    expires_at: datetime = instant()
    revoked_at: datetime | None = instant(null=True)
    stage: SessionStage = of_type(enum_type(SessionStage), default=SessionStage.FULL)
    method: str | None = Field(default=None, max_length=32)  # what proved it last: totp, passkey, recovery, oidc
    browser: str | None = Field(default=None, max_length=64)  # "Firefox on Linux", for its owner to tell her sessions apart
    challenge: bytes | None = None  # of the passkey ceremony under way (WebAuthn §13.4.3)
