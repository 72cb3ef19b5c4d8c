"""What SQLite's planner knows of how much there is. PostgreSQL sees to that by itself."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Engine

from ccmm_bot.store.scope import across

#: So many entries of an index are looked at: a fraction of a second, however large the store.
_LOOKED_AT: Final = 400


def learn(engine: Engine) -> None:
    """Have SQLite look how many rows its indexes tell apart (https://www.sqlite.org/lang_analyze.html).

    Every query of ours names an agency. Without this the planner takes that for as good a way to a row as the person or the
    conversation it is asked for, and reads everything the agency has. Safe at any time, and beside a running service.
    """
    if engine.dialect.name != "sqlite":
        return
    with across(engine).begin() as connection:
        connection.exec_driver_sql(f"PRAGMA analysis_limit = {_LOOKED_AT}")
        connection.exec_driver_sql("ANALYZE")
