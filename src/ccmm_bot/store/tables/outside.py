"""Other systems of an agency: the tokens they ask with, and the addresses we tell what happened."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import Index, UniqueConstraint, text
from sqlmodel import Field

from ccmm_bot.store.tables.base import AgencyRow, instant, of_type, sealed_text
from ccmm_bot.store.types import PlainJson, enum_type


class TokenScope(StrEnum):
    """What a token may do; decided in casework's access policy."""

    READ = "read"
    WRITE = "write"


class ApiToken(AgencyRow, table=True):
    """A token of another system. Only its hash is kept; it is shown once."""

    __tablename__ = "api_token"

    name: str = Field(max_length=64)  # which system
    token_hash: bytes = Field(unique=True)
    scope: TokenScope = of_type(enum_type(TokenScope))
    created_at: datetime = instant()
    created_by: UUID = Field(foreign_key="staff.id")
    last_used_at: datetime | None = instant(null=True)
    revoked_at: datetime | None = instant(null=True)


class WebhookEndpoint(AgencyRow, table=True):
    """An address of another system that is told of events. ``read_until`` is how far the audit has been looked through for it."""

    __tablename__ = "webhook_endpoint"

    url: str = sealed_text("webhook_endpoint.url")  # may hold a secret
    secret: str = sealed_text("webhook_endpoint.secret")  # for the signature; shown once
    events: list[str] = of_type(PlainJson, default=[])
    created_at: datetime = instant()
    created_by: UUID = Field(foreign_key="staff.id")
    removed_at: datetime | None = instant(null=True)
    read_until: datetime = instant()


class WebhookState(StrEnum):
    """How far telling of an event got."""

    PENDING = "pending"
    DELIVERED = "delivered"
    FAILED = "failed"  # tried for too long, or the endpoint was removed


class WebhookDelivery(AgencyRow, table=True):
    """One event for one endpoint. UNIQUE (endpoint, event) is the promise that an event is one delivery, however often retried.

    An event says what happened to which row, by ids; what it is about is asked for through the API.
    """

    __tablename__ = "webhook_delivery"
    __table_args__ = (
        UniqueConstraint("endpoint_id", "event_id"),
        Index(
            "ix_webhook_delivery_due",
            "next_at",
            sqlite_where=text("status = 'pending'"),
            postgresql_where=text("status = 'pending'"),
        ),
    )

    endpoint_id: UUID = Field(foreign_key="webhook_endpoint.id")
    event_id: UUID  # the audit entry's
    type: str = Field(max_length=64)
    subject_kind: str = Field(max_length=32)
    subject_id: UUID | None = None
    occurred_at: datetime = instant()
    status: WebhookState = of_type(enum_type(WebhookState), default=WebhookState.PENDING)
    attempts: int = 0
    next_at: datetime = instant()
    answer: str | None = Field(default=None, max_length=64)  # the last one: an HTTP status, or the kind of error
    settled_at: datetime | None = instant(null=True)
