"""What is asked again and again is answered from a small index, however many rows there are."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import TypeVar

from ccmm_bot.clock import FixedClock
from ccmm_bot.conversation.gate import gate
from ccmm_bot.store.database import Database
from ccmm_bot.store.hot.work import Query, Rows, Runner, Work
from ccmm_bot.store.keys import KeyRing
from ccmm_bot.store.outbox import Outbox
from ccmm_bot.store.timers import Timers
from ccmm_bot.store.types import uuid7

T = TypeVar("T")

NOW = datetime(2026, 11, 23, 19, 0, tzinfo=UTC)


class Recorder:
    """A runner that remembers what was asked."""

    def __init__(self, runner: Runner) -> None:
        self._runner = runner
        self.asked: list[Query] = []

    async def run(self, make: Callable[[], Work[T]], *, agency_id: str | None = None, optimistic: bool = False) -> T:
        """Run it, and remember its queries."""

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

        return await self._runner.run(recorded, agency_id=agency_id, optimistic=optimistic)

    async def open(self) -> None:
        """Open already."""

    async def aclose(self) -> None:
        """Not ours to close."""

    async def plans(self) -> str:
        """How SQLite answers what was asked."""

        def explain(query: Query) -> Work[Rows]:
            rows: Rows = yield Query(f"EXPLAIN QUERY PLAN {query.sql}", query.params)
            return rows

        lines = [row[-1] for query in self.asked for row in await self._runner.run(lambda query=query: explain(query))]  # type: ignore[misc]
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
