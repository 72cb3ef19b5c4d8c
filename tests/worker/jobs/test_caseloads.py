"""A caseload that somebody has taken over: done by durable work in pieces, every row once, whatever happens meanwhile."""

from __future__ import annotations

import asyncio
import sys
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

from sqlmodel import col, select

from ccmm_bot.casework.access.policy import Reader
from ccmm_bot.casework.caseload import importing, taking_over
from ccmm_bot.store.scope import across
from ccmm_bot.store.session import Store
from ccmm_bot.store.tables import Case, CaseloadImport, FollowUp, Household, Person, Role
from ccmm_bot.worker.jobs.caseloads import TAKE_OVER, Caseloads
from tests import new
from tests.waiting import until
from tests.worker.jobs.conftest import engine

NOW = datetime(2026, 11, 23, 19, tzinfo=UTC)
ROWS = 60
SHEET = "name,stage,household,opened_on\n" + "".join(f"Somebody {n},intake,H{n // 7},2026-11-01\n" for n in range(ROWS))
#: Takes pieces over with an engine of its own until it stands right before the commit of the third; then it only waits.
SCRIPT = """
import asyncio, sys, time
from datetime import UTC, datetime
from pathlib import Path
from sqlalchemy import event
from ccmm_bot.casework.caseload import taking_over
from ccmm_bot.store.safekeeping import open_keys
from ccmm_bot.store.session import Store, open_engine
from ccmm_bot.worker.jobs.caseloads import TAKE_OVER, Caseloads
from ccmm_bot.worker.jobs.engine import DbosJobs
keys = open_keys(sys.argv[1], Path(sys.argv[2]))
store, began, taken = Store(open_engine(sys.argv[1], keys), keys), taking_over.take_piece, []

def stand(_connection):
    print("here", flush=True)
    time.sleep(600)

def take_piece(*given):
    taken.append(1)
    if len(taken) == 3:
        event.listen(store.engine, "commit", stand)
    return began(*given)

async def main():
    jobs = DbosJobs(store.engine, poll_s=0.02)
    caseloads = Caseloads(store, jobs, lambda: datetime.fromisoformat(sys.argv[3]))
    jobs.handlers = {TAKE_OVER: caseloads.take_over}
    await jobs.start("killed")
    await caseloads.sweep()
    await asyncio.sleep(600)

taking_over.take_piece = take_piece
asyncio.run(main())
"""


def asked(store: Store) -> tuple[Reader, UUID]:
    agency = new.agency(store)
    reader = new.staff(store, agency, Role.SUPERVISOR)
    upload = importing.upload(store, reader, SHEET.encode(), "cases.csv", NOW)
    taking_over.ask(store, reader, upload, NOW)
    return reader, upload


def every_row_once(store: Store, reader: Reader, upload: UUID) -> None:
    shown = importing.preview(store, reader, upload, NOW)
    assert (shown.made, shown.done, shown.left_out, shown.going) == (ROWS, ROWS, (), False)
    with store.installation() as session:
        people, cases = session.exec(select(Person)).all(), session.exec(select(Case)).all()
        planned = session.exec(select(FollowUp)).all()
        assert session.exec(select(CaseloadImport.rows)).one() is None
        assert len(session.exec(select(Household)).all()) == -(-ROWS // 7)
    assert sorted(str(each.name) for each in people) == sorted(f"Somebody {n}" for n in range(ROWS))
    assert sorted(each.person_id for each in cases if each.person_id) == sorted(each.id for each in people)
    assert len(planned) == len({(each.case_id, each.kind, each.occurrence) for each in planned}) > ROWS


async def test_what_was_asked_for_is_taken_over_by_itself(store: Store) -> None:
    reader, upload = await asyncio.to_thread(asked, store)
    caseloads: Caseloads | None = None

    async def take_over(id: str) -> None:
        assert caseloads is not None
        await caseloads.take_over(id)

    async with engine(store, **{TAKE_OVER: take_over}) as jobs:
        caseloads = Caseloads(store, jobs, lambda: NOW)
        assert await caseloads.sweep() == 1
        assert await caseloads.sweep() == 0
        await until(lambda: importing.preview(store, reader, upload, NOW).applied_at, within_s=90)
    every_row_once(store, reader, upload)


async def test_a_process_that_is_killed_in_a_piece_is_gone_on_for_and_no_row_is_taken_twice(store: Store, tmp_path: Path) -> None:
    reader, upload = await asyncio.to_thread(asked, store)
    url = store.engine.url.render_as_string(hide_password=False)
    arguments = ("-c", SCRIPT, url, str(tmp_path / "secret.key"), NOW.isoformat())
    running = await asyncio.create_subprocess_exec(sys.executable, *arguments, stdout=asyncio.subprocess.PIPE)
    assert running.stdout is not None
    try:
        async with asyncio.timeout(120):
            assert await running.stdout.readline() == b"here\n"
    finally:
        running.kill()
        await running.wait()
    shown = await asyncio.to_thread(importing.preview, store, reader, upload, NOW)
    assert 0 < shown.done == shown.made < ROWS, "two pieces are done, and nothing is left of the third"
    assert shown.going
    caseloads: Caseloads | None = None

    async def take_over(id: str) -> None:
        assert caseloads is not None
        await caseloads.take_over(id)

    async with engine(store, **{TAKE_OVER: take_over}) as jobs:
        caseloads = Caseloads(store, jobs, lambda: NOW)
        assert await caseloads.sweep() == 0, "the job itself is put back, as when a process takes over from one that died"
        with across(store.engine).connect() as connection:
            left = jobs.abandoned(connection, {jobs.executor})
        assert len(left) == 1
        await asyncio.to_thread(jobs.resume, left)
        await until(lambda: importing.preview(store, reader, upload, NOW).applied_at, within_s=90)
    every_row_once(store, reader, upload)
    with store.installation() as session:
        assert session.exec(select(col(CaseloadImport.looks))).one() == 1
