"""Times in which nobody here took messages, and what became of those that were written meanwhile."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import Index, text
from sqlmodel import Field

from ccmm_bot.store.tables.base import AgencyRow, instant, of_type
from ccmm_bot.store.types import enum_type


class GapCause(StrEnum):
    """How we know of a gap."""

    STOPPED = "stopped"  # no process was alive
    TROUBLE = "trouble"  # the database took nothing
    ASKED = "asked"  # somebody asked by command


class GapState(StrEnum):
    """How far it is closed."""

    OPEN = "open"
    CLOSED = "closed"
    BY_PROVIDER = "by_provider"  # the provider keeps what was not taken, and brings it again by itself
    GIVEN_UP = "given_up"  # the provider's list could not be read for a day


class Gap(AgencyRow, table=True):
    """One sender of ours, and a span of time in which its messages may not have reached us."""

    __table_args__ = (
        Index("ix_gap_open", "next_at", sqlite_where=text("state = 'open'"), postgresql_where=text("state = 'open'")),
        Index("ix_gap_until", "agency_id", "until"),
    )

    account_id: UUID = Field(foreign_key="channel_account.id")
    cause: GapCause = of_type(enum_type(GapCause))
    since: datetime = instant()
    until: datetime = instant()
    state: GapState = of_type(enum_type(GapState), default=GapState.OPEN)
    passes: int = 0  # how often the list was read to its end: it may lag, so once is not enough
    failures: int = 0  # how often it could not be read
    found: int = 0  # messages the provider holds of that time
    missed: int = 0  # of these, how many we had not had
    unreadable: int = 0
    next_at: datetime = instant()
    closed_at: datetime | None = instant(null=True)
    told_at: datetime | None = instant(null=True)  # when staff were told
    created_at: datetime = instant()
