"""Copies of the key store: made with every backup, kept for days, and replaced when somebody is erased."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlmodel import select
from typer.testing import CliRunner

from ccmm_bot.casework.persons.erasure import erase_again
from ccmm_bot.cli import app
from ccmm_bot.errors import CcmmError, ConfigurationError
from ccmm_bot.settings import Settings
from ccmm_bot.store import backups
from ccmm_bot.store.backups import BackupError
from ccmm_bot.store.database import Database
from ccmm_bot.store.datakeys import attach
from ccmm_bot.store.keys import ErasedValue, KeyRing
from ccmm_bot.store.keystore import KeyStore
from ccmm_bot.store.safekeeping import beside
from ccmm_bot.store.session import Store, open_engine
from ccmm_bot.store.tables import DisposalReason, KeyDisposal, Person
from ccmm_bot.worker.jobs.disposal import Disposal
from tests import new

NOW = datetime(2026, 11, 23, 19, tzinfo=UTC)


@pytest.fixture
def store(sqlite_url: str, keys: KeyRing) -> Iterator[Store]:
    opened = Store(open_engine(sqlite_url, keys), keys)
    agency = new.agency(opened)
    for n in range(3):
        new.person(opened, agency, name=f"name {n}")
    yield opened
    opened.close()


@pytest.fixture
def place(tmp_path: Path, sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CCMM_DATABASE_URL", sqlite_url)
    monkeypatch.setenv("CCMM_SECRET_KEY_FILE", str(tmp_path / "secret.key"))
    monkeypatch.setenv("CCMM_BACKUP_DIR", str(tmp_path / "backups"))
    monkeypatch.setenv("CCMM_KEY_BACKUP_DIR", str(tmp_path / "key-backups"))
    monkeypatch.setenv("CCMM_BACKUP_KEY_FILE", str(tmp_path / "backup.key"))
    return tmp_path


def run(*arguments: str) -> str:
    done = CliRunner().invoke(app, arguments, catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.output


def copies(place: Path) -> list[Path]:
    return backups.copies_of_keys(place / "key-backups")


def test_a_backup_of_both_puts_everything_back(store: Store, place: Path) -> None:
    said = run("backup")
    (database,), (of_keys,) = list((place / "backups").glob("*.age")), copies(place)
    assert str(of_keys) in said
    assert str(database) in said
    assert of_keys.stat().st_mode & 0o077 == 0
    assert "own_key" in run("restore", "--verify", str(of_keys))
    store.close()
    with pytest.raises(BackupError, match="already"):
        backups.restore(of_keys, place / "backup.key", beside(place / "secret.key"))
    for path in (*place.glob("ccmm.sqlite3*"), *place.glob("keys.sqlite3*")):
        path.unlink()
    assert "erase those people again" in run("restore", str(of_keys))
    assert "erased again" in run("restore", str(database))
    with store.installation() as session:
        assert sorted(str(each.name) for each in session.exec(select(Person))) == ["name 0", "name 1", "name 2"]


def test_old_copies_go_and_the_newest_never_does(store: Store, place: Path) -> None:
    run("backup")
    folder, recipient = place / "key-backups", backups.recipient("", place / "backup.key")
    for days in (9, 8, 2):
        backups.make(beside(place / "secret.key"), folder, recipient, datetime.now(UTC) - timedelta(days=days), keys=True)
    assert len(copies(place)) == 4
    assert run("backup").count("removed") == 2
    assert backups.prune_keys(folder, datetime.now(UTC) + timedelta(days=1)) == copies(place)[:-1] or len(copies(place)) == 1
    assert len(copies(place)) == 1


async def test_what_was_erased_is_in_no_copy_on_this_machine_a_minute_later(store: Store, place: Path, sqlite_url: str) -> None:
    run("backup")
    (before,) = copies(place)
    with store.installation(write=True) as session:
        her = session.exec(select(Person)).first()
        assert her is not None
        assert her.data_key is not None
        session.delete(her)
        session.flush()
        session.add(KeyDisposal(id=her.data_key, agency_id=her.agency_id, why=DisposalReason.ERASED, due_at=datetime.now(UTC)))
    database = Database(sqlite_url, store.keys)
    await Disposal(database, Settings(), lambda: datetime.now(UTC) + timedelta(seconds=2)).run("1")
    database.store.close()
    (after,) = copies(place)
    assert after != before
    backups.restore(after, place / "backup.key", f"sqlite:///{place}/opened.sqlite3")
    opened = attach(KeyRing.load(place / "secret.key"), f"sqlite:///{place}/opened.sqlite3")
    with pytest.raises(ErasedValue):
        opened.of(her.data_key.hex)
    opened.close()
    with store.installation() as session:
        assert all(each.settled_at is not None for each in session.exec(select(KeyDisposal)))


def test_a_rotation_erases_nobody_from_an_older_copy_of_the_database(store: Store, keys: KeyRing, place: Path) -> None:
    own = attach(keys, beside(place / "secret.key"))
    with store.installation() as session:
        names = {str(each.data_key.hex): each.name for each in session.exec(select(Person)) if each.data_key is not None}
    own.destroy(list(names), erased=False)
    assert erase_again(store, NOW) == 0
    with store.installation() as session:
        assert len(session.exec(select(Person)).all()) == 3


def test_asking_for_the_key_store_makes_none(tmp_path: Path) -> None:
    assert not KeyStore(f"sqlite:///{tmp_path}/none.sqlite3").exists()
    assert not list(tmp_path.iterdir())


def test_keys_are_changed_at_the_command_line(store: Store, place: Path) -> None:
    assert "installation key 1, active" in run("keys", "list")
    assert "keys rotate" in run("keys", "new")
    refused = CliRunner().invoke(app, ["keys", "drop", "1"])
    assert isinstance(refused.exception, CcmmError)
    assert "is needed" in str(refused.exception)
    said = run("keys", "rotate", "--data-keys")
    assert "3 given a fresh key" in said
    assert "keys drop 1" in said
    assert "is gone" in run("keys", "drop", "1")
    assert "seals 0 keys" not in run("keys", "status")
    fresh = KeyRing.load(place / "secret.key")
    attach(fresh, beside(place / "secret.key"))
    again = Store(open_engine(store.engine.url.render_as_string(hide_password=False), fresh), fresh)
    with again.installation() as session:
        assert sorted(str(each.name) for each in session.exec(select(Person))) == ["name 0", "name 1", "name 2"]
    again.close()


def test_a_command_says_when_the_key_file_is_open_to_others(store: Store, place: Path) -> None:
    (place / "secret.key").chmod(0o644)
    refused = CliRunner().invoke(app, ["keys", "status"])
    assert isinstance(refused.exception, ConfigurationError)
    assert f"chmod 600 {place}/secret.key" in str(refused.exception)
