"""Invitations: codes handed to people on paper or on a screen, and the wrong codes that came back."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import Index
from sqlmodel import Field

from ccmm_bot.store.tables.base import AgencyRow, instant, of_type, where_set
from ccmm_bot.store.types import enum_type


class InvitationKind(StrEnum):
    """Whom a code is for."""

    PERSON = "person"  # one person or one household; works once
    POSTER = "poster"  # whoever reads the wall; works until it expires, and says which language


class Invitation(AgencyRow, table=True):
    """A code that was handed out. Only its keyed hash is kept: nobody can read codes out of the database."""

    __table_args__ = (where_set("invitation", "household_id"),)

    kind: InvitationKind = of_type(enum_type(InvitationKind))
    person_id: UUID | None = Field(default=None, foreign_key="person.id", index=True)
    household_id: UUID | None = Field(default=None, foreign_key="household.id")
    code_hash: bytes = Field(unique=True)  # KeyRing.lookup(b"invitation", the bare code)
    language: str | None = Field(default=None, max_length=16)
    created_at: datetime = instant()
    created_by: UUID | None = Field(default=None, foreign_key="staff.id")  # None: at the command line
    expires_at: datetime = instant()
    withdrawn_at: datetime | None = instant(null=True)
    used_at: datetime | None = instant(null=True)  # of a poster: the last time
    used_by: UUID | None = Field(default=None, foreign_key="conversation.id", index=True)
    uses: int = 0


class InvitationMiss(AgencyRow, table=True):
    """A code that did not work, to tell guessing from a slip of the thumb. Holds no code; gone after an hour or so."""

    __tablename__ = "invitation_miss"
    __table_args__ = (
        Index("ix_invitation_miss_account", "account_id", "at"),
        Index("ix_invitation_miss_conversation", "conversation_id", "at"),
    )

    account_id: UUID = Field(foreign_key="channel_account.id")
    conversation_id: UUID = Field(foreign_key="conversation.id")
    at: datetime = instant()
