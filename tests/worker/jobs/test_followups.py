"""A follow-up whose job was lost is found again, also where the clock was set back meanwhile: by a day it is not waited for."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from ccmm_bot.casework.followups.due import WATCHDOG
from ccmm_bot.clock import FixedClock
from ccmm_bot.runtime import Runtime
from ccmm_bot.store.tables import Consent, FollowUp, FollowUpStatus
from ccmm_bot.worker.jobs.followups import FollowUps
from tests import new
from tests.conversation.support import MONDAY_NOON, service, settings
from tests.worker.jobs.test_webhooks import Queue

DAY = timedelta(days=1)


@pytest.fixture
async def runtime(tmp_path: Path, database_url: str) -> AsyncIterator[Runtime]:
    async with service(settings(database_url, tmp_path), FixedClock(MONDAY_NOON)) as opened:
        yield opened


class Process:
    """One that looks for follow-ups, by a clock of the test's; whoever is to do its jobs dies before."""

    def __init__(self, runtime: Runtime, now: datetime) -> None:
        self.now, self.jobs = now, Queue()
        self._found = FollowUps(runtime.store, runtime.database.runner, runtime.receiver, self.jobs, lambda: self.now)

    async def sweeps(self, now: datetime) -> list[str]:
        """Looks; the jobs it wants done."""
        self.now, self.jobs.waiting = now, []
        await self._found.sweep()
        return self.jobs.waiting


def due(runtime: Runtime, at: datetime) -> None:
    """Somebody who wrote, and agreed to be written to, is asked how she is at that moment."""
    store, agency = runtime.store, runtime.agency_id
    new.sender(store, agency)
    person = new.person(store, agency, name="A. M.")
    telephone = new.telephone(store, agency)
    new.uses(store, person, telephone)
    new.conversation(store, person, telephone, MONDAY_NOON)
    case = new.case(store, agency, person_id=person)
    shared: dict[str, Any] = {"agency_id": agency, "person_id": person}
    planned: dict[str, Any] = {"due_at": at, "wake_at": at, "status": FollowUpStatus.SCHEDULED}
    with store.writing(agency) as session:
        session.add(Consent(**shared, kind="contact", given=True, at=MONDAY_NOON))
        session.add(FollowUp(**shared, **planned, case_id=case, kind="follow_up_3_month"))


@pytest.mark.parametrize("restarted", [False, True], ids=["it lives on", "it is started again"])
async def test_a_lost_job_is_found_again_when_the_clock_was_set_back(runtime: Runtime, restarted: bool) -> None:
    today, tomorrow = MONDAY_NOON, MONDAY_NOON + DAY
    due(runtime, today - timedelta(hours=1))
    process = Process(runtime, tomorrow)
    assert len(await process.sweeps(tomorrow)) == 1
    assert await process.sweeps(tomorrow + timedelta(minutes=1)) == [], "its job is there"
    if restarted:
        process = Process(runtime, today)
    assert len(await process.sweeps(today)) == 1, "and not a day later"
    assert await process.sweeps(today + timedelta(minutes=1)) == []
    assert len(await process.sweeps(today + WATCHDOG)) == 1
    # Forward again: the moment has long passed.
    assert len(await process.sweeps(tomorrow + timedelta(minutes=2))) == 1


async def test_what_is_planned_for_later_stays_planned(runtime: Runtime) -> None:
    """Set back behind the moment it is due, it waits for that moment and no longer."""
    today, tomorrow = MONDAY_NOON, MONDAY_NOON + DAY
    due(runtime, tomorrow - timedelta(hours=1))
    process = Process(runtime, tomorrow)
    assert len(await process.sweeps(tomorrow)) == 1
    assert await process.sweeps(today) == []
    assert len(await process.sweeps(tomorrow - timedelta(minutes=30))) == 1
