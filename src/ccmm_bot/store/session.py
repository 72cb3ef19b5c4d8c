"""Engines for both databases, and the one session factory, which shows an agency its own rows and no others.

Staff pages, reports and the command line come through here; the path of a message has its own fixed SQL in
:mod:`ccmm_bot.store.hot`. :meth:`Store.reading` and :meth:`Store.writing` scope every query of the object mapper to one agency
and refuse what they cannot scope; :meth:`Store.installation` is the one named exception, for work on the whole installation.
On PostgreSQL the database holds the same line by row-level security (:mod:`ccmm_bot.store.isolation`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, Protocol
from uuid import UUID

from sqlalchemy import (
    AliasedReturnsRows,
    ClauseElement,
    Connection,
    Engine,
    Executable,
    FromClause,
    Table,
    create_engine,
    event,
    make_url,
)
from sqlalchemy.engine import URL
from sqlalchemy.exc import ArgumentError
from sqlalchemy.orm import ORMExecuteState, SessionTransaction, UOWTransaction, with_loader_criteria
from sqlalchemy.sql import visitors
from sqlalchemy.sql.base import ExecutableOption
from sqlmodel import Session, SQLModel, col

from ccmm_bot.errors import CcmmError, ConfigurationError
from ccmm_bot.store.keyed import hand_back, hand_over
from ccmm_bot.store.keys import KeyRing
from ccmm_bot.store.scope import INSTALLATION, SCOPE, tell
from ccmm_bot.store.tables import Agency, AgencyRow
from ccmm_bot.store.types import attach_keys

#: How long a writer waits for SQLite's one write lock, in milliseconds.
BUSY_TIMEOUT_MS: Final = 10_000

#: What every SQLite connection of this service is set to, on the hot path too.
SQLITE_PRAGMAS: Final = (
    f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}",
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    "PRAGMA foreign_keys = ON",
    "PRAGMA secure_delete = ON",
    # The path of a message copies the write-ahead log itself, before it is so long (40 MB), when it makes nobody wait.
    "PRAGMA wal_autocheckpoint = 10000",
)

_WRITE = "ccmm_write"
_AGENCY = "ccmm_agency"
_READ_ONLY = "ccmm_read_only"
_KEYS = "ccmm_keys"
_CRITERIA = "ccmm_criteria"
_WHOSE = "ccmm_whose"
_SIGHT = "ccmm_sight"


class ForeignAgencyError(CcmmError):
    """A session of one agency was asked to touch what is not that agency's."""


def database_url(text: str) -> URL:
    """``CCMM_DATABASE_URL`` as SQLAlchemy takes it. Raises :class:`ConfigurationError` for other databases."""
    try:
        url = make_url(text)
    except (ArgumentError, ValueError):
        raise ConfigurationError("CCMM_DATABASE_URL is not a database address.") from None
    match url.get_backend_name():
        case "sqlite":
            if url.database in (None, "", ":memory:"):
                raise ConfigurationError("CCMM_DATABASE_URL has to name a file: nothing may be kept in memory only.")
            return url.set(drivername="sqlite+pysqlite")
        case "postgresql":
            return url.set(drivername="postgresql+psycopg")
        case other:
            raise ConfigurationError(f"CCMM_DATABASE_URL names {other}; this service runs on SQLite and PostgreSQL.")


def open_engine(url: str, keys: KeyRing) -> Engine:
    """An engine for the staff side. SQLite: WAL, ``synchronous=FULL``, ``BEGIN IMMEDIATE`` where it writes.

    On PostgreSQL its transactions see no agency's rows by themselves: see :mod:`ccmm_bot.store.scope`.
    """
    target = database_url(url)
    if target.get_backend_name() == "sqlite":
        _make_file(Path(target.database or ""))
        engine = create_engine(target, connect_args={"isolation_level": None, "timeout": BUSY_TIMEOUT_MS / 1000})
        event.listen(engine, "connect", _set_pragmas)
        event.listen(engine, "begin", _begin_sqlite)
    else:
        engine = create_engine(target, pool_pre_ping=True)
        event.listen(engine, "begin", tell)
    attach_keys(engine.dialect, keys)
    return engine


def _make_file(path: Path) -> None:
    """Make the database's file for its owner alone; what SQLite puts beside it takes over its mode."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.touch(mode=0o600)


def _set_pragmas(connection: Any, _record: object) -> None:
    for pragma in SQLITE_PRAGMAS:
        connection.execute(pragma)


def _begin_sqlite(connection: Connection) -> None:
    # A transaction that reads first and writes later cannot wait for the lock (SQLITE_BUSY_SNAPSHOT): take it at the start.
    write = connection.get_execution_options().get(_WRITE, True)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")


def _criteria(agency: UUID) -> list[ExecutableOption]:
    """One criterion per table: a base class that is no table itself cannot carry one."""
    tables = [mapper.class_ for mapper in SQLModel._sa_registry.mappers if issubclass(mapper.class_, AgencyRow)]
    scoped = [with_loader_criteria(table, col(table.agency_id) == agency, include_aliases=True) for table in tables]
    return [*scoped, with_loader_criteria(Agency, col(Agency.id) == agency, include_aliases=True)]


#: The conditions of a reader for a query over some tables.
Narrowing = Callable[[frozenset[str]], Sequence[ExecutableOption]]


class Sight(Protocol):
    """Somebody for whom a session is opened: an agency, and what of it is hers to see."""

    @property
    def agency_id(self) -> UUID:
        """The agency."""

    def narrowing(self) -> Narrowing | None:
        """What is put on a query besides the agency, by the tables it asks; ``None`` for who sees all of it."""

    def check(self, session: Session) -> None:
        """Asked before a session's rows are written, changed and deleted; what she may not is raised."""


