"""Where people's own keys are kept: apart from the database and from its backups.

A key is 32 random bytes, sealed with an installation key for its own id. Destroying one leaves its id behind, so that a database
restored from an older backup is found to hold somebody who was erased since. On SQLite the store is a file of its own
(``synchronous=FULL``: a key that was handed out is on the disk), on PostgreSQL a database of its own; any number of processes use
it at once. Nothing in it says whose a key is.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from sqlalchemy import (
    Boolean,
    Column,
    Connection,
    Engine,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    create_engine,
    event,
    func,
    insert,
    make_url,
    select,
    update,
)
from sqlalchemy.engine import URL
from sqlalchemy.exc import ArgumentError, DBAPIError

from ccmm_bot.errors import CcmmError, ConfigurationError

_BUSY_MS: Final = 10_000
_PRAGMAS: Final = (
    f"PRAGMA busy_timeout = {_BUSY_MS}",
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    "PRAGMA secure_delete = ON",
)
_AT_A_TIME: Final = 500
_WRITE: Final = "ccmm_write"

_METADATA: Final = MetaData()
DATA_KEY: Final = Table(
    "own_key",
    _METADATA,
    Column("id", LargeBinary(16), primary_key=True),
    Column("kek", Integer, nullable=False, index=True),  # the installation key it is sealed with
    Column("wrapped", LargeBinary, nullable=True),  # null: destroyed
    Column("made_at", String(32), nullable=False),  # UTC, ISO 8601
    Column("destroyed_at", String(32), nullable=True, index=True),
    Column("erased", Boolean, nullable=False, default=False),  # destroyed because whoever it belonged to was erased
)
#: What a rotation that was interrupted has to know when it goes on.
NOTE: Final = Table("note", _METADATA, Column("name", String(32), primary_key=True), Column("value", String(64), nullable=False))


class KeyStoreError(CcmmError):
    """The key store cannot be used, or does not hold a key it should hold; the message says what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """What is in a key store: keys by the number of the installation key they are sealed with, and how many were destroyed."""

    keys: Mapping[int, int] = field(default_factory=dict)
    destroyed: int = 0


