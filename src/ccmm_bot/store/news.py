"""Which agencies something happened in since the last look: what open pages are told to look again by.

No counter is kept, which every message would have to wait for, and no second way of telling that could be missed: what comes in,
goes out, is raised or is done adds a row somewhere, and rows have ids that sort by the time they were made. A look reads the newest
ids of a few tables, through their primary keys. A row is seen when it is committed, also where it was made earlier than one that
was seen before: each look goes back by :data:`BACK_S`, and knows what it has seen.

What adds no row (a deadline that passes) is not seen here. Pages look by themselves as well, at longer intervals.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, Final
from uuid import UUID

from sqlalchemy import literal, union_all
from sqlmodel import col, select

from ccmm_bot.store.session import Store
from ccmm_bot.store.tables import AgencyRow, Audit, DeliveryReceipt, Flag, Inbound, Outbox

#: How long a transaction may take, and by how much the clocks of two machines may differ, for nothing to be missed; seconds.
BACK_S: Final = 10.0
_TABLES: Final[tuple[type[AgencyRow], ...]] = (Inbound, Outbox, DeliveryReceipt, Flag, Audit)


class News:
    """The looks of one process. Not for several threads at once."""

    def __init__(self, store: Store, now: Callable[[], float] = time.time) -> None:
        self._store = store
        self._now = now
        self._seen: set[UUID] = set()
        self._looked = False

    def look(self) -> frozenset[UUID]:
        """The agencies with rows that were not there at the last look; of the first look, none."""
        since = _id_at(self._now() - BACK_S)
        newest: Any = union_all(
            *(select(literal(n), table.id, table.agency_id).where(col(table.id) > since) for n, table in enumerate(_TABLES))
        )
        with self._store.installation() as session:
            rows = [(key, agency) for _table, key, agency in session.exec(newest)]
        fresh = frozenset(agency for key, agency in rows if key not in self._seen)
        self._seen = {key for key, _agency in rows}
        first, self._looked = not self._looked, True
        return frozenset() if first else fresh


def _id_at(seconds: float) -> UUID:
    """The smallest id of a moment (RFC 9562 §5.7: 48 bits of milliseconds come first)."""
    return UUID(int=max(0, int(seconds * 1000)) << 80)
