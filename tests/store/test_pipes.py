"""Units of work that go along with each other to PostgreSQL: one that fails fails alone, and a lost connection is opened again."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from functools import partial
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from ccmm_bot.store.hot.postgres import PostgresRunner
from ccmm_bot.store.hot.work import Query, Rows, Work

pytestmark = pytest.mark.postgres

AGENCY = uuid4().hex


@pytest.fixture
async def runner(postgres_url: str) -> AsyncIterator[PostgresRunner]:
    runner = PostgresRunner(postgres_url.replace("postgresql+psycopg", "postgresql"))
    await runner.open()
    yield runner
    await runner.aclose()


def asking(sql: str, *params: Any) -> Work[Any]:
    rows: Rows = yield Query(sql, params)
    return rows[0][0]


async def test_everybody_gets_an_answer_and_knows_whose_rows_these_are(runner: PostgresRunner) -> None:
    other = uuid4().hex
    told = "SELECT CAST(? AS text) || current_setting('ccmm.agency')"
    answers = await asyncio.gather(
        *(runner.run(partial(asking, told, f"{n} "), agency_id=AGENCY if n % 2 else other, optimistic=True) for n in range(100))
    )
    assert [answer.replace("-", "") for answer in answers] == [f"{n} {AGENCY if n % 2 else other}" for n in range(100)]
    assert await runner.across(lambda: asking("SELECT current_setting('ccmm.agency')"), optimistic=True) == ""


@pytest.mark.parametrize("value", ["0", "one\0two", "\ud800"])
async def test_one_that_fails_takes_none_of_the_others_with_it(runner: PostgresRunner, value: str) -> None:
    works = [runner.across(partial(asking, "SELECT 6 / CAST(? AS int)", n), optimistic=True) for n in (1, 2, value, 3)]
    one, two, failed, three = await asyncio.gather(*works, return_exceptions=True)
    assert (one, two, three) == (6, 3, 2)
    assert isinstance(failed, psycopg.Error | UnicodeError)


async def test_a_lost_connection_is_opened_again(runner: PostgresRunner, postgres_url: str) -> None:
    def lose() -> None:
        with psycopg.connect(postgres_url.replace("postgresql+psycopg", "postgresql"), autocommit=True) as beside:
            beside.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid = ANY(%s)",
                (pids,),
            )

    ask = "SELECT pg_backend_pid()"
    pids = [await runner.across(lambda: asking(ask), optimistic=True) for _ in range(4)]
    await asyncio.to_thread(lose)
    answers = [await asyncio.gather(runner.across(lambda: asking(ask), optimistic=True), return_exceptions=True) for _ in range(8)]
    assert answers[-1][0] not in pids
    assert isinstance(answers[-1][0], int)


async def test_what_waits_is_finished_before_it_closes(postgres_url: str) -> None:
    runner = PostgresRunner(postgres_url.replace("postgresql+psycopg", "postgresql"))
    await runner.open()
    waiting = [asyncio.ensure_future(runner.across(lambda: asking("SELECT 1"), optimistic=True)) for _ in range(100)]
    await asyncio.sleep(0)
    await runner.aclose()
    assert await asyncio.gather(*waiting) == [1] * 100
