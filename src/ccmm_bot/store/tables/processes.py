"""The processes of an installation, and until when each of them counts as alive."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index
from sqlmodel import Field

from ccmm_bot.store.tables.base import Row, instant


class Process(Row, table=True):
    """One running process. It renews ``alive_until`` while it lives; one that does not is dead, and its work is taken over.

    Belongs to the installation. The row's id is the fence: a process whose row is gone has lost its work, and stops working.
    """

    __table_args__ = (Index("ix_process_alive", "alive_until"),)

    executor: str = Field(max_length=128, unique=True)  # its name in the engine
    sender: str = Field(max_length=128)  # its name as the owner of messages that are being sent
    started_at: datetime = instant()
    alive_until: datetime = instant()
    taken_over_by: UUID | None = None
