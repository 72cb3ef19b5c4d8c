"""What is kept for a while only: the providers' payloads as they came."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from sqlalchemy import Engine, text

from ccmm_bot.store.scope import across
from ccmm_bot.store.types import stamp

#: Rows a transaction: on SQLite nobody else writes meanwhile.
_BATCH: Final = 500

_RAW: Final = (
    "UPDATE inbound SET raw = NULL"
    " WHERE id IN (SELECT id FROM inbound WHERE raw IS NOT NULL AND received_at < :before LIMIT :batch)"
)
_QUARANTINE: Final = "DELETE FROM quarantine WHERE id IN (SELECT id FROM quarantine WHERE at < :before LIMIT :batch)"


def prune_raw(engine: Engine, before: datetime) -> tuple[int, int]:
    """Forget raw payloads of messages received before ``before`` (aware), and set-aside payloads of that age.

    The messages themselves, their texts and the ids that tell a repeat stay: a delivery that comes again after years still has no
    second effect. Returns how many of each were forgotten. Safe to run at any time, again and beside a running service.
    """
    moment: object = stamp(before) if engine.dialect.name == "sqlite" else before
    return _repeat(engine, _RAW, moment), _repeat(engine, _QUARANTINE, moment)


def _repeat(engine: Engine, statement: str, before: object) -> int:
    total = 0
    while True:
        with across(engine).begin() as connection:
            done = connection.execute(text(statement), {"before": before, "batch": _BATCH}).rowcount
        total += done
        if done < _BATCH:
            return total
