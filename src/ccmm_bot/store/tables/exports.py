"""What left the service for research: who took what, why, and how it can be told that a file is that one."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index
from sqlmodel import Field

from ccmm_bot.store.tables.base import AgencyRow, instant, of_type, sealed_text
from ccmm_bot.store.types import PlainJson


class ExportLog(AgencyRow, table=True):
    """One export of a study's data, in the log of every agency whose people are in it. Never changed."""

    __tablename__ = "export_log"
    __table_args__ = (Index("ix_export_log_at", "agency_id", "at"),)

    at: datetime = instant()
    staff_id: UUID | None = Field(default=None, foreign_key="staff.id")  # None: at the command line
    who: str = Field(max_length=200)  # the name colleagues know, or the account on the machine
    purpose: str = sealed_text("export_log.purpose")
    study: str = Field(max_length=64)
    format: str = Field(max_length=16)  # csv, xlsx, sav, parquet
    shape: str = Field(max_length=16)  # long, wide, both
    selection: dict[str, Any] = of_type(PlainJson, default={})
    people: int
    responses: int
    withdrawn: int  # people who took their consent back, and are therefore not in it
    sha256: str = Field(max_length=64)  # of the file
