"""What one message costs, by counting: statements, commits, trips to the database and calls of Python functions.

Time differs from machine to machine; these do not. The bounds are in ``cost.toml``. Whoever makes the path longer sees it here.
"""

from __future__ import annotations

import sys
import tomllib
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from ccmm_bot.channels.registry import Channels
from ccmm_bot.channels.twilio.send import TwilioChannel
from ccmm_bot.messages import ChannelKind, DeliveryStatus, Sent
from ccmm_bot.runtime import Runtime, open_runtime
from ccmm_bot.store.hot import postgres as postgres_hot
from ccmm_bot.store.hot import sqlite as sqlite_hot
from ccmm_bot.store.hot.pipe import Pipe, Statement
from ccmm_bot.store.hot.sqlite import SqliteRunner
from ccmm_bot.store.hot.work import Rows
from ccmm_bot.store.tables import Outbox, Response
from ccmm_bot.web.app import create_app
from tests.conversation.support import rows, settings
from tests.standins.fixtures import ACCOUNT_SID, AUTH_TOKEN, PUBLIC, SMS_FROM, twilio_account
from tests.standins.twilio_webhooks import TwilioCaller

SURVEY = Path(__file__).parents[2] / "bench" / "survey"
BOUNDS = tomllib.loads(Path(__file__).with_name("cost.toml").read_text(encoding="utf-8"))
SCRIPT = ("hello", "1", "1", *"432", "maybe", *"5432143", "1", "2", "More English classes in the evening would help my family.")
PEOPLE = 5
CALLER = TwilioCaller(account_sid=ACCOUNT_SID, auth_token=AUTH_TOKEN, public_base_url=PUBLIC)


class Calls:
    """How many functions are called, in Python or built in."""

    def __init__(self) -> None:
        self.count = 0

    def __enter__(self) -> Calls:
        sys.setprofile(self._see)
        return self

    def __exit__(self, *_error: object) -> None:
        sys.setprofile(None)

    def _see(self, _frame: Any, event: str, _what: Any) -> None:
        if event in ("call", "c_call"):
            self.count += 1


@asynccontextmanager
async def serving(url: str, folder: Path) -> AsyncIterator[tuple[Runtime, Any]]:
    account = twilio_account("")
    channels = Channels([TwilioChannel(account, ChannelKind.SMS)])
    channels.add_twilio(account)
    async with open_runtime(settings(url, folder, SURVEY, public_base_url=PUBLIC), channels=channels) as runtime:
        yield runtime, create_app(runtime)


async def answer(app: Any, people: Sequence[str]) -> Calls:
    """Everybody answers the whole survey."""
    requests = [CALLER.message(sender=person, to=SMS_FROM, body=text) for person in people for text in SCRIPT]
    calls = Calls()
    for request in requests:
        headers = [(name.lower().encode(), value.encode()) for name, value in request.headers.items()]
        scope = {
            "type": "http",
            "method": "POST",
            "path": "/webhooks/twilio",
            "raw_path": b"/webhooks/twilio",
            "query_string": b"",
            "root_path": "",
            "headers": headers,
        }
        said: list[dict[str, Any]] = []

        async def receive(body: bytes = request.body) -> dict[str, Any]:
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: dict[str, Any], to: list[dict[str, Any]] = said) -> None:
            to.append(message)

        with calls:
            await app(scope, receive, send)
        assert said[0]["status"] == 200
    return calls


async def test_a_message_on_sqlite(sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite_hot, "QUICK_S", 600.0)  # however slow this disk is
    async with serving(sqlite_url, tmp_path) as (runtime, app):
        runner = runtime.database.runner
        assert isinstance(runner, SqliteRunner)
        await answer(app, ["+16045550000"])
        statements, commits = runner.counters.statements, runner.counters.commits
        calls = await answer(app, [f"+1604555{n:04d}" for n in range(1, PEOPLE + 1)])
        messages = PEOPLE * len(SCRIPT)
        spent = {
            "statements": (runner.counters.statements - statements) / messages,
            "commits": (runner.counters.commits - commits) / messages,
            "calls": calls.count / messages,
        }
        assert len(rows(runtime, Response)) == 13 * (PEOPLE + 1)
    assert_within(spent, BOUNDS["sqlite"])


@pytest.mark.postgres
async def test_a_message_on_postgresql(postgres_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    trips: list[int] = []
    trip = Pipe.trip

    async def counted(self: Pipe, statements: Sequence[Statement]) -> list[Rows]:
        trips.append(len(statements))
        return await trip(self, statements)

    async with serving(postgres_url, tmp_path) as (runtime, app):
        await answer(app, ["+16045550000"])
        monkeypatch.setattr(Pipe, "trip", counted)
        await answer(app, [f"+1604555{n:04d}" for n in range(1, PEOPLE + 1)])
        messages = PEOPLE * len(SCRIPT)
        spent = {"trips": len(trips) / messages, "statements": sum(trips) / messages}
        assert len(rows(runtime, Response)) == 13 * (PEOPLE + 1)
    assert_within(spent, BOUNDS["postgres"])


@pytest.mark.postgres
async def test_sending_an_answer_on_postgresql(postgres_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Claimed, and marked as sent: in trips that others share, and in no transaction of its own."""
    trips: list[int] = []
    trip = Pipe.trip

    async def counted(self: Pipe, statements: Sequence[Statement]) -> list[Rows]:
        trips.append(len(statements))
        return await trip(self, statements)

    async def alone(*_work: Any) -> Any:
        raise AssertionError("a transaction of its own")

    async with serving(postgres_url, tmp_path) as (runtime, app):
        await answer(app, ["+16045550000"])
        waiting = sorted(rows(runtime, Outbox), key=lambda row: row.seq)
        monkeypatch.setattr(Pipe, "trip", counted)
        monkeypatch.setattr(postgres_hot, "_drive", alone)
        for row in waiting:
            (message,) = await runtime.outbox.claim([str(row.id)], "test", 60)
            await runtime.outbox.mark(message.id, Sent(provider_message_id=f"SM{row.seq}"))
        spent = {"trips": len(trips) / len(waiting), "statements": sum(trips) / len(waiting)}
        assert {row.status for row in rows(runtime, Outbox)} == {DeliveryStatus.SENT}
    assert_within(spent, BOUNDS["postgres-sending"])


def assert_within(spent: dict[str, float], bounds: dict[str, float]) -> None:
    assert spent.keys() == bounds.keys()
    above = {name: f"{count:.2f} > {bounds[name]}" for name, count in spent.items() if count > bounds[name]}
    assert not above
