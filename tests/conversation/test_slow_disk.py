"""While a flush is waited for: the event loop goes on, nobody is told anything yet, and what fails takes nobody else with it."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from ccmm_bot.runtime import Runtime
from ccmm_bot.store.hot import sqlite as sqlite_hot
from ccmm_bot.store.hot import sqlite_group
from ccmm_bot.store.hot.sqlite import SqliteRunner
from ccmm_bot.store.hot.sqlite_group import Counters, Groups, Job
from ccmm_bot.store.hot.work import Query, Work
from ccmm_bot.store.tables import Inbound, Outbox
from tests.conversation.support import Phone, rows, service, settings


class Disk:
    """Every flush is slow; and while it is held, it does not end."""

    def __init__(self) -> None:
        self.flushes = threading.Event()  # whether they end
        self.flushes.set()
        self.waited_for = threading.Event()  # somebody waits for one that is held

    async def is_waited_for(self) -> None:
        """Until somebody waits for a flush that is held: in another thread than the event loop's, or this never ends."""
        await asyncio.to_thread(self.waited_for.wait, 30)
        assert self.waited_for.is_set()

    def hold(self) -> None:
        self.waited_for.clear()
        self.flushes.clear()

    def let_go(self) -> None:
        self.flushes.set()


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> Iterator[Disk]:
    disk = Disk()
    commit = Groups.commit

    def slowly(self: Groups, done: list[Job]) -> None:
        if not disk.flushes.is_set():
            assert threading.current_thread() is not threading.main_thread(), "the event loop stands still"
            disk.waited_for.set()
            disk.flushes.wait(30)
        commit(self, done)

    monkeypatch.setattr(sqlite_hot, "QUICK_S", 0.0)
    monkeypatch.setattr(sqlite_hot, "TURN_S", 600.0)  # however busy this machine is
    monkeypatch.setattr(sqlite_hot, "_SLOW_FOR_S", 600.0)  # it is never tried in place again
    monkeypatch.setattr(Groups, "commit", slowly)
    yield disk
    disk.let_go()


@pytest.fixture
async def slow(sqlite_url: str, tmp_path: Path, disk: Disk) -> AsyncIterator[Runtime]:
    async with service(settings(sqlite_url, tmp_path)) as runtime:
        await Phone(runtime, "+16045550000").say("hello")  # which showed that the disk is slow
        yield runtime
        disk.let_go()


def counters(runtime: Runtime) -> Counters:
    runner = runtime.database.runner
    assert isinstance(runner, SqliteRunner)
    return runner.counters


def phones(runtime: Runtime, first: int, count: int = 5) -> list[Phone]:
    return [Phone(runtime, f"+1604555{n:04d}") for n in range(first, first + count)]


async def test_what_comes_during_a_flush_is_the_next_group_and_nobody_is_answered_before_the_flush(
    slow: Runtime, disk: Disk
) -> None:
    before = counters(slow).commits
    disk.hold()
    first = [asyncio.create_task(phone.say("hello")) for phone in phones(slow, 1)]
    await disk.is_waited_for()
    second = [asyncio.create_task(phone.say("hello")) for phone in phones(slow, 101)]
    for _ in range(50):
        await asyncio.sleep(0)
    assert not any(each.done() for each in (*first, *second))
    assert len(rows(slow, Inbound)) == 1, "nothing of it is committed yet"
    disk.let_go()
    await asyncio.gather(*first, *second)
    assert counters(slow).commits - before == 2
    assert len(rows(slow, Inbound)) == 11


async def test_a_flush_that_fails_while_another_group_forms_fails_for_its_own_group_alone(slow: Runtime, disk: Disk) -> None:
    def fails_at_commit() -> Work[None]:
        yield Query("PRAGMA defer_foreign_keys = ON")
        yield Query("INSERT INTO household (id, agency_id, created_at) VALUES ('x', 'nobody', '')")

    disk.hold()
    unlucky, others = phones(slow, 1), phones(slow, 101)
    messages = [phone.message("hello") for phone in unlucky]
    failing = asyncio.gather(
        slow.database.runner.across(fails_at_commit),
        *(slow.receiver.receive(message) for message in messages),
        return_exceptions=True,
    )
    await disk.is_waited_for()
    waiting = [asyncio.create_task(phone.say("hello")) for phone in others]
    await asyncio.sleep(0)
    disk.let_go()
    assert all(isinstance(result, sqlite3.IntegrityError) for result in await failing)
    await asyncio.gather(*waiting)
    assert len(rows(slow, Inbound)) == 1 + len(others)
    for phone, message in zip(unlucky, messages, strict=True):
        assert await phone.send(message), "it comes again, and is nothing but new"
    assert len(rows(slow, Inbound)) == 1 + len(others) + len(unlucky)


