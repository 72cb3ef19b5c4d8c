"""What the port promises, on both databases; and that what is known to go wrong with the engine does not go wrong here."""

from __future__ import annotations

import asyncio
import logging
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from sqlalchemy import QueuePool, text

from ccmm_bot.store.session import Store
from ccmm_bot.worker.jobs import engine as engine_module
from ccmm_bot.worker.jobs.engine import DbosJobs
from ccmm_bot.worker.jobs.leases import Leases
from ccmm_bot.worker.jobs.pool import open_pool
from tests.waiting import until
from tests.worker.jobs.conftest import engine, enqueue, noted

pytestmark = pytest.mark.xdist_group("jobs")  # the library allows one engine in a process


def everything_kept(store: Store) -> str:
    """All that the engine wrote down about jobs."""
    schema = "" if store.engine.dialect.name == "sqlite" else "dbos."
    kept = ""
    with store.engine.begin() as connection:
        for table in ("workflow_status", "workflow_input", "workflow_output", "operation_outputs"):
            kept += repr(connection.execute(text(f"SELECT * FROM {schema}{table}")).fetchall())
    return kept


class TestEnqueuing:
    async def test_a_job_is_there_exactly_if_the_transaction_commits(self, store: Store) -> None:
        ran: list[str] = []
        async with engine(store, note=noted(ran)) as jobs:

            def roll_back() -> None:
                with store.installation(write=True) as session:
                    jobs.enqueue(session, "note", "lost", key="k")
                    raise KeyError

            with pytest.raises(KeyError):
                await asyncio.to_thread(roll_back)
            await enqueue(store, jobs, ("note", "kept", "k", 1))
            await until(lambda: ran)
            await asyncio.sleep(0.2)
        assert ran == ["kept"]

    async def test_a_session_of_one_agency_may_enqueue(self, store: Store) -> None:
        from ccmm_bot.store.types import uuid7

        jobs = DbosJobs(store.engine)
        jobs.prepare()

        def write() -> None:
            with store.writing(uuid7()) as session:
                jobs.enqueue(session, "note", "a", key="k")

        await asyncio.to_thread(write)
        await jobs.stop()

    async def test_the_same_work_is_there_once(self, store: Store) -> None:
        ran: list[str] = []
        async with engine(store, note=noted(ran)) as jobs:
            await enqueue(store, jobs, ("note", "a", "k", 1), ("note", "a", "k", 1))
            await until(lambda: ran)
            await enqueue(store, jobs, ("note", "a", "k", 1))
            await asyncio.sleep(0.3)
        assert ran == ["a"]

    async def test_jobs_of_one_key_run_in_order_one_at_a_time(self, store: Store) -> None:
        ran: list[str] = []
        at_once: list[int] = []
        running: dict[str, int] = {"a": 0, "b": 0}

        async def handler(name: str) -> None:
            running[name[0]] += 1
            at_once.append(running[name[0]])
            await asyncio.sleep(0.01)
            ran.append(name)
            running[name[0]] -= 1

        async with engine(store, note=handler) as jobs:
            # Written in the wrong order, in the same instant: the order is that of ``seq``.
            made = [("note", f"{key}{n}", key, n) for n in reversed(range(1, 7)) for key in "ab"]
            await enqueue(store, jobs, *made)
            await until(lambda: len(ran) == 12)
        assert [name for name in ran if name[0] == "a"] == [f"a{n}" for n in range(1, 7)]
        assert [name for name in ran if name[0] == "b"] == [f"b{n}" for n in range(1, 7)]
        assert set(at_once) == {1}

    async def test_it_waits_for_its_time_which_can_be_changed_and_taken_back(self, store: Store) -> None:
        ran: list[str] = []
        async with engine(store, note=noted(ran)) as jobs:

            def write() -> None:
                later = datetime.now(UTC) + timedelta(hours=1)
                with store.installation(write=True) as session:
                    for name in ("sooner", "never"):
                        jobs.enqueue(session, "note", name, key=name, not_before=later)

            await asyncio.to_thread(write)
            await jobs.cancel("note", "never")
            await asyncio.sleep(0.3)
            assert ran == []
            await jobs.reschedule("note", "sooner", datetime.now(UTC))
            await jobs.reschedule("note", "never", datetime.now(UTC))
            await jobs.reschedule("note", "there is none", datetime.now(UTC))
            await until(lambda: ran)
            await asyncio.sleep(1.2)
        assert ran == ["sooner"]

    async def test_a_process_that_only_enqueues_needs_no_worker_to_have_been_there(self, store: Store) -> None:
        jobs = DbosJobs(store.engine)
        await asyncio.to_thread(jobs.prepare)
        await enqueue(store, jobs, ("note", "early", "k", 1))
        await jobs.stop()
        ran: list[str] = []
        async with engine(store, note=noted(ran)):
            await until(lambda: ran)
        assert ran == ["early"]


