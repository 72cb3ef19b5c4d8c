"""What is kept for a while only: the providers' payloads as they came."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Engine, Table, select, text, update
from sqlmodel import SQLModel

from ccmm_bot.store.scope import across
from ccmm_bot.store.tables import Agency, Inbound
from ccmm_bot.store.types import stamp

#: Rows a transaction: on SQLite nobody else writes meanwhile.
_BATCH: Final = 500

_OLD_RAW: Final = "SELECT id FROM inbound WHERE raw IS NOT NULL AND received_at < :before LIMIT :batch"
_RAW: Final = f"UPDATE inbound SET raw = NULL WHERE id IN ({_OLD_RAW})"  # noqa: S608 - constants
_QUARANTINE: Final = "DELETE FROM quarantine WHERE id IN (SELECT id FROM quarantine WHERE at < :before LIMIT :batch)"


def prune_raw(engine: Engine, before: datetime) -> tuple[int, int]:
    """Forget raw payloads of messages received before ``before`` (aware), and set-aside payloads of that age.

    The messages themselves, their texts and the ids that tell a repeat stay: a delivery that comes again after years still has no
    second effect. Returns how many of each were forgotten. Safe to run at any time, again and beside a running service.
    """
    moment: object = stamp(before) if engine.dialect.name == "sqlite" else before
    return _repeat(engine, _RAW, moment), _repeat(engine, _QUARANTINE, moment)


def prune_own(engine: Engine, now: datetime) -> int:
    """Forget raw payloads that are older than their agency keeps them; one that has set no time keeps them. Returns how many."""
    agencies, inbound = table_of(Agency), table_of(Inbound)
    with across(engine).connect() as connection:
        kept = connection.execute(
            select(agencies.c.id, agencies.c.keep_raw_days).where(agencies.c.keep_raw_days.is_not(None))
        ).all()
    total = 0
    for agency, days in kept:
        before = now - timedelta(days=days)
        old = select(inbound.c.id).where(inbound.c.agency_id == agency, inbound.c.raw.is_not(None), inbound.c.received_at < before)
        while True:
            with across(engine).begin() as connection:
                found = connection.execute(old.limit(_BATCH)).scalars().all()
                connection.execute(update(inbound).where(inbound.c.id.in_(found)).values(raw=None))
            total += len(found)
            if len(found) < _BATCH:
                break
    return total


def table_of(row: type[SQLModel]) -> Table:
    """The table behind a class of rows."""
    return SQLModel.metadata.tables[str(row.__tablename__)]


def _repeat(engine: Engine, statement: str, before: object) -> int:
    total = 0
    while True:
        with across(engine).begin() as connection:
            done = connection.execute(text(statement), {"before": before, "batch": _BATCH}).rowcount
        total += done
        if done < _BATCH:
            return total
