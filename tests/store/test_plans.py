"""What is asked again and again is answered from a small index, however many rows there are."""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from functools import partial
from typing import TypeVar

from ccmm_bot.clock import FixedClock
from ccmm_bot.conversation.gate import gate
from ccmm_bot.store.database import Database
from ccmm_bot.store.hot.work import Query, Rows, Runner, Work
from ccmm_bot.store.keys import KeyRing
from ccmm_bot.store.outbox import Outbox
from ccmm_bot.store.session import open_engine
from ccmm_bot.store.timers import Timers
from ccmm_bot.store.types import stamp, uuid7
from ccmm_bot.worker.jobs.followups import DUE

T = TypeVar("T")

NOW = datetime(2026, 11, 23, 19, 0, tzinfo=UTC)


class Recorder:
    """A runner that remembers what was asked."""

    def __init__(self, runner: Runner) -> None:
        self._runner = runner
        self.epoch = runner.epoch
        self.asked: list[Query] = []

    async def run(self, make: Callable[[], Work[T]], *, agency_id: str, optimistic: bool = False) -> T:
        """Run it, and remember its queries."""
        del agency_id
        return await self.across(make, optimistic=optimistic)

    async def across(self, make: Callable[[], Work[T]], *, optimistic: bool = False) -> T:
        """The same."""

        def recorded() -> Work[T]:
            work = make()
            answer: Rows | None = None
            while True:
                try:
                    step = work.send(answer)
                except StopIteration as stop:
                    found: T = stop.value
                    return found
                if isinstance(step, Query):
                    self.asked.append(step)
                answer = yield step

        return await self._runner.across(recorded, optimistic=optimistic)

    async def open(self) -> None:
        """Open already."""

    async def aclose(self) -> None:
        """Not ours to close."""

    async def plans(self) -> str:
        """How SQLite answers what was asked."""

        def explain(query: Query) -> Work[Rows]:
            rows: Rows = yield Query(f"EXPLAIN QUERY PLAN {query.sql}", query.params)
            return rows

        lines = [row[-1] for query in self.asked for row in await self._runner.across(partial(explain, query))]
        return "\n".join(lines)


@asynccontextmanager
async def recorder(url: str, keys: KeyRing) -> AsyncIterator[Recorder]:
    """Over a fresh database."""
    database = Database(url, keys)
    await database.open()
    yield Recorder(database.runner)
    await database.aclose()


async def test_looking_for_due_timers_reads_only_pending_ones(sqlite_url: str, keys: KeyRing) -> None:
    async with recorder(sqlite_url, keys) as runner:
        await Timers(runner).due(NOW)
        assert await runner.plans() == "SEARCH timer USING INDEX ix_timer_due (due_at<?)"


async def test_the_sender_never_walks_through_what_was_sent(sqlite_url: str, keys: KeyRing) -> None:
    async with recorder(sqlite_url, keys) as runner:
        outbox = Outbox(runner, keys, FixedClock(NOW), gate)
        await outbox.adopt("me", NOW)
        await outbox.next_for(str(uuid7()))
        await outbox.claim([str(uuid7())], "me", 60)
        plans = await runner.plans()
    small = ("ix_outbox_open", "ix_outbox_held")
    walks = [line for line in plans.splitlines() if line.startswith("SCAN") and not any(index in line for index in small)]
    assert "ix_outbox_open" in plans
    assert walks == []


#: So many follow-ups in all; one in ten is still to come.
_FOLLOW_UPS = int(os.environ.get("CCMM_TEST_FOLLOW_UPS", "100000"))


def test_due_follow_ups_are_found_at_once_among_very_many(sqlite_url: str, keys: KeyRing) -> None:
    engine = open_engine(sqlite_url, keys)
    past, far = "2025-01-01 00:00:00.000000", "2028-01-01 00:00:00.000000"
    agency, person, case = (uuid7().hex for _ in range(3))
    with engine.begin() as connection:
        run = connection.exec_driver_sql
        run("INSERT INTO agency (id, name, service_name, timezone, created_at) VALUES (?, 'A', 'S', 'UTC', ?)", (agency, past))
        run("INSERT INTO person (id, agency_id, code, created_at) VALUES (?, ?, 'K7', ?)", (person, agency, past))
        run(
            "INSERT INTO \"case\" (id, agency_id, person_id, stage, model, opened_at) VALUES (?, ?, ?, 'exit', 'enhanced', ?)",
            (case, agency, person, past),
        )
        run(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?) "
            "INSERT INTO follow_up (id, agency_id, case_id, person_id, kind, occurrence, due_at, status, looks, wake_at) "
            "SELECT lower(hex(randomblob(16))), ?, ?, ?, 'follow_up_3_month', i, ?, "
            "CASE WHEN i % 10 = 0 THEN 'scheduled' ELSE 'answered' END, 0, "
            "CASE WHEN i % 10 <> 0 THEN NULL WHEN i <= 200 THEN ? ELSE ? END FROM n",
            (_FOLLOW_UPS, agency, case, person, past, past, far),
        )
    with engine.connect() as connection:
        run = connection.exec_driver_sql
        asked = (stamp(NOW), 100)
        plan = [row[-1] for row in run(f"EXPLAIN QUERY PLAN {DUE}", asked)]
        begun = time.perf_counter()
        found = run(DUE, asked).all()
        took = [time.perf_counter() - begun]
        for _ in range(99):
            begun = time.perf_counter()
            run(DUE, asked).all()
            took.append(time.perf_counter() - begun)
    engine.dispose()
    first, later = took[0] * 1e3, statistics.median(took) * 1e3
    print(f"\n{len(found)} due among {_FOLLOW_UPS}: first look {first:.2f} ms, then {later:.3f} ms; {plan}")
    assert len(plan) == 1
    assert plan[0].startswith("SEARCH follow_up USING INDEX ix_follow_up_wake")
    assert len(found) == 20
