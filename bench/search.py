"""How long a search by name takes in an agency of twenty thousand people.

The search itself, without the page around it, on SQLite: the first one of a process opens every name, those after it only what is
new. Set ``CCMM_BENCH_PEOPLE`` for another size.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from _table import Plan, Row, loaded

from ccmm_bot.casework.access.policy import Reader
from ccmm_bot.casework.persons.changing import rename
from ccmm_bot.casework.persons.names import Names
from ccmm_bot.casework.persons.search import Match, search
from ccmm_bot.store.session import Store
from ccmm_bot.store.tables import Person
from tests.web.serving import Served, Site, open_service

PEOPLE = int(os.environ.get("CCMM_BENCH_PEOPLE", "20000"))
ROUNDS = 25
FIRST = ("ኣልማዝ", "عمر", "Zahra", "Óscar", "Оксана", "Mohammed", "ਸਿਮਰਨ", "Nasrin", "Yohannes", "فاطمة")
LAST = ("ገብረ", "الأحمد", "Rahimi", "Núñez", "Шевченко", "Abdi", "ਕੌਰ", "Hakimi", "Tesfay", "حسن")
ASKED = ("almaz", "ኣልማዝ 77", "Zahra Rahimi", "عمر", "Shevchenko", "Zarah Rahmi")


def rows(_plan: Plan) -> Iterator[Row]:
    """The first search of a process, those after it, and one after a name was changed."""
    with tempfile.TemporaryDirectory() as folder, Served(partial(open_service, Path(folder))) as served, loaded() as found:
        site = Site(served)
        store, reader, now = site.service.runtime.store, site.reader("supervisor"), site.clock.now()
        _fill(site)
        names = Names()
        first, _ = _search(store, reader, ASKED[0], names)
        later = [_search(store, reader, asked, names)[0] for asked in ASKED for _ in range(ROUNDS)]
        _, matches = _search(store, reader, "Zahra Rahimi", names)
        rename(store, reader, matches[0].person_id, "Somebody Else", now)
        changed, again = _search(store, reader, "somebody else", names)
        if not again:
            raise RuntimeError("a person is not found by her new name")
        row = partial(Row, unit="ms")
        found += [
            row(name=f"search among {PEOPLE:,} names: the first of a process, which opens all of them", values=[first]),
            row(name=f"search among {PEOPLE:,} names: later ones; their floor: the first", values=later, floors=[first]),
            row(name=f"search among {PEOPLE:,} names: after a name was changed", values=[changed], floors=[first]),
        ]
    yield from found


def _fill(site: Site) -> None:
    store, agency, now = site.service.runtime.store, site.service.runtime.agency_id, site.clock.now()
    for start in range(0, PEOPLE, 500):
        with store.writing(agency) as session:
            session.add_all(
                Person(
                    agency_id=agency,
                    code=f"B{n:05}",
                    name=f"{FIRST[n % len(FIRST)]} {LAST[n // 10 % len(LAST)]} {n}",
                    created_at=now,
                )
                for n in range(start, min(start + 500, PEOPLE))
            )


def _search(store: Store, reader: Reader, asked: str, names: Names) -> tuple[float, Sequence[Match]]:
    """Milliseconds, and who was found."""
    began = time.perf_counter()
    found = search(store, reader, asked, names)
    return (time.perf_counter() - began) * 1000, found.matches
