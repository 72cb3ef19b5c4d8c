"""Backups of the whole database, encrypted with age (https://age-encryption.org/v1), and back again.

SQLite is copied page by page while the service runs (its online backup), PostgreSQL is dumped by ``pg_dump``: either is the
database at one moment. A backup holds neither the key file nor the key store: what is sealed in it stays sealed without them.
Copies of the key store are made by the same means, into a folder of their own, and kept for days only: what erasing somebody takes
out of the key store, it must take out of its copies too.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import sqlite3
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO, Any, Final, LiteralString

import pyrage
from pyrage import x25519
from sqlalchemy.engine import URL

from ccmm_bot.errors import CcmmError, ConfigurationError
from ccmm_bot.store.scope import DOOR_SETTING, INSTALLATION
from ccmm_bot.store.session import database_url

_SQLITE: Final = ".sqlite3.age"
_POSTGRES: Final = ".pgdump.age"
_DATABASE: Final = "ccmm-"
_KEYS: Final = "keys-"
_CHUNK: Final = 1 << 20
#: What the policies of the tables ask a connection for: see ccmm_bot.store.scope.
_EVERY_AGENCY: Final = f"-c {DOOR_SETTING}={INSTALLATION}"
#: The table of a key store.
COUNTED_KEYS: Final = ("own_key",)
#: Counted after a restore: whoever restores sees at once whether it is the database they meant.
COUNTED: Final = ("agency", "staff", "person", "conversation", "inbound", "outbox", "response", "flag", "follow_up", "audit")


class BackupError(CcmmError):
    """A backup could not be made, read or restored; the message says why and what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A backup that lies on the disk."""

    path: Path
    size: int  # bytes
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """What is in a backup: its revision, and how many rows of each kind."""

    revision: str
    rows: Mapping[str, int]


def identity_file(path: Path) -> x25519.Recipient:
    """The public half of the key in ``path``, which is made (owner only) where there is none yet."""
    with contextlib.suppress(FileExistsError):
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(f"{x25519.Identity.generate()}\n")
    return _identity(path).to_public()


def recipient_of(text: str) -> x25519.Recipient:
    """A public age key ("age1…"). Raises :class:`ConfigurationError`."""
    try:
        return x25519.Recipient.from_str(text.strip())
    except pyrage.RecipientError:
        raise ConfigurationError("CCMM_BACKUP_RECIPIENT is no age key: it begins with age1.") from None


def recipient(public: str, key_file: Path) -> x25519.Recipient:
    """Whom backups are encrypted for: the public key that was set, or else that of the key file, which is made if need be."""
    return recipient_of(public) if public else identity_file(key_file)


def make(url: str, folder: Path, recipient: x25519.Recipient, now: datetime, *, keys: bool = False) -> Made:
    """Back the database up into ``folder``, or the key store (``keys``); the file is there whole, or not at all.

    Raises :class:`BackupError`.
    """
    target = database_url(url)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    lite = target.get_backend_name() == "sqlite"
    path = folder / f"{_KEYS if keys else _DATABASE}{now:%Y-%m-%dT%H%M%SZ}{_SQLITE if lite else _POSTGRES}"
    draft = path.with_name(f".{path.name}.part")
    try:
        handle = os.open(draft, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "wb") as file:
            with _copied(Path(target.database or "")) if lite else _dumped(target) as plain:
                pyrage.encrypt_io(plain, file, [recipient])
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    except (OSError, sqlite3.Error, pyrage.EncryptError) as error:
        raise BackupError(f"The backup was not made ({type(error).__name__}). Is there room in {folder}?") from None
    finally:
        draft.unlink(missing_ok=True)
    return Made(path=path, size=path.stat().st_size, sha256=_sha256(path))


def prune(folder: Path, keep: int) -> list[Path]:
    """Remove all but the newest ``keep`` backups; returns what was removed."""
    found = _in(folder, _DATABASE)
    gone = found[: max(len(found) - keep, 0)]
    for path in gone:
        path.unlink()
    return gone


def prune_keys(folder: Path, before: datetime) -> list[Path]:
    """Remove the copies of the key store that were made before a moment, but never the newest; returns what was removed."""
    gone = [path for path in _in(folder, _KEYS)[:-1] if path.name < f"{_KEYS}{before:%Y-%m-%dT%H%M%SZ}"]
    for path in gone:
        path.unlink()
    return gone


def copies_of_keys(folder: Path) -> list[Path]:
    """The copies of the key store in a folder, the oldest first."""
    return _in(folder, _KEYS)


def replace_keys(url: str, folder: Path, recipient: x25519.Recipient, now: datetime) -> int:
    """Make another copy of the key store and remove all before it; how many were removed."""
    before = _in(folder, _KEYS)
    made = make(url, folder, recipient, now, keys=True)
    gone = [path for path in before if path != made.path]
    for path in gone:
        path.unlink(missing_ok=True)
    return len(gone)


def is_of_keys(path: Path) -> bool:
    """Whether a backup is a copy of the key store."""
    return path.name.startswith(_KEYS)


def _in(folder: Path, name: str) -> list[Path]:
    """The backups of one kind in a folder, the oldest first."""
    return sorted(path for path in folder.glob(f"{name}*.age") if path.name.endswith((_SQLITE, _POSTGRES)))


def look(path: Path, key_file: Path, scratch_url: str = "") -> Looked:
    """Open a backup, restore it aside, check it and count what is in it. The running database is not touched.

    ``scratch_url``: for a dump of PostgreSQL, a server on which a database may be made and dropped again.
    """
    with _opened(path, key_file) as plain:
        if path.name.endswith(_SQLITE):
            return _look_sqlite(plain, keys=is_of_keys(path))
        return _look_postgres(plain, database_url(scratch_url), keys=is_of_keys(path))


def restore(path: Path, key_file: Path, url: str) -> None:
    """Put a backup where the database, or the key store, is to be; refuses where there is one. Raises :class:`BackupError`."""
    target = database_url(url)
    lite = path.name.endswith(_SQLITE)
    if lite != (target.get_backend_name() == "sqlite"):
        raise BackupError("This backup is of the other kind of database than CCMM_DATABASE_URL names.")
    with _opened(path, key_file) as plain:
        if not lite:
            _into_postgres(plain, target)
            return
        _look_sqlite(plain, keys=is_of_keys(path))
        place = Path(target.database or "")
        if place.exists() and place.stat().st_size:
            raise BackupError(f"There is a database at {place} already. Move it away first; nothing was changed.")
        place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        for suffix in ("-wal", "-shm"):
            place.with_name(place.name + suffix).unlink(missing_ok=True)
        handle = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "wb") as file, plain.open("rb") as source:
            while part := source.read(_CHUNK):
                file.write(part)
            file.flush()
            os.fsync(file.fileno())


# --- SQLite -----------------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def _copied(database: Path) -> Iterator[IO[bytes]]:
    """The database as of one moment, while others go on writing."""
    if not database.is_file():
        raise BackupError(f"There is no database at {database}.")
    with tempfile.TemporaryDirectory(dir=database.parent, prefix=".backup-") as name:
        copy = Path(name) / "copy.sqlite3"
        with contextlib.closing(sqlite3.connect(database)) as source, contextlib.closing(sqlite3.connect(copy)) as target:
            source.backup(target)
        with copy.open("rb") as file:
            yield file


def _counting(table: LiteralString) -> LiteralString:
    return f'SELECT count(*) FROM "{table}"'  # noqa: S608 - the tables are constants of this module


def _look_sqlite(plain: Path, *, keys: bool) -> Looked:
    with contextlib.closing(sqlite3.connect(f"file:{plain}?mode=ro", uri=True)) as opened:
        try:
            (sound,) = opened.execute("PRAGMA integrity_check").fetchone()
            loose = opened.execute("PRAGMA foreign_key_check").fetchone()
            (revision,) = ("",) if keys else opened.execute("SELECT version_num FROM alembic_version").fetchone()
            counted = COUNTED_KEYS if keys else COUNTED
            rows = {table: opened.execute(_counting(table)).fetchone()[0] for table in counted}
        except (sqlite3.Error, TypeError):
            raise BackupError("What is in this backup is no database of this service.") from None
    if sound != "ok" or loose is not None:
        raise BackupError("The database in this backup is damaged.")
    return Looked(revision=revision, rows=rows)


# --- PostgreSQL -------------------------------------------------------------------------------------------------------


def _tool(name: str, url: URL, *arguments: str, database: str | None = None, **streams: Any) -> subprocess.Popen[bytes]:
    """One of PostgreSQL's own programs. The password goes by the environment: arguments can be read by everybody on the machine."""
    plain = url.set(drivername="postgresql", database=database or url.database)
    environment = os.environ | {"PGOPTIONS": _EVERY_AGENCY} | ({"PGPASSWORD": str(plain.password)} if plain.password else {})
    address = plain._replace(password=None).render_as_string()
    try:
        return subprocess.Popen(  # noqa: S603 - a fixed program, no shell
            [name, *arguments, f"--dbname={address}"], env=environment, stderr=subprocess.PIPE, **streams
        )
    except FileNotFoundError:
        raise BackupError(f"{name} is not installed: it comes with PostgreSQL's client programs (postgresql-client).") from None