class TestRunning:
    async def test_what_fails_is_tried_again_and_keeps_no_other_waiting(self, store: Store) -> None:
        tried: list[str] = []
        ran: list[str] = []

        async def handler(name: str) -> None:
            tried.append(name)
            if name == "bad" or (name == "shaky" and tried.count("shaky") < 3):
                raise ValueError(name)
            ran.append(name)

        async with engine(store, note=handler) as jobs:
            await enqueue(store, jobs, ("note", "bad", "k1", 1), ("note", "shaky", "k2", 1), ("note", "good", "k3", 1))
            await until(lambda: len(ran) == 2 and tried.count("bad") == engine_module.ATTEMPTS)
        assert sorted(ran) == ["good", "shaky"]

    async def test_a_kind_this_version_does_not_know_does_no_harm(self, store: Store) -> None:
        ran: list[str] = []
        async with engine(store, note=noted(ran)) as jobs:
            await enqueue(store, jobs, ("of a later version", "x", "k", 1), ("note", "a", "k", 2))
            await until(lambda: ran)
        assert ran == ["a"]

    async def test_never_more_at_once_than_agreed(self, store: Store) -> None:
        running, most = 0, 0

        async def handler(_name: str) -> None:
            nonlocal running, most
            running += 1
            most = max(most, running)
            await asyncio.sleep(0.05)
            running -= 1

        done: list[str] = []

        async def counted(name: str) -> None:
            await handler(name)
            done.append(name)

        async with engine(store, note=counted) as jobs:
            await enqueue(store, jobs, *(("note", str(n), f"k{n}", 1) for n in range(30)))
            await until(lambda: len(done) == 30)
        assert most <= engine_module.CONCURRENCY

    async def test_the_loop_keeps_its_own_threads_when_the_engine_stops(self, store: Store) -> None:
        async with engine(store):
            pass
        assert await asyncio.to_thread(threading.active_count) >= 1

    async def test_it_can_stop_and_start_again_in_one_process(self, store: Store) -> None:
        ran: list[str] = []
        for name in ("first", "second"):
            async with engine(store, note=noted(ran)) as jobs:
                await enqueue(store, jobs, ("note", name, "k", 1))
                await until(partial(ran.__contains__, name))
        assert ran == ["first", "second"]

    async def test_finished_jobs_are_removed_and_waiting_ones_kept(self, store: Store) -> None:
        ran: list[str] = []
        async with engine(store, note=noted(ran)) as jobs:
            await enqueue(store, jobs, ("note", "a", "k", 1), ("note", "b", "k", 2))
            await until(lambda: len(ran) == 2)

            def wait_for_later() -> None:
                with store.installation(write=True) as session:
                    jobs.enqueue(session, "note", "later", key="k", not_before=datetime.now(UTC) + timedelta(hours=1))

            await asyncio.to_thread(wait_for_later)
            await asyncio.sleep(0.5)
            assert await jobs.forget(timedelta(days=1)) == 0
            assert await jobs.forget(timedelta(0)) == 2
            assert "note:later" in everything_kept(store)
            assert "note:a" not in everything_kept(store)


