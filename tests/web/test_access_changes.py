"""Every route that changes something leaves an entry in the audit, in the same transaction: all of it is there, or nothing is."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import pytest
from sqlalchemy import event
from sqlmodel import col, select

from ccmm_bot.channels.telegram.send import TelegramChannel
from ccmm_bot.messages import ChannelKind
from ccmm_bot.store.tables import Audit, ChannelAccount
from ccmm_bot.web.access import ACCESS
from ccmm_bot.web.access_changes import CHANGES, WITHOUT
from ccmm_bot.web.audit_words import ACTIONS
from tests.standins.fixtures import telegram, telegram_account
from tests.standins.telegram_api import TelegramStandin
from tests.web.changing import Ask, Changing, changes, changing_nothing
from tests.web.changing_accounts import changes_of_accounts
from tests.web.serving import Served, Site, open_service

__all__ = ["telegram"]

#: Kept beside what is written down: a session that opens nothing yet, when one was last used; keys that go with who was erased.
AROUND = {"staff_session", "api_token", "key_disposal"}
#: Their requests are the providers': channels/test_webhooks.py, reliability/test_inbound.py.
PROVIDERS = {route for route in CHANGES if route[1].startswith("/webhooks/")}


def test_every_route_that_takes_a_change_says_what_it_writes_down() -> None:
    taking = {(method, path) for method, path in ACCESS if method not in ("GET", "HEAD")}
    assert taking - set(CHANGES) - set(WITHOUT) == set(), "say in ccmm_bot.web.access_changes what it leaves in the audit"
    assert (set(CHANGES) | set(WITHOUT)) - taking == set(), "no such route"
    assert set(CHANGES) & set(WITHOUT) == set()
    assert all(WITHOUT.values())


def test_whatever_is_written_down_has_words() -> None:
    assert set(chain.from_iterable(CHANGES.values())) - set(ACTIONS) == set()


class Kept:
    """The database beside the service."""

    def __init__(self, site: Site) -> None:
        self.path = urlsplit(str(site.service.runtime.store.engine.url)).path.removeprefix("/")

    @contextmanager
    def opened(self) -> Iterator[sqlite3.Connection]:
        """A connection of one's own."""
        with closing(sqlite3.connect(self.path, isolation_level=None, timeout=10)) as connection:
            yield connection

    def rows(self) -> dict[str, list[Any]]:
        """Everything but the audit, and when a session or a token was last used."""
        with self.opened() as connection:
            tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
            return {name: _told(connection.execute(f'SELECT * FROM "{name}"')) for name in tables if name != "audit"}

    def entries(self) -> set[tuple[Any, ...]]:
        """(id, action, who) of every entry."""
        with self.opened() as connection:
            return set(connection.execute("SELECT id, action, actor_id FROM audit"))

    @contextmanager
    def refusing(self, actions: tuple[str, ...]) -> Iterator[None]:
        """No entry of these actions can be written."""
        named = ", ".join(f"'{action}'" for action in actions)
        with self.opened() as connection:
            connection.execute(
                f"CREATE TRIGGER refused BEFORE INSERT ON audit WHEN NEW.action IN ({named}) "
                "BEGIN SELECT RAISE(ABORT, 'the audit takes nothing'); END"
            )
            try:
                yield
            finally:
                connection.execute("DROP TRIGGER refused")


def _told(rows: sqlite3.Cursor) -> list[Any]:
    kept = [n for n, column in enumerate(rows.description) if column[0] not in ("last_seen_at", "last_used_at")]
    return [[row[n] for n in kept] for row in rows]


@contextmanager
def unaccompanied(site: Site) -> Iterator[list[set[str]]]:
    """The tables of every transaction of a page that changed something and wrote no entry."""
    engine, found = site.service.runtime.store.engine, list[set[str]]()
    touched: dict[Any, set[str]] = {}

    def statement(connection: Any, _cursor: Any, text: str, *_: Any) -> None:
        if writes := re.match(r'\s*(?:INSERT INTO|UPDATE|DELETE FROM)\s+"?(\w+)', text):
            touched.setdefault(connection.connection.dbapi_connection, set()).add(writes[1])

    def committed(connection: Any) -> None:
        tables = touched.pop(connection.connection.dbapi_connection, set())
        if tables and "audit" not in tables:
            found.append(tables)

    def rolled_back(connection: Any) -> None:
        touched.pop(connection.connection.dbapi_connection, None)

    listening = (("before_cursor_execute", statement), ("commit", committed), ("rollback", rolled_back))
    for name, listener in listening:
        event.listen(engine, name, listener)
    try:
        yield found
    finally:
        for name, listener in listening:
            event.remove(engine, name, listener)


