"""What the columns keep: instants in UTC, personal data sealed, ids that sort by time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from sqlalchemy.exc import StatementError
from sqlmodel import select

from ccmm_bot.store.keys import KeyRing, UnreadableValue
from ccmm_bot.store.session import Store, open_engine
from ccmm_bot.store.tables import Agency, ChannelAccount
from ccmm_bot.store.types import stamp, stamp_back, uuid7
from tests import new


def test_an_instant_comes_back_aware_and_in_utc(store: Store) -> None:
    moment = datetime(2026, 3, 8, 2, 30, 0, 123456, tzinfo=timezone(timedelta(hours=-7)))
    new.agency(store, created_at=moment)
    with store.installation() as session:
        kept = session.exec(select(Agency)).one().created_at
    assert kept == moment
    assert kept.tzinfo is UTC


def test_an_instant_without_time_zone_is_refused(store: Store) -> None:
    with pytest.raises(StatementError, match="without time zone"):
        new.agency(store, created_at=new.NOW.replace(tzinfo=None))


def test_the_hot_path_writes_instants_as_the_column_type_does() -> None:
    moment = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    assert stamp(moment) == "2026-01-02 03:04:05.000000"
    assert stamp_back(stamp(moment)) == moment


def test_personal_data_does_not_open_with_other_keys(store: Store, database_url: str, keys: KeyRing) -> None:
    new.sender(store, new.agency(store), credentials={"token": "secret"})
    with store.installation() as session:
        assert session.exec(select(ChannelAccount)).one().credentials == {"token": "secret"}
    stolen = Store(open_engine(database_url, KeyRing.generate()), keys)
    with stolen.installation() as session, pytest.raises(UnreadableValue):
        session.exec(select(ChannelAccount)).one()
    stolen.close()


def test_later_ids_sort_later(tmp_path: Path) -> None:
    ids = [uuid7() for _ in range(1000)]
    assert ids == sorted(ids)
