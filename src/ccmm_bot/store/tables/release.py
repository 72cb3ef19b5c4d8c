"""What an agency's administrator has looked at before people depend on it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import UniqueConstraint
from sqlmodel import Field

from ccmm_bot.store.tables.base import AgencyRow, instant


class HelpLineConfirmation(AgencyRow, table=True):
    """An administrator has confirmed a help line with the help line itself. Void as soon as the entry's ``hash`` is another."""

    __tablename__ = "help_line_confirmation"
    __table_args__ = (UniqueConstraint("agency_id", "line"),)

    line: str = Field(max_length=64)  # its id in the data file
    hash: str = Field(max_length=64)  # of what was confirmed
    confirmed_at: datetime = instant()
    confirmed_by: str = Field(max_length=200)  # the name colleagues know