@contextmanager
def with_a_bot(site: Site, telegram: TelegramStandin) -> Iterator[Changing]:
    """A service that has a bot as well, for those who link their own Telegram."""
    runtime = site.service.runtime
    runtime.channels.add(TelegramChannel(telegram_account(telegram.url)))
    with runtime.store.installation(write=True) as session:
        session.add(ChannelAccount(agency_id=runtime.agency_id, channel=ChannelKind.TELEGRAM, account=str(telegram.bot_id)))
    with ExitStack() as opened:
        yield Changing(site, opened)
    site.served.run(runtime.channels.remove(ChannelKind.TELEGRAM, str(telegram.bot_id)))


@pytest.fixture
def world(fresh_site: Site, telegram: TelegramStandin) -> Iterator[Changing]:
    """On SQLite."""
    with with_a_bot(fresh_site, telegram) as made:
        yield made


@pytest.fixture
def on_postgres(tmp_path: Path, postgres_url: str, telegram: TelegramStandin) -> Iterator[Changing]:
    """On PostgreSQL, as a role that owns nothing: row-level security holds."""
    opening = partial(open_service, tmp_path, database_url=postgres_url)
    with Served(opening) as served, with_a_bot(Site(served), telegram) as made:
        yield made


def test_a_change_and_its_entry_are_kept_together_or_not_at_all(world: Changing) -> None:
    kept, asked = Kept(world.site), set[tuple[str, str]]()
    for ask in chain(changes(world), changes_of_accounts(world)):
        asked.add(ask.route)
        _without_its_entry(world, kept, ask)
        _with_it(world, kept, ask)
    assert set(CHANGES) - PROVIDERS - asked == set()
    for ask in changing_nothing(world):
        assert ask.route in WITHOUT
        _quiet(world)
        before = kept.rows()
        assert ask.send().status_code == 200
        assert kept.rows() == before, ask.route


@pytest.mark.postgres
def test_every_change_is_made_and_written_down_on_postgresql_too(on_postgres: Changing) -> None:
    asked = set[tuple[str, str]]()
    for ask in chain(changes(on_postgres), changes_of_accounts(on_postgres)):
        asked.add(ask.route)
        before = set(_entries(on_postgres))
        answer = ask.send()
        assert answer.status_code in (200, 204, 303), (ask.route, answer.status_code, answer.text)
        entries = [who for _id, action, who in set(_entries(on_postgres)) - before if action in CHANGES[ask.route]]
        assert entries, (ask.route, answer.headers.get("location"))
        assert ask.by is None or ask.by in entries, ask.route
    assert set(CHANGES) - PROVIDERS - asked == set()


def _entries(world: Changing) -> list[tuple[UUID, str, UUID | None]]:
    with world.store.installation() as session:
        return list(session.exec(select(Audit.id, Audit.action, Audit.actor_id).order_by(col(Audit.id).desc()).limit(60)))


def _quiet(world: Changing) -> None:
    """What is on its way to a phone is there."""

    async def settled() -> None:
        await world.site.service.settle()

    world.site.served.run(settled())


def _without_its_entry(world: Changing, kept: Kept, ask: Ask) -> None:
    _quiet(world)
    before = kept.rows()
    with kept.refusing(CHANGES[ask.route]):
        answer = ask.send()
    assert answer.status_code >= 400, (ask.route, answer.status_code, answer.headers.get("location"))
    _quiet(world)
    after = kept.rows()
    assert [name for name in before if before[name] != after[name]] == [], ask.route


def _with_it(world: Changing, kept: Kept, ask: Ask) -> None:
    before = kept.entries()
    with unaccompanied(world.site) as found:
        answer = ask.send()
    assert answer.status_code in (200, 204, 303), (ask.route, answer.status_code, answer.text)
    entries = [who for _id, action, who in kept.entries() - before if action in CHANGES[ask.route]]
    assert entries, (ask.route, answer.headers.get("location"))
    if ask.by is not None:
        assert ask.by.hex in {str(who).replace("-", "") for who in entries}, ask.route
    assert [tables for tables in found if not tables <= AROUND] == [], ask.route
