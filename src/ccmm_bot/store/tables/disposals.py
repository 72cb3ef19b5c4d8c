"""Keys that are to be destroyed: written down with the reason for it, so that no crash leaves one behind."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import Index, text
from sqlmodel import Field

from ccmm_bot.store.tables.base import AgencyRow, instant, of_type
from ccmm_bot.store.types import enum_type


class DisposalReason(StrEnum):
    """Why a key goes."""

    ERASED = "erased"  # whoever it belonged to, or what, was removed
    SEALED_ANEW = "sealed_anew"  # its holder has another one


class KeyDisposal(AgencyRow, table=True):
    """One key that is to be destroyed; the row's id is the key's. It does not say whose it was.

    ``destroyed_at``: it is gone from the key store. ``settled_at``: what was deleted is gone from the files too, and no copy of the
    key store on this machine is older.
    """

    __tablename__ = "key_disposal"
    __table_args__ = (
        Index(
            "ix_key_disposal_open",
            "due_at",
            sqlite_where=text("settled_at IS NULL"),
            postgresql_where=text("settled_at IS NULL"),
        ),
    )

    why: DisposalReason = of_type(enum_type(DisposalReason))
    due_at: datetime = instant()
    holder_kind: str | None = Field(default=None, max_length=32)  # of one that was sealed anew: whose rows are looked through again
    holder_id: UUID | None = None
    destroyed_at: datetime | None = instant(null=True)
    settled_at: datetime | None = instant(null=True)