class TestWhoRunsIt:
    async def test_a_dead_process_jobs_are_put_back_once_and_in_order(self, store: Store) -> None:
        ran: list[str] = []
        stuck = asyncio.Event()

        async def hangs(name: str) -> None:
            ran.append(f"begun {name}")
            stuck.set()
            await asyncio.sleep(3600)

        leases = Leases(store.engine, lease=timedelta(seconds=0.3))
        first = DbosJobs(store.engine, {"note": hangs}, poll_s=0.02)
        await first.start(await asyncio.to_thread(leases.begin))
        await enqueue(store, first, ("note", "a1", "a", 1), ("note", "a2", "a", 2))
        await asyncio.wait_for(stuck.wait(), 10)
        await first.stop(wait_s=0)  # like a kill: nothing is finished, nothing is given back
        second = Leases(store.engine)
        jobs = DbosJobs(store.engine, {"note": noted(ran)}, poll_s=0.02)
        await jobs.start(await asyncio.to_thread(second.begin))
        await asyncio.sleep(0.4)

        def adopt() -> list[str]:
            with store.engine.begin() as connection:
                second.lost(connection)
                return jobs.abandoned(connection, second.living(connection))

        left = await asyncio.to_thread(adopt)
        assert left == ["note:a1"]
        await asyncio.to_thread(jobs.resume, left)
        await until(lambda: len(ran) == 3)
        assert await asyncio.to_thread(adopt) == []
        await asyncio.sleep(0.3)
        await jobs.stop(wait_s=0)
        assert ran == ["begun a1", "a1", "a2"]

    async def test_one_that_would_live_until_tomorrow_was_there_before_the_clock_was_set_back(self, store: Store) -> None:
        dead = Leases(store.engine, lease=timedelta(days=1)).begin()
        heir, alive = Leases(store.engine), Leases(store.engine)
        heir.begin(), alive.begin()
        with store.engine.begin() as connection:
            assert [each.executor for each in heir.lost(connection)] == [dead]

    async def test_no_two_processes_ever_have_the_same_name(self, store: Store) -> None:
        names = {Leases(store.engine).begin() for _ in range(20)}
        assert len(names) == 20

    async def test_the_version_is_constant(self, store: Store) -> None:
        async with engine(store, note=noted([])) as jobs:
            await enqueue(store, jobs, ("note", "a", "k", 1))
            await asyncio.sleep(0.1)
            schema = "" if store.engine.dialect.name == "sqlite" else "dbos."
            with store.engine.begin() as connection:
                found = (
                    connection.execute(text(f"SELECT DISTINCT application_version FROM {schema}workflow_status")).scalars().all()
                )
        assert found == [engine_module.VERSION] == ["1"]


class TestWhatItTells:
    async def test_neither_its_tables_nor_its_log_hold_what_a_job_was_about(
        self, store: Store, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
    ) -> None:
        failed: list[str] = []

        async def handler(name: str) -> None:
            failed.append(name)
            raise ValueError("Zahra, +16045550111, is not safe at home")

        logging.getLogger("dbos").addHandler(caplog.handler)
        async with engine(store, note=handler) as jobs:
            await enqueue(store, jobs, ("note", "0190", "k", 1))
            await until(lambda: len(failed) == engine_module.ATTEMPTS)
            await asyncio.sleep(0.5)
            kept = everything_kept(store)
        logging.getLogger("dbos").removeHandler(caplog.handler)
        written = "".join(capfd.readouterr()) + kept
        assert "note" in kept
        for word in ("Zahra", "6045550111", "safe at home"):
            assert word not in written

    def test_its_pool_is_small_and_of_its_own(self, store: Store) -> None:
        pool = open_pool(store.engine)
        assert pool is not store.engine
        assert isinstance(pool.pool, QueuePool)
        assert pool.pool.size() <= 4
        if pool.dialect.name == "sqlite":
            with pool.connect() as connection:
                values = {name: connection.execute(text(f"PRAGMA {name}")).scalar() for name in ("journal_mode", "busy_timeout")}
                assert values == {"journal_mode": "wal", "busy_timeout": 10_000}
                driver = connection.connection.driver_connection
                assert driver is not None
                assert driver.isolation_level == "IMMEDIATE"
        pool.dispose()

    def test_nobody_loads_the_library_who_runs_no_jobs(self) -> None:
        code = "import sys, ccmm_bot.cli, ccmm_bot.worker.jobs.running; sys.exit('dbos' in sys.modules)"
        assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