class ScopedSession(Session):
    """A session of one agency, or of the installation. Made by :class:`Store` only."""


@event.listens_for(ScopedSession, "do_orm_execute")
def _scope(state: ORMExecuteState) -> None:
    agency: UUID | None = state.session.info[_AGENCY]
    if agency is None:
        return
    if not state.is_orm_statement or state.is_insert:
        raise ForeignAgencyError("A session of one agency takes queries over mapped classes only, and writes rows by adding them.")
    more: Narrowing | None = state.session.info[_SIGHT]
    narrowed = () if more is None else more(_tables_of(state.statement))
    state.statement = state.statement.options(*state.session.info[_CRITERIA], *narrowed)


def _tables_of(statement: Executable) -> frozenset[str]:
    """Every table a statement asks, wherever in it, also under another name."""
    found: set[str] = set()
    assert isinstance(statement, ClauseElement)  # noqa: S101 - what can be executed is one
    for element in visitors.iterate(statement):
        asked = element if isinstance(element, FromClause) else getattr(element, "table", None)
        while isinstance(asked, AliasedReturnsRows):
            asked = asked.element
        if isinstance(asked, Table):
            found.add(asked.name)
    return frozenset(found)


@event.listens_for(ScopedSession, "before_flush")
def _refuse_foreign(session: Session, _context: UOWTransaction, _instances: object) -> None:
    changed = [*session.new, *session.dirty, *session.deleted]
    if changed and session.info[_READ_ONLY]:
        raise ForeignAgencyError("This session only reads.")
    whose: Sight | None = session.info[_WHOSE]
    if whose is not None:
        whose.check(session)
    agency: UUID | None = session.info[_AGENCY]
    for row in changed:
        if agency is None:
            if isinstance(row, AgencyRow) and row.agency_id is None:
                raise ForeignAgencyError(f"A row of {type(row).__name__} belongs to no agency.")
        elif not (isinstance(row, AgencyRow) and row.agency_id == agency) and not (isinstance(row, Agency) and row.id == agency):
            raise ForeignAgencyError(f"A row of {type(row).__name__} is not this agency's.")
    hand_over(session, session.info[_KEYS])


@event.listens_for(ScopedSession, "after_flush")
def _hand_back(session: Session, _context: UOWTransaction) -> None:
    hand_back(session)


@event.listens_for(ScopedSession, "after_soft_rollback")
def _hand_back_too(session: Session, _previous: SessionTransaction) -> None:
    hand_back(session)


class Store:
    """The staff side of the database."""

    def __init__(self, engine: Engine, keys: KeyRing) -> None:
        self.engine = engine
        self.keys = keys

    @contextmanager
    def reading(self, whose: UUID | Sight) -> Iterator[Session]:
        """One agency's rows, to look at; for a reader, what of them is hers to see. Does not wait for writers."""
        with self._session(whose, write=False) as session:
            yield session

    @contextmanager
    def writing(self, whose: UUID | Sight) -> Iterator[Session]:
        """The same, to change: committed at the end of the block, rolled back when it raises.

        Keep the block short: on SQLite it holds the one write lock.
        """
        with self._session(whose, write=True) as session, session.begin():
            yield session

    @contextmanager
    def installation(self, *, write: bool = False) -> Iterator[Session]:
        """The whole installation, every agency: sign-in, seeding, maintenance. Never for a page that shows case data."""
        with self._session(None, write=write) as session:
            if not write:
                yield session
                return
            with session.begin():
                yield session

    @contextmanager
    def _session(self, whose: UUID | Sight | None, *, write: bool) -> Iterator[Session]:
        reader, agency_id = (None, whose) if whose is None or isinstance(whose, UUID) else (whose, whose.agency_id)
        bind = self.engine.execution_options(**{_WRITE: write, SCOPE: INSTALLATION if agency_id is None else agency_id})
        with ScopedSession(bind, expire_on_commit=False) as session:
            session.info[_AGENCY] = agency_id
            session.info[_READ_ONLY] = not write
            session.info[_KEYS] = self.keys
            session.info[_CRITERIA] = [] if agency_id is None else _criteria(agency_id)
            session.info[_WHOSE] = reader
            session.info[_SIGHT] = None if reader is None else reader.narrowing()
            yield session

    def close(self) -> None:
        """Close the connections."""
        self.engine.dispose()
        self.keys.close()