@contextlib.contextmanager
def _dumped(url: URL) -> Iterator[IO[bytes]]:
    dump = _tool(
        "pg_dump", url, "--format=custom", "--no-owner", "--no-privileges", "--enable-row-security", stdout=subprocess.PIPE
    )
    assert dump.stdout is not None  # noqa: S101 - a pipe was asked for
    with dump.stdout as stream:
        yield stream
    _, said = dump.communicate()
    if dump.returncode:
        raise BackupError(f"pg_dump gave up: {_first_line(said)}")


def _into_postgres(plain: Path, url: URL, database: str | None = None) -> None:
    put = _tool(
        "pg_restore", url, "--exit-on-error", "--single-transaction", "--no-owner", "--no-privileges", str(plain), database=database
    )
    _, said = put.communicate()
    if put.returncode:
        raise BackupError(f"pg_restore gave up, and nothing was changed: {_first_line(said)} Restore into an empty database.")


def _look_postgres(plain: Path, url: URL, *, keys: bool) -> Looked:
    import psycopg

    aside = f"ccmm_look_{os.getpid()}"
    address = url.set(drivername="postgresql")
    with psycopg.connect(address.render_as_string(hide_password=False), autocommit=True) as server:
        server.execute(f'CREATE DATABASE "{aside}"')
        try:
            _into_postgres(plain, url, aside)
            inside = address.set(database=aside).render_as_string(hide_password=False)
            with psycopg.connect(inside, options=_EVERY_AGENCY) as opened:
                found = ("",) if keys else opened.execute("SELECT version_num FROM alembic_version").fetchone()
                rows = {
                    table: int((opened.execute(_counting(table)).fetchone() or (0,))[0])
                    for table in (COUNTED_KEYS if keys else COUNTED)
                }
        finally:
            server.execute(f'DROP DATABASE IF EXISTS "{aside}"')
    if found is None:
        raise BackupError("What is in this backup is no database of this service.")
    return Looked(revision=found[0], rows=rows)


