"""Open pages are told of what any process committed, whatever the order, and agency by agency."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from uuid import UUID

import pytest

from ccmm_bot.store.keys import KeyRing
from ccmm_bot.store.news import BACK_S, News
from ccmm_bot.store.session import Store, open_engine
from ccmm_bot.store.tables import Actor, Audit
from ccmm_bot.store.types import uuid7
from tests import new

NOW = datetime(2026, 11, 23, 19, tzinfo=UTC)


@pytest.fixture
def elsewhere(database_url: str, keys: KeyRing, store: Store) -> Iterator[Store]:
    """The database as another process has it."""
    opened = Store(open_engine(database_url, keys), keys)
    yield opened
    opened.close()


def entry(agency_id: UUID, key: UUID | None = None) -> Audit:
    made = Audit(agency_id=agency_id, at=NOW, actor_kind=Actor.SYSTEM, action="flag.raised", subject_kind="flag")
    made.id = key or made.id
    return made


def test_a_look_finds_what_another_process_committed_once_and_only_of_its_agency(store: Store, elsewhere: Store) -> None:
    one, other = new.agency(store), new.agency(store)
    news = News(store)
    with elsewhere.installation(write=True) as session:
        session.add(entry(other))
    assert news.look() == frozenset()  # what was there before anybody looked
    assert news.look() == frozenset()
    with elsewhere.installation(write=True) as session:
        session.add(entry(one))
    assert news.look() == {one}
    assert news.look() == frozenset()


def test_what_was_made_first_and_committed_last_is_found(store: Store, elsewhere: Store) -> None:
    one, other = new.agency(store), new.agency(store)
    news = News(store)
    news.look()
    slow = uuid7()
    with elsewhere.installation(write=True) as session:
        session.add(entry(one))
    assert news.look() == {one}
    with elsewhere.installation(write=True) as session:
        session.add(entry(other, slow))
    assert news.look() == {other}


def test_nothing_is_kept_of_what_is_long_past(store: Store) -> None:
    one = new.agency(store)
    clock = [time.time()]
    news = News(store, lambda: clock[0])
    news.look()
    with store.installation(write=True) as session:
        session.add(entry(one))
    assert news.look() == {one}
    clock[0] += 2 * BACK_S
    assert news.look() == frozenset()
    assert not news._seen
