"""What staff prove themselves with besides a password, and the links by which they come in or back."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlmodel import Field

from ccmm_bot.store.tables.agencies import Role
from ccmm_bot.store.tables.base import AgencyRow, instant, of_type
from ccmm_bot.store.types import PlainJson, enum_type


class Passkey(AgencyRow, table=True):
    """A passkey (WebAuthn credential). What is kept is public: the private half never leaves its device."""

    __tablename__ = "staff_passkey"

    staff_id: UUID = Field(foreign_key="staff.id", index=True)
    credential_id: bytes = Field(unique=True)
    public_key: bytes  # COSE
    sign_count: int = 0  # what the device counted last; a smaller one later means a copy (WebAuthn §6.1.1)
    name: str = Field(max_length=64)
    created_at: datetime = instant()
    last_used_at: datetime | None = instant(null=True)


class RecoveryCode(AgencyRow, table=True):
    """A code on paper that stands in for a lost phone, once. Only its keyed hash is kept."""

    __tablename__ = "staff_recovery_code"

    staff_id: UUID = Field(foreign_key="staff.id", index=True)
    code_hash: bytes  # KeyRing.lookup(b"recovery", staff and code)
    used_at: datetime | None = instant(null=True)


class StaffLinkKind(StrEnum):
    """What a link is for."""

    INVITATION = "invitation"  # makes an account
    PASSWORD = "password"  # noqa: S105 - a new password for an account that is there
    TELEGRAM = "telegram"  # ties the Telegram account that opens it to the account, for urgent notices


class StaffLink(AgencyRow, table=True):
    """A link that works once and expires. Only the hash of its token is kept."""

    __tablename__ = "staff_link"

    kind: StaffLinkKind = of_type(enum_type(StaffLinkKind))
    token_hash: bytes = Field(unique=True)
    staff_id: UUID | None = Field(default=None, foreign_key="staff.id", index=True)  # None: of somebody who has no account yet
    email: str = Field(max_length=254)  # lower case
    name: str = Field(max_length=200)
    role: Role = of_type(enum_type(Role))
    languages: list[str] = of_type(PlainJson, default=[])
    created_at: datetime = instant()
    created_by: UUID = Field(foreign_key="staff.id")
    expires_at: datetime = instant()
    used_at: datetime | None = instant(null=True)
    withdrawn_at: datetime | None = instant(null=True)
