"""Who at the agency was told of a flag, and who was told that nobody looked in time."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import Index, UniqueConstraint, text
from sqlmodel import Field

from ccmm_bot.store.tables.base import AgencyRow, instant, of_type
from ccmm_bot.store.types import enum_type


class FlagEscalation(AgencyRow, table=True):
    """One step up. UNIQUE (flag, level) is the promise that each happens once."""

    __tablename__ = "flag_escalation"
    __table_args__ = (UniqueConstraint("flag_id", "level"),)

    flag_id: UUID = Field(foreign_key="flag.id")
    level: int  # 1 the supervisors, 2 the administrators
    missed_at: datetime = instant()  # the deadline that passed
    at: datetime = instant()


class NotificationStatus(StrEnum):
    """How far a notice got."""

    PENDING = "pending"
    SENT = "sent"  # the mail server has taken it
    DROPPED = "dropped"  # somebody looked before it went out
    FAILED = "failed"  # refused for good, or tried for too long


class Notification(AgencyRow, table=True):
    """One e-mail, or one line by Telegram, to one reader, about one flag. UNIQUE (flag, kind, recipient) is the promise that
    nobody is told twice.

    It holds no address (the reader's present one is used when it goes out) and nothing about the person the flag is for.
    ``next_at`` is when it may be tried next; whoever tries moves it ahead first, so that a second process keeps off, and a crash
    is followed by another try with the same Message-ID.
    """

    __table_args__ = (
        UniqueConstraint("flag_id", "kind", "recipient"),
        Index(
            "ix_notification_due", "next_at", sqlite_where=text("status = 'pending'"), postgresql_where=text("status = 'pending'")
        ),
    )

    flag_id: UUID = Field(foreign_key="flag.id")
    kind: str = Field(max_length=32)  # raised, level_1, level_2
    recipient: str = Field(max_length=36)  # a staff id as 32 hexadecimal digits, "tg:" and one, or "on_call"
    status: NotificationStatus = of_type(enum_type(NotificationStatus), default=NotificationStatus.PENDING)
    attempts: int = 0
    next_at: datetime = instant()
    error_code: str | None = Field(default=None, max_length=64)
    created_at: datetime = instant()
    settled_at: datetime | None = instant(null=True)
