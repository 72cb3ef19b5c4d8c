"""The migrations and the tables say the same, on both databases."""

from __future__ import annotations

from ccmm_bot.store import migrations
from ccmm_bot.store.keys import KeyRing
from ccmm_bot.store.session import open_engine


def test_the_migrations_make_exactly_the_tables_of_the_models(database_url: str, keys: KeyRing) -> None:
    engine = open_engine(database_url, keys)
    assert migrations.differences(engine) == []
    assert migrations.current(engine) == migrations.head()
    engine.dispose()


def test_upgrading_again_changes_nothing(database_url: str, keys: KeyRing) -> None:
    engine = open_engine(database_url, keys)
    migrations.upgrade(engine)
    assert migrations.differences(engine) == []
    engine.dispose()
