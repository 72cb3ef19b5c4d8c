"""What a message, a look for due follow-ups, an export and a report cost with more and more messages in the store (SQLite).

The store holds real conversations, copied (:mod:`_seeding`). Every round measures it beside an empty one. Copies are of closed
cases, each with a follow-up that lies ahead and an entry survey, whose people agree to research.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import _load
import _seeding
from _job import SCRIPT, posts
from _servers import CONNECTIONS, FLOOR, OURS, SENDING, expect, measure, query, served
from _table import Plan, Row, at_most, loaded
from sqlalchemy import text
from sqlmodel import Session, col, select

from ccmm_bot.store.safekeeping import open_keys
from ccmm_bot.store.session import Store, open_engine
from ccmm_bot.store.tables import Case, Consent, DialogueRun, FollowUp, Person, Stage
from ccmm_bot.worker.jobs.followups import DUE

#: By size: what a message costs, as a multiple of what it costs in an empty store in the same round; median, least, most.
POINTS: dict[int, tuple[float, float, float]] = {}


def rows(plan: Plan) -> Iterator[Row]:
    """By size; the smallest is the empty store all others are compared with."""
    with tempfile.TemporaryDirectory(prefix="ccmm-bench-") as name:
        folder = Path(name)
        path = folder / "ours.sqlite3"
        model = _model(folder, path)
        for size in (each for each in plan.sizes if each):
            took = _seeding.grow(path, model, size)
            print(f"  {size:,} messages: {path.stat().st_size / 1e9:.1f} GB, {took:.0f} s", file=sys.stderr, flush=True)
            yield from _messages(plan, folder, path, size)
            yield from _looks(plan, path, size)
            yield from _evaluation(folder, path, size)


def _model(folder: Path, path: Path) -> _seeding.Ids:
    """A store with one real person in it, and what the service wrote for her."""
    url = f"sqlite:///{path}"
    with served(SENDING, folder, url) as ports:
        _load.run(ports, [posts(3_000_000, "first")], 1)
    before = _seeding.ids(path)
    with served(SENDING, folder, url) as ports:
        _load.run(ports, [posts(3_000_001, "model")], 1)
    _file_a_case(folder, url, before)
    after = _seeding.ids(path)
    return {table: after[table] - before[table] for table in after}


def _file_a_case(folder: Path, url: str, before: _seeding.Ids) -> None:
    """She has a closed case, a follow-up ahead, a survey of ours behind her, and agrees to research."""
    keys = open_keys(url, folder / "secret.key")
    store = Store(open_engine(url, keys), keys)
    now = datetime.now(UTC)
    try:
        with store.installation(write=True) as session:
            person = next(each for each in session.exec(select(Person)) if each.id.hex not in before["person"])
            agency = person.agency_id
            case = Case(agency_id=agency, person_id=person.id, stage=Stage.EXIT, opened_at=now, exit_date=now.date())
            session.add(case)
            session.flush()
            ahead = now + timedelta(days=900)
            session.add(
                FollowUp(
                    agency_id=agency, case_id=case.id, person_id=person.id, kind="follow_up_3_month", due_at=ahead, wake_at=ahead
                )
            )
            given = session.exec(select(Consent).where(col(Consent.person_id) == person.id)).first()
            if given is None:
                raise RuntimeError("the model has given no consent")
            session.add(
                Consent(
                    agency_id=agency,
                    person_id=person.id,
                    conversation_id=given.conversation_id,
                    kind="research",
                    given=True,
                    language="en",
                    channel=given.channel,
                    dialogue_id="research_consent",
                    dialogue_version=1,
                    at=now,
                )
            )
            run = session.exec(select(DialogueRun).where(col(DialogueRun.person_id) == person.id)).one()
            _as_entry_survey(session, run.id.hex)
    finally:
        store.close()


def _as_entry_survey(session: Session, run: str) -> None:
    """The measurements' survey asks what the entry survey asks; the evaluation knows only the latter."""
    for statement in (
        "UPDATE dialogue_run SET instrument = 'entry_survey', instrument_version = 1, dialogue_id = 'entry_survey' WHERE id = :run",
        "UPDATE response SET instrument = 'entry_survey', instrument_version = 1 WHERE run_id = :run",
        "UPDATE flag SET status = 'resolved' WHERE run_id = :run",
        # What was on its way when the service stopped would otherwise wait in every copy.
        "UPDATE outbox SET status = 'sent', sent_at = created_at WHERE status = 'pending' "
        "AND conversation_id = (SELECT conversation_id FROM dialogue_run WHERE id = :run)",
    ):
        session.connection().execute(text(statement), {"run": run})


