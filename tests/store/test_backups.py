"""Backups: one moment of a database in use, opened by one key, and put back only where nothing is overwritten."""

from __future__ import annotations

import sqlite3
import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlmodel import select
from typer.testing import CliRunner

from ccmm_bot.cli import app
from ccmm_bot.errors import ConfigurationError
from ccmm_bot.store import backups
from ccmm_bot.store.backups import BackupError
from ccmm_bot.store.keys import KeyRing
from ccmm_bot.store.session import Store, open_engine
from ccmm_bot.store.tables import Agency, Person
from tests import new
from tests.conftest import OWNER, owner_of

NOW = datetime(2026, 11, 23, 19, tzinfo=UTC)
SECRET = "Almaz Tesfay, a canary"


@pytest.fixture
def store(store: Store) -> Store:
    """Somebody's name in an agency's."""
    new.person(store, new.agency(store, "A canary agency"), name=SECRET)
    return store


def test_a_backup_opens_with_its_key_and_tells_what_is_in_it(store: Store, database_url: str, tmp_path: Path) -> None:
    key = tmp_path / "backup.key"
    made = backups.make(database_url, tmp_path / "backups", backups.identity_file(key), NOW)
    assert made.path.stat().st_mode & 0o077 == 0
    content = made.path.read_bytes()
    assert b"canary" not in content, "what is not sealed in the database is sealed in the backup"
    found = backups.look(made.path, key, owner_of(database_url))
    assert (found.rows["agency"], found.rows["person"], found.rows["inbound"]) == (1, 1, 0)
    assert [path.name for path in (tmp_path / "backups").iterdir()] == [made.path.name], "nothing in clear is left behind"