class KeyStore:
    """One key store. Safe to share between threads; opened at its first use, and made where there is none yet."""

    def __init__(self, url: str) -> None:
        self.url = key_store_url(url)
        self._engine: Engine | None = None
        self._lock = threading.Lock()

    @property
    def address(self) -> str:
        """Its address, password included."""
        return self.url.render_as_string(hide_password=False)

    @property
    def path(self) -> Path | None:
        """Its file, on SQLite."""
        return Path(self.url.database or "") if self.url.get_backend_name() == "sqlite" else None

    def exists(self) -> bool:
        """Whether there is one: asking makes none."""
        if self.path is not None:
            return self.path.exists() and self.path.stat().st_size > 0
        with self._begin() as connection:
            return connection.execute(select(DATA_KEY.c.id).limit(1)).first() is not None

    # --- keys ---------------------------------------------------------------------------------------------------------

    def add(self, keys: Sequence[tuple[bytes, int, bytes]]) -> None:
        """Keep new keys: (id, number of the installation key, sealed key). On the disk when this returns."""
        now = _now()
        rows = [{"id": key, "kek": kek, "wrapped": wrapped, "made_at": now} for key, kek, wrapped in keys]
        with self._begin(write=True) as connection:
            connection.execute(insert(DATA_KEY), rows)

    def get(self, key: bytes) -> bytes | None:
        """A sealed key; ``None`` for one that was destroyed. Raises :class:`KeyStoreError` for one that never was here."""
        with self._begin() as connection:
            row = connection.execute(select(DATA_KEY.c.wrapped).where(DATA_KEY.c.id == key)).first()
        if row is None:
            raise KeyStoreError("The key store does not hold a key that the database names. Bring the newest copy of it back.")
        return None if row[0] is None else bytes(row[0])

    def get_many(self, keys: Sequence[bytes]) -> dict[bytes, bytes]:
        """Those of the keys that it holds, sealed."""
        found: dict[bytes, bytes] = {}
        with self._begin() as connection:
            for start in range(0, len(keys), _AT_A_TIME):
                some = DATA_KEY.c.id.in_(keys[start : start + _AT_A_TIME]) & DATA_KEY.c.wrapped.is_not(None)
                found.update(
                    (bytes(key), bytes(blob))
                    for key, blob in connection.execute(select(DATA_KEY.c.id, DATA_KEY.c.wrapped).where(some))
                )
        return found

    def newest(self, limit: int) -> dict[bytes, bytes]:
        """The keys that were made last, sealed."""
        wanted = select(DATA_KEY.c.id, DATA_KEY.c.wrapped).where(DATA_KEY.c.wrapped.is_not(None))
        with self._begin() as connection:
            rows = connection.execute(wanted.order_by(DATA_KEY.c.made_at.desc()).limit(limit)).all()
        return {bytes(key): bytes(blob) for key, blob in rows}

    def knows(self, keys: Sequence[bytes]) -> int:
        """How many of these it holds or has held."""
        with self._begin() as connection:
            return connection.execute(select(func.count()).select_from(DATA_KEY).where(DATA_KEY.c.id.in_(keys))).scalar_one()

    def destroy(self, keys: Iterable[bytes], *, erased: bool = True) -> int:
        """Destroy keys, for good; how many there were. Again does no harm.

        ``erased``: whoever they belonged to was erased, and has to be erased from an older copy of the database too.
        """
        now, done = _now(), 0
        with self._begin(write=True) as connection:
            for key in keys:
                gone = update(DATA_KEY).where(DATA_KEY.c.id == key, DATA_KEY.c.wrapped.is_not(None))
                done += connection.execute(gone.values(wrapped=None, kek=0, destroyed_at=now, erased=erased)).rowcount
        self.clean()
        return done

    def erased(self) -> Iterator[bytes]:
        """The ids of the keys of everybody who was erased."""
        wanted = select(DATA_KEY.c.id).where(DATA_KEY.c.erased)
        with self._begin() as connection:
            found = [bytes(row[0]) for row in connection.execute(wanted)]
        yield from found

    def made_before(self, keys: Sequence[bytes], moment: str) -> set[bytes]:
        """Those of the keys that were made before a moment (as :func:`moment` writes it)."""
        wanted = select(DATA_KEY.c.id).where(DATA_KEY.c.id.in_(keys), DATA_KEY.c.made_at < moment)
        with self._begin() as connection:
            return {bytes(row[0]) for row in connection.execute(wanted)}

    # --- another installation key ----------------------------------------------------------------------------------------

    def sealed_otherwise(self, kek: int, limit: int = _AT_A_TIME) -> list[tuple[bytes, int, bytes]]:
        """Some keys that another installation key than ``kek`` seals: (id, its number, sealed key)."""
        wanted = select(DATA_KEY.c.id, DATA_KEY.c.kek, DATA_KEY.c.wrapped)
        wanted = wanted.where(DATA_KEY.c.kek != kek, DATA_KEY.c.wrapped.is_not(None)).limit(limit)
        with self._begin() as connection:
            return [(bytes(row[0]), row[1], bytes(row[2])) for row in connection.execute(wanted)]

    def rewrap(self, keys: Sequence[tuple[bytes, int, bytes, bytes]]) -> int:
        """Put keys sealed anew in place of the old ones: (id, number, sealed before, sealed now). Destroyed ones stay so."""
        done = 0
        with self._begin(write=True) as connection:
            for key, kek, before, after in keys:
                same = (DATA_KEY.c.id == key) & (DATA_KEY.c.wrapped == before)
                done += connection.execute(update(DATA_KEY).where(same).values(wrapped=after, kek=kek)).rowcount
        return done

    def note(self, name: str) -> str | None:
        """What an interrupted rotation wrote down."""
        with self._begin() as connection:
            return connection.execute(select(NOTE.c.value).where(NOTE.c.name == name)).scalar()

    def write_note(self, name: str, value: str | None) -> None:
        """Write it down, or forget it."""
        with self._begin(write=True) as connection:
            connection.execute(NOTE.delete().where(NOTE.c.name == name))
            if value is not None:
                connection.execute(insert(NOTE).values(name=name, value=value))

    def held(self) -> Held:
        """What is in it."""
        with self._begin() as connection:
            living = DATA_KEY.c.wrapped.is_not(None)
            count = select(DATA_KEY.c.kek, func.count()).where(living).group_by(DATA_KEY.c.kek).order_by(DATA_KEY.c.kek)
            keys = {row[0]: row[1] for row in connection.execute(count)}
            gone = connection.execute(select(func.count()).select_from(DATA_KEY).where(~living)).scalar_one()
        return Held(keys=keys, destroyed=gone)

    # --- the files ------------------------------------------------------------------------------------------------------

    def clean(self) -> bool:
        """Leave nothing of what was destroyed in the write-ahead log; ``False`` where a reader kept it from being emptied."""
        if self.path is None:
            with self._opened().connect() as connection:
                connection.execution_options(isolation_level="AUTOCOMMIT").exec_driver_sql("VACUUM own_key")
            return True
        with closing(self._opened().raw_connection()) as connection:
            return not connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]

    def close(self) -> None:
        """Close the connections."""
        with self._lock:
            if self._engine is not None:
                self._engine.dispose()

    @contextmanager
    def _begin(self, *, write: bool = False) -> Iterator[Connection]:
        try:
            with self._opened().execution_options(**{_WRITE: write}).begin() as connection:
                yield connection
        except DBAPIError as error:
            shown = self.url.render_as_string(hide_password=True)
            raise KeyStoreError(f"The key store {shown} cannot be used ({type(error.orig).__name__}).") from error

    def _opened(self) -> Engine:
        with self._lock:
            if self._engine is None:
                self._engine = _open(self.url)
            return self._engine