def _messages(plan: Plan, folder: Path, path: Path, size: int) -> Iterator[Row]:
    """A full store, and an empty one, in turns."""
    people = max(CONNECTIONS, plan.people // 2)
    full: list[float] = []
    empty: list[float] = []
    floor: list[float] = []
    with loaded() as found:
        for turn in range(plan.rounds):
            run = f"{size}.{turn}"
            for which in ("empty", "full", "floor") if turn % 2 else ("full", "floor", "empty"):
                if which == "full":
                    full.append(_cost(_into(folder, path, people, run, size + turn)))
                elif which == "empty":
                    empty.append(_cost(measure(OURS, people, run)))
                else:
                    floor.append(_cost(measure(FLOOR, people, run)))
        name = f"a message with {size:,} in the store; its floor: with none"
        found.append(Row(name=name, unit="µs", values=full, floors=empty, target=at_most(1.2)))
    ratios = found[0].ratios
    POINTS[size] = (statistics.median(ratios), min(ratios), max(ratios))
    yield from found


def _cost(measured: _load.Measured) -> float:
    return 1e6 / measured.rate


def _into(folder: Path, path: Path, people: int, run: str, offset: int) -> _load.Measured:
    """Everybody's conversation into the full store; and whether it holds them all."""
    url = f"sqlite:///{path}"
    before = query(url, "SELECT count(*) FROM inbound")
    first = 10_000 + (offset * 1_009) % 2_000_000
    with served(OURS, folder, url) as ports:
        warm = [posts(first + people + n, run) for n in range(CONNECTIONS)]
        everybody = [posts(first + n, run) for n in range(people)]
        _load.run(ports, warm, CONNECTIONS)
        measured = _load.run(ports, everybody, CONNECTIONS)
    expect(url, "SELECT count(*) FROM inbound", before + (people + CONNECTIONS) * len(SCRIPT))
    return measured


def _looks(plan: Plan, path: Path, size: int) -> Iterator[Row]:
    """The looks a worker takes again and again, where nothing is due."""
    now = datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")
    looks = {
        "follow-ups": (DUE, (now, 100)),
        "timers": ("SELECT id FROM timer WHERE status = 0 AND due_at <= ? ORDER BY due_at LIMIT 100", (now,)),
    }
    with loaded() as found, closing(sqlite3.connect(path)) as connection:
        floor = [_microseconds(connection, "SELECT 1", ()) for _ in range(plan.rounds)]
        for name, (statement, parameters) in looks.items():
            took = [_microseconds(connection, statement, parameters) for _ in range(plan.rounds)]
            shown = f"a look for due {name} with {size:,} in the store; its floor: SELECT 1"
            found.append(Row(name=shown, unit="µs", values=took, floors=floor))
    yield from found


def _microseconds(connection: sqlite3.Connection, statement: str, parameters: tuple[object, ...], times: int = 200) -> float:
    began = time.perf_counter()
    for _ in range(times):
        connection.execute(statement, parameters).fetchall()
    return (time.perf_counter() - began) / times * 1e6


def _evaluation(folder: Path, path: Path, size: int) -> Iterator[Row]:
    """The commands as somebody would call them. Their floor is the same command on a store with nobody in it."""
    full = {"CCMM_DATABASE_URL": f"sqlite:///{path}", "CCMM_SECRET_KEY_FILE": str(folder / "secret.key")}
    other = folder / "nobody"
    shutil.rmtree(other, ignore_errors=True)
    other.mkdir()
    empty = {"CCMM_DATABASE_URL": f"sqlite:///{other}/ours.sqlite3", "CCMM_SECRET_KEY_FILE": str(other / "secret.key")}
    people = query(f"sqlite:///{path}", "SELECT count(*) FROM person")
    commands = {
        "export": [
            "export",
            "bench",
            "--purpose",
            "a measurement",
            "--format",
            "parquet",
            "--shape",
            "long",
            "--out",
        ],
        "report": ["report", "--out"],
    }
    with loaded() as found:
        for name, command in commands.items():
            ending = "html" if name == "report" else "out"
            took = [_seconds([*command, str(folder / f"{name}.{ending}")], full, folder)]
            floor = [_seconds([*command, str(other / f"{name}.{ending}")], empty, other)]
            shown = f"ccmm-bot {name}, {people:,} people, {size:,} messages; its floor: nobody"
            found.append(Row(name=shown, unit="s", values=took, floors=floor))
    yield from found


def _seconds(command: list[str], settings: Mapping[str, str], folder: Path) -> float:
    began = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", "ccmm_bot", *command],
        env={**os.environ, **settings},
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"ccmm-bot {command[0]} failed: {done.stderr.strip()[-400:]}")
    Path(command[-1]).unlink()
    return time.perf_counter() - began
