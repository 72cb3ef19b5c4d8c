"""Files people sent: first only where the provider keeps them, then the file itself, sealed."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import Index, UniqueConstraint, text
from sqlmodel import Field

from ccmm_bot.messages import ContentKind
from ccmm_bot.store.tables.base import AgencyRow, instant, of_type, sealed_bytes, sealed_text
from ccmm_bot.store.types import enum_type


class AttachmentState(StrEnum):
    """How far fetching a file got."""

    PENDING = "pending"  # still at the provider
    KEPT = "kept"
    REFUSED = "refused"  # too large, or of a type we do not take in
    GONE = "gone"  # the provider has it no more, or could not give it in all attempts


class Attachment(AgencyRow, table=True):
    """One file of one message. UNIQUE (inbound, no) is the promise that a repeated delivery fetches nothing twice.

    ``content_type`` is what the bytes are found to be, not what the sender claimed; ``claimed_type`` says what was refused.
    """

    __table_args__ = (
        UniqueConstraint("inbound_id", "no"),
        Index(
            "ix_attachment_pending",
            "next_at",
            sqlite_where=text("state = 'pending'"),
            postgresql_where=text("state = 'pending'"),
        ),
    )

    inbound_id: UUID = Field(foreign_key="inbound.id")
    account_id: UUID = Field(foreign_key="channel_account.id")
    no: int = 0  # its place in the message, from 0
    kind: ContentKind = of_type(enum_type(ContentKind))
    source: str | None = sealed_text("attachment.source", null=True)  # the provider's address of it; gone once it is settled
    claimed_type: str = Field(max_length=100)
    state: AttachmentState = of_type(enum_type(AttachmentState), default=AttachmentState.PENDING)
    attempts: int = 0
    next_at: datetime = instant()  # of a pending one: when it is tried next
    content_type: str | None = Field(default=None, max_length=100)
    size: int | None = None  # bytes, before sealing
    summary: str | None = sealed_text("attachment.summary", null=True)  # what a contact card says, to be read without opening it
    data: bytes | None = sealed_bytes("attachment.data", null=True)
    reason: str | None = Field(default=None, max_length=64)  # why it was refused or is gone
    created_at: datetime = instant()
    settled_at: datetime | None = instant(null=True)
