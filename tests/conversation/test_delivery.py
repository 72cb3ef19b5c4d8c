"""However often, and from wherever, a message is delivered: it has one effect, whole or not at all."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from ccmm_bot.conversation.works import Works
from ccmm_bot.runtime import Runtime
from ccmm_bot.store.hot import sqlite as sqlite_hot
from ccmm_bot.store.hot.sqlite import SqliteRunner
from ccmm_bot.store.hot.work import Apply, Query, Rows, Work
from ccmm_bot.store.hot.writes import AUDIT
from ccmm_bot.store.tables import (
    Audit,
    ContactPoint,
    Conversation,
    DialogueRun,
    Inbound,
    Outbox,
    Person,
    Response,
    Timer,
)
from tests.conversation.support import Phone, rows, service, settings

ROOT = Path(__file__).resolve().parents[2]


def counts(runtime: Runtime) -> dict[str, int]:
    """How many rows there are of what a message makes."""
    tables = (Person, ContactPoint, Conversation, DialogueRun, Inbound, Outbox, Response, Timer, Audit)
    return {table.__name__: len(rows(runtime, table)) for table in tables}


async def test_parallel_deliveries_of_one_message_have_one_effect(phone: Phone, runtime: Runtime) -> None:
    first, second = phone.message("hello"), phone.message("1")
    for message in (first, second):
        receipts = await asyncio.gather(*(runtime.receiver.receive(message) for _ in range(40)))
        assert sum(not receipt.duplicate for receipt in receipts) == 1
        assert sum(len(receipt.outbound) for receipt in receipts) == 1
        assert len({receipt.conversation_id for receipt in receipts}) == 1
    once = {"Person": 1, "ContactPoint": 1, "Conversation": 1, "DialogueRun": 1}
    assert counts(runtime) == {**once, "Inbound": 2, "Outbox": 2, "Response": 1, "Timer": 6, "Audit": 2}
    assert rows(runtime, Conversation)[0].version == 2


async def test_different_messages_of_one_person_at_once_all_have_their_effect(phone: Phone, runtime: Runtime) -> None:
    messages = [phone.message(f"hello {n}") for n in range(5)]
    receipts = await asyncio.gather(*(runtime.receiver.receive(message) for message in messages))
    assert all(receipt.outbound for receipt in receipts)
    assert [message.seq for message in rows(runtime, Outbox)] == list(range(1, len(rows(runtime, Outbox)) + 1))
    assert counts(runtime)["Inbound"] == 5
    assert rows(runtime, Conversation)[0].version == 5


async def test_deliveries_from_several_processes_have_one_effect(database_url: str, tmp_path: Path) -> None:
    people, processes = 6, 3
    async with service(settings(database_url, tmp_path)) as runtime:
        command = (sys.executable, "-m", "tests.conversation.deliver", database_url, str(tmp_path), str(people), "4")
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        running = [
            await asyncio.create_subprocess_exec(*command, cwd=ROOT, env=environment, stdout=asyncio.subprocess.PIPE)
            for _ in range(processes)
        ]
        said = [(await process.communicate())[0] for process in running]
        assert [process.returncode for process in running] == [0] * processes
        assert sum(int(each) for each in said) == people * 2
        assert counts(runtime)["Person"] == people
        assert counts(runtime)["Inbound"] == counts(runtime)["Outbox"] == people * 2
        assert counts(runtime)["Response"] == people


async def test_a_failure_in_the_middle_leaves_nothing_half(phone: Phone, runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    await phone.say("hello")
    before = counts(runtime)
    commit: Callable[..., Work[Any]] = Works._commit

    def broken(self: Works, applied: Any, turn: Any, outbound: Any) -> Work[Any]:
        row = applied.writes.sections[AUDIT.name][-1]
        applied.writes.sections[AUDIT.name][-1] = (row[0], UUID(int=1).hex, *row[2:])  # an agency that does not exist
        return commit(self, applied, turn, outbound)

    monkeypatch.setattr(Works, "_commit", broken)
    message = phone.message("1")
    with pytest.raises(Exception, match=r"(?i)foreign key|row-level security"):
        await runtime.receiver.receive(message)
    assert counts(runtime) == before
    monkeypatch.undo()
    assert await phone.send(message) == ["Tell us in your words.\n0 = skip"]


async def test_one_broken_message_takes_none_of_its_group_with_it(sqlite_url: str, tmp_path: Path) -> None:
    async with service(settings(sqlite_url, tmp_path)) as runtime:
        phones = [Phone(runtime, f"+1604555{n:04d}") for n in range(20)]

        def breaks() -> Work[None]:
            yield Query("INSERT INTO agency (id) VALUES ('x')")

        work = [runtime.receiver.receive(phone.message("hello")) for phone in phones]
        results = await asyncio.gather(*work, runtime.database.runner.across(breaks), return_exceptions=True)
        assert isinstance(results[-1], sqlite3.IntegrityError)
        assert counts(runtime)["Inbound"] == 20


async def test_a_commit_that_fails_acknowledges_nothing(sqlite_url: str, tmp_path: Path) -> None:
    """A deferred foreign key fails at the commit itself, as a full disk would."""
    async with service(settings(sqlite_url, tmp_path)) as runtime:
        runner = runtime.database.runner

        def fails_at_commit() -> Work[None]:
            yield Query("PRAGMA defer_foreign_keys = ON")
            yield Query("INSERT INTO agency (id, name, service_name, timezone, created_at) VALUES ('a', '', '', '', '')")
            yield Query("INSERT INTO household (id, agency_id, created_at) VALUES ('x', 'nobody', '')")

        phone = Phone(runtime)
        message = phone.message("hello")
        results = await asyncio.gather(runner.across(fails_at_commit), runtime.receiver.receive(message), return_exceptions=True)
        assert all(isinstance(result, sqlite3.IntegrityError) for result in results)
        assert counts(runtime)["Inbound"] == 0
        assert (await phone.send(message))[0].startswith("Red or blue?")


async def test_everything_queued_shares_one_durable_commit(
    sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite_hot, "TURN_S", 600.0)  # however busy this machine is
    async with service(settings(sqlite_url, tmp_path)) as runtime:
        runner = runtime.database.runner
        assert isinstance(runner, SqliteRunner)
        phones = [Phone(runtime, f"+1604555{n:04d}") for n in range(100)]
        before = runner.counters.commits
        await asyncio.gather(*(phone.say("hello") for phone in phones))
        # The first may go alone while the others queue up behind it.
        assert runner.counters.commits - before <= 3
        assert runner.counters.largest_group >= 98
        assert len(rows(runtime, Person)) == 100


async def test_what_concerns_one_conversation_at_once_happens_one_after_the_other(
    sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite_hot, "TURN_S", 600.0)  # all in one group
    async with service(settings(sqlite_url, tmp_path)) as runtime:
        runner = runtime.database.runner
        assert isinstance(runner, SqliteRunner)
        phones = [Phone(runtime, f"+1604555{n:04d}") for n in range(12)]
        await asyncio.gather(*(phone.say("hello") for phone in phones))
        before, ids = runner.counters.commits, [phone.conversation_id for phone in phones]
        staff = UUID(int=7).hex
        written = asyncio.gather(*(runtime.receiver.take_over(each, staff) for each in ids))
        said = asyncio.gather(*(phone.say("1") for phone in phones))
        await asyncio.gather(written, said)
        assert runner.counters.commits - before <= 2
        kept = rows(runtime, Conversation)
        assert {(each.version, each.human_since is not None) for each in kept} == {(3, True)}
        assert len(rows(runtime, Inbound)) == 24


async def test_a_group_has_a_bound(sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite_hot, "GROUP_AT_MOST", 8)
    async with service(settings(sqlite_url, tmp_path)) as runtime:
        runner = runtime.database.runner
        assert isinstance(runner, SqliteRunner)
        await asyncio.gather(*(Phone(runtime, f"+1604555{n:04d}").say("hello") for n in range(40)))
        assert runner.counters.largest_group <= 8


async def test_the_event_loop_has_its_turn_in_between(sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite_hot, "TURN_S", 0.0)
    async with service(settings(sqlite_url, tmp_path)) as runtime:
        runner = runtime.database.runner
        assert isinstance(runner, SqliteRunner)
        await asyncio.gather(*(Phone(runtime, f"+1604555{n:04d}").say("hello") for n in range(10)))
        assert runner.counters.largest_group == 1


async def test_while_a_flush_is_slow_the_event_loop_goes_on(
    sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite_hot, "QUICK_S", 0.0)  # every flush is
    monkeypatch.setattr(sqlite_hot, "TURN_S", 600.0)
    async with service(settings(sqlite_url, tmp_path)) as runtime:
        runner = runtime.database.runner
        assert isinstance(runner, SqliteRunner)
        phones = [Phone(runtime, f"+1604555{n:04d}") for n in range(40)]
        for text in ("hello", "red"):
            await asyncio.gather(*(phone.say(text) for phone in phones))
        assert len(rows(runtime, Person)) == 40
        assert runner.counters.commits < 40


async def test_while_somebody_else_writes_the_event_loop_goes_on(sqlite_url: str, tmp_path: Path) -> None:
    async with service(settings(sqlite_url, tmp_path)) as runtime:
        phone = Phone(runtime, "+16045550001")
        await phone.say("hello")
        with runtime.store.installation(write=True) as session:
            session.connection()  # has the lock
            said = asyncio.create_task(phone.say("red"))
            for _ in range(100):  # turns of the loop; it does not stand still
                await asyncio.sleep(0)
            assert not said.done()
        assert await said


@pytest.mark.postgres
async def test_a_change_in_between_is_noticed_and_the_work_starts_again(postgres_url: str, tmp_path: Path) -> None:
    async with service(settings(postgres_url, tmp_path)) as runtime:
        phone = Phone(runtime)
        await phone.say("hello")
        reads = 0
        work = Works.receive

        def slower(self: Works, *arguments: Any) -> Work[Any]:
            """The same work, during whose first attempt somebody else changes the conversation."""
            nonlocal reads
            reads += 1
            inner = work(self, *arguments)
            answer: Rows | None = None
            while True:
                try:
                    wanted = inner.send(answer)
                except StopIteration as stop:
                    return stop.value
                if isinstance(wanted, Apply) and reads == 1:
                    with runtime.store.installation(write=True) as session:
                        session.get_one(Conversation, UUID(wanted.writes.conversation_id)).version += 1
                answer = yield wanted

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Works, "receive", slower)
            assert await phone.say("1") == ["Tell us in your words.\n0 = skip"]
        assert reads == 2
        assert [response.value for response in rows(runtime, Response)] == ["red"]
