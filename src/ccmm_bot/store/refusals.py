"""What a database's error is about, where it is about what was asked: a value that cannot be kept, or somebody who was faster.

Looked at by kind alone (SQLSTATE, PostgreSQL manual, Appendix A; SQLite's extended result codes): the text of such an error quotes
the values. Everything else (a missing value, a broken trigger, no connection) is ours, or the machine's.
"""

from __future__ import annotations

import sqlite3
import sys
from enum import StrEnum
from typing import Final

from sqlalchemy.exc import DBAPIError


class Refusal(StrEnum):
    """Why the database did not take it."""

    VALUE = "value"  # no such text or number can be kept
    RACE = "race"  # it fits no longer: somebody wrote the same, or took away what it belongs to


#: Foreign keys, uniqueness and exclusion; two transactions that cannot both be.
_RACES: Final = frozenset({"23503", "23505", "23P01", "40001", "40P01"})
_SQLITE_RACES: Final = frozenset({"SQLITE_CONSTRAINT_FOREIGNKEY", "SQLITE_CONSTRAINT_PRIMARYKEY", "SQLITE_CONSTRAINT_UNIQUE"})


def refusal(error: BaseException) -> Refusal | None:
    """What an error says about what was asked; ``None`` where it says nothing of it. By SQLAlchemy or a driver."""
    raised = error.orig if isinstance(error, DBAPIError) else error
    if isinstance(raised, sqlite3.Error):
        return Refusal.RACE if getattr(raised, "sqlite_errorname", None) in _SQLITE_RACES else None
    postgres = sys.modules.get("psycopg")  # what is not loaded raises nothing, and is not loaded for being asked
    if postgres is None or not isinstance(raised, postgres.Error):
        return None
    if isinstance(raised, postgres.DataError):  # class 22, and what the driver itself refuses: NUL
        return Refusal.VALUE
    return Refusal.RACE if raised.sqlstate in _RACES else None
