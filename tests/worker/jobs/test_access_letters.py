"""On Monday those who lead or audit hear by mail that the report of who looked at whom is there. Through a real mail server."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from ccmm_bot.casework.access import accounts
from ccmm_bot.channels.registry import Channels
from ccmm_bot.clock import FixedClock
from ccmm_bot.runtime import Runtime, open_runtime
from ccmm_bot.store.tables import Role
from ccmm_bot.worker.jobs.access_letters import ACCESS_LETTER, ACCESS_WEEK, AccessLetters
from ccmm_bot.worker.jobs.engine import DbosJobs
from ccmm_bot.worker.jobs.leases import Leases
from tests.conversation.support import MONDAY_NOON, settings
from tests.standins.mail import MailStandin, mail_server
from tests.waiting import until

pytestmark = pytest.mark.xdist_group("jobs")


@pytest.fixture
def server() -> Iterator[MailStandin]:
    with mail_server() as standin:
        yield standin


@pytest.fixture
async def runtime(database_url: str, tmp_path: Path, server: MailStandin) -> AsyncIterator[Runtime]:
    chosen = settings(database_url, tmp_path, smtp_url=server.url, public_base_url="https://bot.example.org")
    async with open_runtime(chosen, clock=FixedClock(MONDAY_NOON), channels=Channels()) as opened:
        for role in (Role.ADMINISTRATOR, Role.AUDITOR, Role.CASE_MANAGER):
            accounts.create(
                opened.store,
                email=f"{role.value}@example.org",
                name="Somebody",
                password="four unrelated words here",
                now=MONDAY_NOON,
                role=role,
                agency_id=opened.agency_id,
            )
        yield opened


@pytest.fixture
async def letters(runtime: Runtime) -> AsyncIterator[AccessLetters]:
    jobs = DbosJobs(runtime.store.engine, poll_s=0.02, retry_s=0.01)
    made = AccessLetters(runtime.store, runtime.settings, jobs, runtime.clock.now)
    jobs.handlers = {ACCESS_WEEK: made.look, ACCESS_LETTER: made.write}
    await jobs.start(Leases(runtime.store.engine).begin())
    yield made
    await jobs.stop(wait_s=0)


async def test_on_monday_those_who_may_read_it_hear_once(letters: AccessLetters, server: MailStandin) -> None:
    await letters.look("1")
    await until(lambda: len(server.got) >= 2)
    await letters.look("2")
    assert sorted(server.to) == ["administrator@example.org", "auditor@example.org"]
    (one, other) = server.got
    monday = MONDAY_NOON.date() - timedelta(days=7)
    assert f"https://bot.example.org/staff/admin/access?week={monday}" in one.get_content()
    assert "Somebody" not in one.as_string()
    assert one["Message-ID"] != other["Message-ID"]


async def test_on_another_day_nobody_does(runtime: Runtime, letters: AccessLetters, server: MailStandin) -> None:
    assert isinstance(runtime.clock, FixedClock)
    for days in (2, 5, 6):
        runtime.clock.set(MONDAY_NOON + timedelta(days=days))
        await letters.look(str(days))
    runtime.clock.set(MONDAY_NOON + timedelta(days=7))
    await letters.look("7")
    await until(lambda: len(server.got) >= 2)
    assert {each["Message-ID"].rsplit(".", 3)[1].split("@")[0] for each in server.got} == {str(MONDAY_NOON.date())}


async def test_who_may_not_read_it_any_more_hears_nothing(runtime: Runtime, letters: AccessLetters, server: MailStandin) -> None:
    await letters.write(f"{runtime.agency_id.hex}.{MONDAY_NOON.date()}.1")
    assert server.got == []