def _first_line(said: bytes) -> str:
    """The first thing a program complained about; it names tables, never rows."""
    return said.decode("utf-8", "replace").strip().partition("\n")[0][:200]


# --- files and keys ---------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def _opened(path: Path, key_file: Path) -> Iterator[Path]:
    """The backup in clear, in a folder of its own that is gone afterwards."""
    identity = _identity(key_file)
    with tempfile.TemporaryDirectory(prefix="ccmm-restore-") as name:
        plain = Path(name) / "plain"
        try:
            with path.open("rb") as sealed, plain.open("wb") as file:
                pyrage.decrypt_io(sealed, file, [identity])
        except FileNotFoundError:
            raise BackupError(f"There is no backup at {path}.") from None
        except (pyrage.DecryptError, OSError):
            raise BackupError("This backup does not open: another key, or damaged.") from None
        yield plain


def _identity(path: Path) -> x25519.Identity:
    try:
        if path.stat().st_mode & 0o077:
            raise ConfigurationError(f"The key file {path} can be read by others than its owner. Run: chmod 600 {path}")
        return x25519.Identity.from_str(path.read_text("ascii").strip())
    except OSError as error:
        raise ConfigurationError(f"The key file {path} cannot be read ({error.strerror}).") from None
    except (pyrage.IdentityError, UnicodeDecodeError):
        raise ConfigurationError(f"The file {path} is no age key: it begins with AGE-SECRET-KEY-.") from None


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
