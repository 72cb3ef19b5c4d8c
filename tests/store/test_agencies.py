"""A session of one agency sees that agency's rows and no others, whatever it asks."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import delete, insert, text, update
from sqlalchemy.orm import aliased
from sqlmodel import Session, SQLModel, col, func, select

from ccmm_bot.errors import ConfigurationError
from ccmm_bot.messages import ChannelKind
from ccmm_bot.store import tables
from ccmm_bot.store.keys import KeyRing
from ccmm_bot.store.session import ForeignAgencyError, Store, open_engine
from ccmm_bot.store.tables import Agency, AgencyRow, Household, Person, Quarantine
from ccmm_bot.store.types import uuid7
from tests import new

NOW = datetime(2026, 11, 23, 19, 0, tzinfo=UTC)
OURS, THEIRS = uuid7(), uuid7()
NOBODYS: dict[str, Any] = {"code": "X", "created_at": NOW}  # of no agency

#: The tables that belong to the installation: nothing in them is an agency's.
INSTALLATION = {"agency", "dialogue_archive", "process", "quarantine"}


@pytest.fixture
def store(store: Store) -> Store:
    """Two agencies with a person and a household each."""
    for agency in (OURS, THEIRS):
        new.agency(store, id=agency)
        new.person(store, agency, created_at=NOW)
        new.household(store, agency, created_at=NOW)
    return store


def test_every_table_belongs_to_an_agency_or_is_named_here() -> None:
    scoped = {str(mapper.class_.__tablename__) for mapper in Agency._sa_registry.mappers if issubclass(mapper.class_, AgencyRow)}
    assert scoped | INSTALLATION == set(SQLModel.metadata.tables)
    assert len(tables.__all__) > len(scoped)


other_person = aliased(Person)

QUERIES: dict[str, Callable[[Session], list[object]]] = {
    "rows": lambda session: list(session.exec(select(Person)).all()),
    "columns": lambda session: list(session.exec(select(Person.id)).all()),
    "agencies": lambda session: list(session.exec(select(Agency)).all()),
    "an alias": lambda session: list(session.exec(select(other_person)).all()),
    "a join": lambda session: list(
        session.exec(select(Household).join(Person, col(Person.created_at) == Household.created_at)).all()
    ),
    "a subquery": lambda session: list(session.exec(select(Person).where(col(Person.id).in_(select(Person.id)))).all()),
}


@pytest.mark.parametrize("query", QUERIES.values(), ids=QUERIES)
def test_a_query_finds_one_agencys_rows(store: Store, query: Callable[[Session], list[object]]) -> None:
    with store.reading(OURS) as session:
        assert len(query(session)) == 1


def test_a_count_counts_one_agencys_rows(store: Store) -> None:
    with store.reading(OURS) as session:
        assert session.exec(select(func.count()).select_from(Person)).one() == 1
        assert session.exec(select(func.count(col(Person.id)))).one() == 1


def their_person(store: Store) -> UUID:
    """The id of somebody at the other agency."""
    with store.installation() as session:
        return session.exec(select(Person.id).where(Person.agency_id == THEIRS)).one()


def test_a_foreign_row_is_not_found_by_its_id(store: Store) -> None:
    with store.reading(OURS) as session:
        assert session.get(Person, their_person(store)) is None


def test_bulk_changes_reach_one_agencys_rows(store: Store) -> None:
    with store.writing(OURS) as session:
        session.execute(update(Person).values(language="ti"))
        session.execute(delete(Household))
    with store.installation() as session:
        languages = {person.agency_id: person.language for person in session.exec(select(Person)).all()}
        assert languages == {OURS: "ti", THEIRS: None}
        assert [household.agency_id for household in session.exec(select(Household)).all()] == [THEIRS]


REFUSED: dict[str, Callable[[Session], object]] = {
    "a row of another agency": lambda session: session.add(Person(agency_id=THEIRS, code="X", created_at=NOW)),
    "a row of no agency": lambda session: session.add(Person(**NOBODYS)),
    "a row of the installation": lambda session: session.add(Quarantine(channel=ChannelKind.SMS, raw=b"", reason="", at=NOW)),
    "SQL of one's own": lambda session: session.execute(text("SELECT * FROM person")),
    "a bare table": lambda session: session.execute(SQLModel.metadata.tables["person"].select()),
    "a bulk insert": lambda session: session.execute(insert(Person), [{"agency_id": THEIRS, "code": "X", "created_at": NOW}]),
    "moving a row to another agency": lambda session: setattr(session.exec(select(Person)).one(), "agency_id", THEIRS),
}


@pytest.mark.parametrize("attempt", REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_scoped_is_refused(store: Store, attempt: Callable[[Session], object]) -> None:
    with pytest.raises(ForeignAgencyError), store.writing(OURS) as session:
        attempt(session)


def test_a_row_without_an_agency_is_refused_even_for_the_installation(store: Store) -> None:
    with pytest.raises(ForeignAgencyError), store.installation(write=True) as session:
        session.add(Person(**NOBODYS))


def test_a_reading_session_writes_nothing(store: Store) -> None:
    with store.reading(OURS) as session:
        session.add(Person(agency_id=OURS, code="X", created_at=NOW))
        with pytest.raises(ForeignAgencyError, match="only reads"):
            session.flush()


def test_a_block_that_raises_changes_nothing(store: Store) -> None:
    def breaks() -> None:
        with store.writing(OURS) as session:
            session.add(Person(agency_id=OURS, code="X", created_at=NOW))
            session.flush()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        breaks()
    with store.reading(OURS) as session:
        assert session.exec(select(func.count()).select_from(Person)).one() == 1


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:", "mysql://x", "nonsense", ""])
def test_other_databases_and_memory_are_refused(url: str, tmp_path: Path, keys: KeyRing) -> None:
    with pytest.raises(ConfigurationError, match="CCMM_DATABASE_URL"):
        open_engine(url, keys)


def test_sqlite_is_set_to_survive_a_power_cut(sqlite_url: str, keys: KeyRing) -> None:
    engine = open_engine(sqlite_url, keys)
    with engine.connect() as connection:
        pragmas = [
            connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in ("journal_mode", "synchronous", "foreign_keys")
        ]
    engine.dispose()
    assert pragmas == ["wal", 2, 1]
