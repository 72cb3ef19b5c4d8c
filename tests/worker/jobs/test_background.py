"""Durable work in a running process: found, done, and taken over."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from ccmm_bot.clock import FixedClock
from ccmm_bot.runtime import Runtime
from ccmm_bot.store.tables import Case, Conversation, FollowUp, FollowUpAttempt, FollowUpStatus, Person, Process
from ccmm_bot.worker.jobs.leases import Leases
from ccmm_bot.worker.jobs.running import Background
from tests.conversation.support import MONDAY_NOON, Phone, rows, service, settings
from tests.waiting import until

pytestmark = pytest.mark.xdist_group("jobs")


@pytest.fixture
async def runtime(database_url: str, tmp_path: Path) -> AsyncIterator[Runtime]:
    async with service(settings(database_url, tmp_path), FixedClock(MONDAY_NOON)) as opened:
        yield opened


async def plan(runtime: Runtime, phone: Phone) -> None:
    """A follow-up that is due, of somebody nothing is running with."""
    await phone.say("STOP", "START")
    with runtime.store.installation(write=True) as session:
        from sqlmodel import select

        talk = session.exec(select(Conversation)).one()
        person = session.exec(select(Person)).one()
        person.name = "Ana Silva"
        case = Case(agency_id=talk.agency_id, person_id=person.id, opened_at=MONDAY_NOON)
        session.add_all([person, case])
        session.flush()
        due = MONDAY_NOON - timedelta(minutes=1)
        session.add(
            FollowUp(
                agency_id=talk.agency_id, case_id=case.id, person_id=person.id, kind="follow_up_3_month", due_at=due, wake_at=due
            )
        )


async def test_what_is_due_is_found_and_looked_at_by_itself(runtime: Runtime) -> None:
    await plan(runtime, Phone(runtime))
    background = Background(runtime, poll_s=0.05)
    await background.start()
    # The test's program has no such dialogue: that is written down, and asked again tomorrow.
    await until(lambda: rows(runtime, FollowUp)[0].reason is not None)
    await background.stop()
    row = rows(runtime, FollowUp)[0]
    assert row.reason in ("no_dialogue", "busy")
    assert row.status is FollowUpStatus.DUE
    assert rows(runtime, FollowUpAttempt) == []
    assert row.wake_at is not None
    assert row.wake_at > MONDAY_NOON


async def test_who_is_thought_dead_starts_afresh_under_another_name(runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ccmm_bot.worker.jobs.running.BEAT", timedelta(seconds=0.1))
    background = Background(runtime, poll_s=0.05)
    await background.start()
    await asyncio.wait_for(background.ready.wait(), 20)
    first = background.jobs.executor
    with runtime.store.engine.begin() as connection:
        connection.execute(text("UPDATE process SET taken_over_by = id"))
    await until(lambda: background.jobs.executor != first and background.ready.is_set())
    await background.stop()
    assert len(rows(runtime, Process)) == 2


async def test_a_process_without_jobs_is_known_to_the_others(runtime: Runtime) -> None:
    background = Background(runtime, sender="web", working=False)
    await background.start()
    await until(lambda: rows(runtime, Process))
    await background.stop()
    with runtime.store.engine.begin() as connection:
        others = Leases(runtime.store.engine)
        assert [dead.sender for dead in others.lost(connection)] == ["web"]