def test_a_backup_opens_with_no_other_key_and_not_when_it_is_damaged(store: Store, database_url: str, tmp_path: Path) -> None:
    key, other = tmp_path / "backup.key", tmp_path / "other.key"
    made = backups.make(database_url, tmp_path / "backups", backups.identity_file(key), NOW)
    backups.identity_file(other)
    with pytest.raises(BackupError, match="another key, or damaged"):
        backups.look(made.path, other, database_url)
    content = bytearray(made.path.read_bytes())
    content[len(content) // 2] ^= 1
    made.path.write_bytes(bytes(content))
    with pytest.raises(BackupError, match="another key, or damaged"):
        backups.look(made.path, key, database_url)


def test_a_restored_sqlite_database_is_the_one_that_was_backed_up(sqlite_url: str, keys: KeyRing, tmp_path: Path) -> None:
    first = Store(open_engine(sqlite_url, keys), keys)
    new.person(first, new.agency(first), name=SECRET)
    first.close()
    key = tmp_path / "backup.key"
    made = backups.make(sqlite_url, tmp_path / "backups", backups.identity_file(key), NOW)
    with pytest.raises(BackupError, match="already"):
        backups.restore(made.path, key, sqlite_url)
    elsewhere = f"sqlite:///{tmp_path}/restored/ccmm.sqlite3"
    backups.restore(made.path, key, elsewhere)
    second = Store(open_engine(elsewhere, keys), keys)
    with second.installation() as session:
        assert session.exec(select(Person.name)).one() == SECRET, "with the key file the sealed columns open"
    second.close()


@pytest.mark.postgres
def test_a_restored_postgres_database_is_the_one_that_was_backed_up(
    postgres_url: str, keys: KeyRing, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    first = Store(open_engine(postgres_url, keys), keys)
    new.agency(first)
    first.close()
    key = tmp_path / "backup.key"
    made = backups.make(postgres_url, tmp_path / "backups", backups.identity_file(key), NOW)
    with pytest.raises(BackupError, match="nothing was changed"):
        backups.restore(made.path, key, postgres_url)
    cluster = request.getfixturevalue("postgres_cluster")
    cluster.run(f"CREATE DATABASE restored_here OWNER {OWNER}")
    try:
        backups.restore(made.path, key, cluster.url("restored_here", OWNER))
        second = Store(open_engine(cluster.url("restored_here", OWNER), keys), keys)
        with second.installation() as session:
            assert session.exec(select(Agency.name)).one() == "A"
        second.close()
    finally:
        cluster.run("DROP DATABASE restored_here WITH (FORCE)")


def test_a_backup_is_one_moment_of_a_database_others_write_to(sqlite_url: str, keys: KeyRing, tmp_path: Path) -> None:
    opened = Store(open_engine(sqlite_url, keys), keys)
    agency = Agency(name="A", service_name="S", created_at=NOW)
    with opened.installation(write=True) as session:
        session.add(agency)
    stop = threading.Event()
    written: list[int] = []

    def write() -> None:
        while not stop.is_set():
            with opened.writing(agency.id) as session:  # always two at once
                for half in ("A", "B"):
                    session.add(Person(agency_id=agency.id, code=f"{half}-{len(written)}", created_at=NOW))
            written.append(1)

    busy = threading.Thread(target=write)
    busy.start()
    try:
        while len(written) < 5:
            stop.wait(0.01)
        key = tmp_path / "backup.key"
        made = backups.make(sqlite_url, tmp_path / "backups", backups.identity_file(key), NOW)
    finally:
        stop.set()
        busy.join()
        opened.close()
    rows = backups.look(made.path, key).rows["person"]
    assert rows >= 10
    assert rows % 2 == 0


def test_what_is_no_database_of_ours_is_refused(tmp_path: Path) -> None:
    key = tmp_path / "backup.key"
    recipient = backups.identity_file(key)
    foreign = tmp_path / "foreign.sqlite3"
    sqlite3.connect(foreign).close()
    foreign.write_bytes(b"")
    made = backups.make(f"sqlite:///{foreign}", tmp_path / "backups", recipient, NOW)
    with pytest.raises(BackupError, match="no database of this service"):
        backups.look(made.path, key)
    with pytest.raises(BackupError, match="no database at"):
        backups.make(f"sqlite:///{tmp_path}/missing.sqlite3", tmp_path / "backups", recipient, NOW)
    with pytest.raises(BackupError, match="no backup at"):
        backups.look(tmp_path / "nothing.sqlite3.age", key)


def test_a_key_others_can_read_is_refused(tmp_path: Path) -> None:
    key = tmp_path / "backup.key"
    backups.identity_file(key)
    key.chmod(0o640)
    with pytest.raises(ConfigurationError, match="chmod 600"):
        backups.look(tmp_path / "x.sqlite3.age", key)
    with pytest.raises(ConfigurationError, match="age1"):
        backups.recipient_of("nonsense")


def test_only_the_newest_are_kept(sqlite_url: str, tmp_path: Path) -> None:
    recipient = backups.identity_file(tmp_path / "backup.key")
    made = [backups.make(sqlite_url, tmp_path / "b", recipient, NOW.replace(hour=hour)).path for hour in (1, 2, 3)]
    assert backups.prune(tmp_path / "b", 2) == made[:1]
    assert sorted((tmp_path / "b").iterdir()) == made[1:]


def test_the_commands_back_up_look_and_restore(sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CCMM_DATABASE_URL", sqlite_url)
    runner = CliRunner()
    said = runner.invoke(app, ["backup"])
    assert said.exit_code == 0, said.output
    (made,) = (tmp_path / "data" / "backups").iterdir()
    assert made.name in said.output
    looked = runner.invoke(app, ["restore", str(made), "--verify"])
    assert "Sound, at revision" in looked.output
    monkeypatch.setenv("CCMM_DATABASE_URL", f"sqlite:///{tmp_path}/new.sqlite3")
    assert "Restored" in runner.invoke(app, ["restore", str(made)]).output
    assert (tmp_path / "new.sqlite3").stat().st_mode & 0o077 == 0
