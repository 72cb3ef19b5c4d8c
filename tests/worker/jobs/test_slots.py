"""What has a schedule, under a clock that is set back by a day: it goes on at once, and not when the day is over again."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from ccmm_bot.store.session import Store
from ccmm_bot.worker.jobs.port import Schedule
from ccmm_bot.worker.jobs.slots import Slots
from tests.waiting import until
from tests.worker.jobs.conftest import engine, noted

pytestmark = pytest.mark.xdist_group("jobs")  # the library allows one engine in a process
DAY, SPAN = timedelta(days=1), timedelta(minutes=15)


async def test_a_schedule_goes_on_when_the_clock_is_set_back(store: Store) -> None:
    ran: list[str] = []
    async with engine(store, note=noted(ran)) as jobs:
        jobs.schedules = {"note": Schedule(every=SPAN)}
        today = datetime.now(UTC)
        clock = {"now": today}

        def process() -> Slots:
            return Slots(store.engine, jobs, lambda: clock["now"])

        first, second = process(), process()

        async def tick(now: datetime, *of: Slots) -> None:
            clock["now"] = now
            for each in of:
                await asyncio.to_thread(each.tick)

        await tick(today - DAY, first, second)
        await tick(today, first, second)
        await until(lambda: len(ran) == 2)  # once in each span, whatever the number of processes
        # Set back: the day is there once more, to those who lived through it and to one that was started meanwhile.
        await tick(today - DAY, first, second, process())
        await until(lambda: len(ran) == 3)
        await tick(today - DAY + SPAN, first, second, process())
        await until(lambda: len(ran) == 4)
        await tick(today + SPAN, first, second)
        await until(lambda: len(ran) == 5)
    assert len(set(ran)) == 5