def key_store_url(text: str) -> URL:
    """``CCMM_KEY_STORE_URL`` as SQLAlchemy takes it. Raises :class:`ConfigurationError`."""
    try:
        url = make_url(text)
    except (ArgumentError, ValueError):
        raise ConfigurationError("CCMM_KEY_STORE_URL is not a database address.") from None
    match url.get_backend_name():
        case "sqlite" if url.database not in (None, "", ":memory:"):
            return url.set(drivername="sqlite+pysqlite")
        case "postgresql":
            return url.set(drivername="postgresql+psycopg")
        case _:
            raise ConfigurationError("CCMM_KEY_STORE_URL has to name a file (sqlite:///…) or a PostgreSQL database.")


def moment(at: datetime) -> str:
    """An instant as the store writes it."""
    return at.astimezone(UTC).isoformat(timespec="microseconds")


def _now() -> str:
    return moment(datetime.now(UTC))


def _open(url: URL) -> Engine:
    if url.get_backend_name() == "postgresql":
        engine = create_engine(url, pool_pre_ping=True, pool_size=2)
    else:
        path = Path(url.database or "")
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.touch(mode=0o600)
        if path.stat().st_mode & 0o077:
            raise ConfigurationError(f"The key store {path} can be read by others than its owner. Run: chmod 600 {path}")
        engine = create_engine(url, connect_args={"isolation_level": None, "timeout": _BUSY_MS / 1000})
        event.listen(engine, "connect", _set_pragmas)
        event.listen(engine, "begin", _begin_sqlite)
    try:
        _METADATA.create_all(engine)
    except DBAPIError as error:
        if not _made_meanwhile(engine):
            engine.dispose()
            shown = url.render_as_string(hide_password=True)
            raise KeyStoreError(f"The key store {shown} cannot be used ({type(error.orig).__name__}).") from error
    return engine


def _made_meanwhile(engine: Engine) -> bool:
    """Whether another process that started with us has made the tables."""
    try:
        with engine.begin() as connection:
            connection.execute(select(DATA_KEY.c.id).limit(1))
            connection.execute(select(NOTE.c.name).limit(1))
    except DBAPIError:
        return False
    return True


def _set_pragmas(connection: Any, _record: object) -> None:
    for pragma in _PRAGMAS:
        connection.execute(pragma)


def _begin_sqlite(connection: Connection) -> None:
    write = connection.get_execution_options().get(_WRITE, True)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")
