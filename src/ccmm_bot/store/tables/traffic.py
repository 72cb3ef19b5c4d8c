"""Messages on their way in and out."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import Index, UniqueConstraint, text
from sqlmodel import Field

from ccmm_bot.messages import ChannelKind, ContentKind, DeliveryStatus
from ccmm_bot.store.tables.base import AgencyRow, Row, instant, of_type, sealed_bytes, sealed_json, sealed_text, where_set
from ccmm_bot.store.types import enum_type


class Inbound(AgencyRow, table=True):
    """A message as it came. UNIQUE (conversation, provider's id) is the promise that a retry has no second effect.

    By conversation, because providers' ids come in no order: in one index over all of them every message would be on a page of its
    own. Whose number has changed meanwhile is found by :class:`~ccmm_bot.store.tables.people.FormerAddress`.
    """

    __table_args__ = (
        Index("uq_inbound_message", "conversation_id", "provider_message_id", unique=True),
        Index("ix_inbound_conversation", "conversation_id", "received_at"),
        Index("ix_inbound_account", "account_id", "received_at"),  # when a sender was last written to
    )

    account_id: UUID = Field(foreign_key="channel_account.id")
    provider_message_id: str = Field(max_length=255)
    conversation_id: UUID = Field(foreign_key="conversation.id")
    kind: ContentKind = of_type(enum_type(ContentKind))
    text: str = sealed_text("inbound.text")
    length: int  # characters as it came; more than ``text`` holds where it was cut
    payload: str | None = Field(default=None, max_length=255)  # of a tapped button: ids only
    media: list[dict[str, Any]] | None = sealed_json("inbound.media", null=True)
    raw: bytes | None = sealed_bytes("inbound.raw", null=True)
    received_at: datetime = instant()


class Purpose(StrEnum):
    """Why a message is sent; the gate decides by it."""

    ANSWER = "answer"  # to somebody who just wrote: at any hour
    UNPROMPTED = "unprompted"  # we start: in sending hours only
    CONFIRMATION = "confirmation"  # of an opt-out: the last message, although opted out
    KNOCK = "knock"  # says only that there is a message, where WhatsApp lets us say no more


class Outbox(AgencyRow, table=True):
    """A message on its way out, in strict order (``seq``) within its conversation."""

    __table_args__ = (
        UniqueConstraint("conversation_id", "seq"),
        Index(
            "ix_outbox_open",
            "conversation_id",
            "seq",
            sqlite_where=text("status IN ('pending', 'sending', 'unknown')"),
            postgresql_where=text("status IN ('pending', 'sending', 'unknown')"),
        ),
        Index(
            "ix_outbox_held",
            "conversation_id",
            "seq",
            sqlite_where=text("status = 'held'"),
            postgresql_where=text("status = 'held'"),
        ),
        Index(
            "ix_outbox_provider",
            "provider_message_id",
            sqlite_where=text("provider_message_id IS NOT NULL"),
            postgresql_where=text("provider_message_id IS NOT NULL"),
        ),
        Index(  # when a sender was last used
            "ix_outbox_account",
            "account_id",
            "sent_at",
            sqlite_where=text("sent_at IS NOT NULL"),
            postgresql_where=text("sent_at IS NOT NULL"),
        ),
        Index(  # what lately went wrong
            "ix_outbox_failed", "created_at", sqlite_where=text("status = 'failed'"), postgresql_where=text("status = 'failed'")
        ),
        where_set("outbox", "in_reply_to"),
    )

    conversation_id: UUID = Field(foreign_key="conversation.id")
    account_id: UUID = Field(foreign_key="channel_account.id")
    seq: int
    purpose: Purpose = of_type(enum_type(Purpose), default=Purpose.ANSWER)
    in_reply_to: UUID | None = Field(default=None, foreign_key="inbound.id")
    written_by: UUID | None = Field(default=None, foreign_key="staff.id")  # a human wrote it
    content: dict[str, Any] = sealed_json("outbox.content")  # messages.Content
    language: str | None = Field(default=None, max_length=16)
    status: DeliveryStatus = of_type(enum_type(DeliveryStatus), default=DeliveryStatus.PENDING)
    owner: str | None = Field(default=None, max_length=64)  # the process that is sending it
    lease_until: datetime | None = instant(null=True)  # of an unknown outcome: when it is looked up next; null: given up
    attempts: int = 0
    attempted_at: datetime | None = instant(null=True)  # when it was last handed to the provider
    not_before: datetime | None = instant(null=True)
    provider_message_id: str | None = Field(default=None, max_length=255)
    error_code: str | None = Field(default=None, max_length=64)
    created_at: datetime = instant()
    sent_at: datetime | None = instant(null=True)
    updated_at: datetime | None = instant(null=True)


class DeliveryReceipt(AgencyRow, table=True):
    """A provider's receipt. They come in any order and repeat: each counts once."""

    __tablename__ = "delivery_receipt"
    __table_args__ = (UniqueConstraint("outbox_id", "status"),)

    outbox_id: UUID = Field(foreign_key="outbox.id")
    status: DeliveryStatus = of_type(enum_type(DeliveryStatus))
    error_code: str | None = Field(default=None, max_length=64)
    at: datetime = instant()


class Quarantine(Row, table=True):
    """Something that came through a door and could not be read as a message, kept until a human has looked.

    Belongs to the installation: an unreadable payload may not say whose it is.
    """

    channel: ChannelKind = of_type(enum_type(ChannelKind))
    account: str | None = Field(default=None, max_length=255)
    raw: bytes = sealed_bytes("quarantine.raw")
    reason: str = Field(max_length=200)
    at: datetime = instant()