async def test_whoever_goes_away_during_a_flush_is_kept_all_the_same_and_nobody_else_notices(slow: Runtime, disk: Disk) -> None:
    disk.hold()
    gone, stays = phones(slow, 1, 2)
    message = gone.message("hello")
    tasks = [asyncio.create_task(slow.receiver.receive(message)), asyncio.create_task(stays.say("hello"))]
    await disk.is_waited_for()
    late = asyncio.create_task(Phone(slow, "+16045550101").say("hello"))
    await asyncio.sleep(0)
    tasks[0].cancel()
    disk.let_go()
    assert isinstance((await asyncio.gather(*tasks, return_exceptions=True))[0], asyncio.CancelledError)
    await late
    assert (await slow.receiver.receive(message)).duplicate
    assert len(rows(slow, Inbound)) == 4


async def test_one_persons_messages_keep_their_order_over_several_flushes(slow: Runtime, disk: Disk) -> None:
    phone = Phone(slow, "+16045550001")
    disk.hold()
    first = asyncio.create_task(phone.say("hello"))
    await disk.is_waited_for()
    second = asyncio.create_task(phone.say("1"))
    disk.let_go()
    asked, answered = await first, await second
    assert asked[-1].startswith("Red or blue?")
    assert answered == ["Tell us in your words.\n0 = skip"]
    assert [each.seq for each in sorted(rows(slow, Outbox), key=lambda row: (row.conversation_id, row.seq))] == [1, 1, 2]


async def test_the_end_waits_for_the_flush_and_for_whoever_came_meanwhile(sqlite_url: str, tmp_path: Path, disk: Disk) -> None:
    async with service(settings(sqlite_url, tmp_path)) as runtime:
        await Phone(runtime, "+16045550000").say("hello")
        disk.hold()
        first = asyncio.create_task(Phone(runtime, "+16045550001").say("hello"))
        await disk.is_waited_for()
        second = asyncio.create_task(Phone(runtime, "+16045550002").say("hello"))
        await asyncio.sleep(0)
        ending = asyncio.create_task(runtime.database.runner.aclose())
        for _ in range(50):
            await asyncio.sleep(0)
        assert not ending.done()
        disk.let_go()
        await ending
        assert await first
        assert await second
    with closing(sqlite3.connect(tmp_path / "ccmm.sqlite3")) as connection:
        assert connection.execute("SELECT count(*) FROM inbound").fetchone() == (3,)


@pytest.mark.parametrize("quick_s", [0.0, 600.0], ids=["slow disk", "fast disk"])
async def test_the_log_is_copied_after_everybody_was_answered(
    sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, quick_s: float
) -> None:
    """A reader who holds the log back keeps nobody from anything."""
    copies, checkpoint = threading.Event(), Groups.checkpoint

    def held(self: Groups) -> None:
        assert threading.current_thread() is not threading.main_thread(), "the event loop stands still"
        copies.wait(30)
        checkpoint(self)

    monkeypatch.setattr(sqlite_hot, "QUICK_S", quick_s)
    monkeypatch.setattr(sqlite_hot, "TURN_S", 600.0)
    async with service(settings(sqlite_url, tmp_path)) as runtime:
        monkeypatch.setattr(Groups, "checkpoint", held)
        monkeypatch.setattr(sqlite_group, "LONG_LOG", 1)  # after every group
        await asyncio.gather(*(phone.say("hello") for phone in phones(runtime, 1)))  # answered, and nothing is copied yet
        assert counters(runtime).checkpoints == 0
        late = [asyncio.create_task(phone.say("hello")) for phone in phones(runtime, 101)]
        with closing(sqlite3.connect(tmp_path / "ccmm.sqlite3")) as reader:
            reader.execute("BEGIN")
            assert reader.execute("SELECT count(*) FROM inbound").fetchone() == (5,)
            copies.set()
            await asyncio.gather(*late)
        await Phone(runtime, "+16045550201").say("hello")
        assert counters(runtime).checkpoints >= 2
    with closing(sqlite3.connect(tmp_path / "ccmm.sqlite3")) as connection:
        assert connection.execute("SELECT count(*) FROM inbound").fetchone() == (11,)
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
