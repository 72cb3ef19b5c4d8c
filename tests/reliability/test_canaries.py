"""What people write, and what staff write about them, is nowhere in clear: not in the database's files, its log, a backup, our log.

Two hundred words that nobody would write by chance, as messages, names, notes and answers; then every file is searched.
"""

from __future__ import annotations

import sqlite3
from datetime import timedelta
from pathlib import Path

import pytest
from sqlmodel import col, select

from ccmm_bot.casework.access import accounts
from ccmm_bot.casework.access.policy import Reader
from ccmm_bot.casework.casefile import plan
from ccmm_bot.casework.desk import flags, next_steps
from ccmm_bot.casework.persons import changing
from ccmm_bot.runtime import Runtime
from ccmm_bot.store import backups
from ccmm_bot.store.tables import Case, Conversation, Flag, FlagEvent, Inbound, NextStep, Outbox, Person, PlanGoal, Response, Role
from tests.conversation.support import MONDAY_NOON, Phone, service, settings
from tests.logged import logged
from tests.reliability import figures
from tests.reliability.canaries import canaries, traces

NUMBER = 200
LATER = timedelta(days=3)


async def busy(runtime: Runtime, words: list[str]) -> None:
    """People and staff write all of the words, each in one place or another."""
    store, now = runtime.store, runtime.clock.now()
    by = accounts.create(
        store,
        email="somebody@example.org",
        name="Somebody",
        password="four unrelated words here",
        now=now,
        role=Role.ADMINISTRATOR,
        agency_id=runtime.agency_id,
    )
    reader = Reader(staff_id=by, agency_id=runtime.agency_id, role=Role.ADMINISTRATOR, name="Somebody")
    left = iter(words)
    for number in range(len(words) // 10):
        phone = Phone(runtime, f"+1604555{number:04d}")
        await phone.say("hello", next(left))
        await phone.say("1", next(left), "human", next(left))
        with store.installation(write=True) as session:
            talk = session.exec(select(Conversation).order_by(col(Conversation.id).desc())).first()
            assert talk is not None
            person = talk.person_id
            session.add(Case(agency_id=talk.agency_id, person_id=person, opened_at=now))
        with store.reading(runtime.agency_id) as session:
            case = session.exec(select(Case.id).where(Case.person_id == person)).one()
            flag = session.exec(select(Flag.id).where(Flag.person_id == person)).first()
        changing.rename(store, reader, person, f"{next(left)} {next(left)}", now)
        await runtime.receiver.reply_as_human(phone.conversation_id, f"Dear {next(left)}", str(by))
        next_steps.plan_step(store, reader, person, next(left), f"{now + LATER:%Y-%m-%d}", now)
        plan.add_goal(store, reader, case, plan.Goal(domain="housing", goal=next(left)), now)
        assert flag is not None
        flags.resolve(store, reader, flag, outcome=flags.FlagOutcome.NO_NEED, note=next(left), now=now)
        await phone.say("1", next(left))


def kept(runtime: Runtime) -> str:
    """Everything that was written, as those read it who may."""
    with runtime.store.installation() as session:
        texts = [row.text for row in session.exec(select(Inbound))]
        texts += [row.content["text"] for row in session.exec(select(Outbox))]
        texts += [row.name or "" for row in session.exec(select(Person))]
        texts += [str(row.value) for row in session.exec(select(Response))]
        texts += [str(row.note) for row in session.exec(select(FlagEvent))]
        texts += [row.text for row in session.exec(select(NextStep))]
        texts += [row.goal for row in session.exec(select(PlanGoal))]
    return "\n".join(texts)


@pytest.mark.parametrize("kind", ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
async def test_nothing_of_it_is_in_clear(kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    url: str = request.getfixturevalue(f"{kind}_url")
    data = tmp_path if kind == "sqlite" else request.getfixturevalue("postgres_cluster").socket / "data"
    words = canaries(NUMBER, seed=20261122)
    with logged() as log:
        async with service(settings(url, tmp_path)) as runtime:
            await busy(runtime, words)
            written = kept(runtime)
            assert sum(word in written for word in words) == NUMBER, "a word was not kept: there is nothing to look for"
            # While it runs: the database, and what is only in its write-ahead log.
            during = traces(data, tmp_path)
            key = backups.identity_file(tmp_path / "backup.key")
            backups.make(url, tmp_path / "backups", key, MONDAY_NOON)
    (tmp_path / "service.log").write_text(log.getvalue())
    after = traces(data, tmp_path)
    told: dict[str, str | int] = {"database": kind, "words": NUMBER, "found while it runs": len(during)}
    told["found afterwards, with backup and log"] = len(after)
    figures.keep("canaries", kind, told)
    assert during == []
    assert after == []
    assert len(list((tmp_path / "backups").iterdir())) == 1


def test_the_search_finds_a_word_however_it_was_written(tmp_path: Path) -> None:
    (word,) = canaries(1, seed=1)
    import base64

    ways = {
        "as it is": word.encode(),
        "upper case": word.upper().encode(),
        "UTF-16": word.encode("utf-16-le"),
        "base64": base64.b64encode(b"ab" + word.encode()),
        "hexadecimal": word.encode().hex().encode(),
        "backwards": word[::-1].encode(),
    }
    for name, written in ways.items():
        (tmp_path / "file").write_bytes(b"before" + written + b"after")
        assert [trace.encoding for trace in traces(tmp_path)] == [name]


def test_the_search_finds_what_a_database_keeps_in_clear(tmp_path: Path) -> None:
    """Seen to fail: the same words in a column that nobody seals."""
    with sqlite3.connect(tmp_path / "plain.sqlite3") as connection:
        connection.execute("CREATE TABLE note (text)")
        connection.executemany("INSERT INTO note VALUES (?)", [(word,) for word in canaries(NUMBER, seed=2)])
    assert len(traces(tmp_path)) >= NUMBER
