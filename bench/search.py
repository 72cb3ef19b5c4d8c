"""How long a search by name takes in an agency of twenty thousand people.

The search itself, without the page around it, on SQLite: the first one of a process opens every name, those after it only what is
new. Set ``CCMM_BENCH_PEOPLE`` for another size.
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
import time
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from ccmm_bot.casework.persons.changing import rename
from ccmm_bot.casework.persons.names import Names
from ccmm_bot.casework.persons.search import search
from ccmm_bot.store.tables import Person
from tests.web.serving import Served, Site, open_service

PEOPLE = int(os.environ.get("CCMM_BENCH_PEOPLE", "20000"))
ROUNDS = 25
FIRST = ("ኣልማዝ", "عمر", "Zahra", "Óscar", "Оксана", "Mohammed", "ਸਿਮਰਨ", "Nasrin", "Yohannes", "فاطمة")
LAST = ("ገብረ", "الأحمد", "Rahimi", "Núñez", "Шевченко", "Abdi", "ਕੌਰ", "Hakimi", "Tesfay", "حسن")
ASKED = ("almaz", "ኣልማዝ 77", "Zahra Rahimi", "عمر", "Shevchenko", "Zarah Rahmi")


def main() -> None:
    """Fill an agency, look for people, and print the table."""
    with tempfile.TemporaryDirectory() as folder, Served(partial(open_service, Path(folder))) as served:
        site = Site(served)
        store, agency, now, reader = (
            site.service.runtime.store,
            site.service.runtime.agency_id,
            site.clock.now(),
            site.reader("supervisor"),
        )
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
        names = Names()
        began = time.perf_counter()
        search(store, reader, ASKED[0], names)
        print(f"{PEOPLE:,} named people\nthe first search of a process: {(time.perf_counter() - began) * 1000:.0f} ms")
        for asked in ASKED:
            took = []
            for _ in range(ROUNDS):
                began = time.perf_counter()
                found = search(store, reader, asked, names)
                took.append((time.perf_counter() - began) * 1000)
            took.sort()
            print(f"{asked:<14} median {statistics.median(took):5.0f} ms   p99 {took[-1]:5.0f} ms   {len(found.matches)} shown")
        rename(store, reader, found.matches[0].person_id, "Somebody Else", now)
        opened, began = names.opened, time.perf_counter()
        assert search(store, reader, "somebody else", names).matches
        print(f"after a name was changed: {(time.perf_counter() - began) * 1000:.0f} ms, {names.opened - opened} opened")


if __name__ == "__main__":
    main()
