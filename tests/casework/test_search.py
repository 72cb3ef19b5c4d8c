"""Names are opened once in a process, and what was changed or erased since is never found as it was."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

import pytest
from sqlmodel import col, delete, select

from ccmm_bot.casework.access.policy import Reader
from ccmm_bot.casework.persons import names as kept
from ccmm_bot.casework.persons.changing import rename
from ccmm_bot.casework.persons.names import Names
from ccmm_bot.casework.persons.search import SHOWN, search
from ccmm_bot.store.session import Store
from ccmm_bot.store.tables import Person, Role
from tests import new

NOW = datetime(2026, 11, 23, 19, tzinfo=UTC)
CALLED = ("ኣልማዝ ገብረ", "زهرا رحیمی", "Óscar Núñez", "Oksana Shevchenko")


@pytest.fixture
def reader(store: Store) -> Reader:
    return at_an_agency(store, "A", CALLED)


def at_an_agency(store: Store, name: str, called: tuple[str, ...]) -> Reader:
    """A supervisor of an agency with these people."""
    reader = new.staff(store, new.agency(store, name), Role.SUPERVISOR)
    with store.writing(reader.agency_id) as session:
        for n, each in enumerate(called):
            new.person(session, reader, f"P{n}-{name}", name=each)
    return reader


def found(store: Store, reader: Reader, query: str, names: Names) -> list[str | None]:
    return [each.name for each in search(store, reader, query, names).matches]


def id_of(store: Store, reader: Reader, name: str) -> UUID:
    with store.reading(reader.agency_id) as session:
        return next(each.id for each in session.exec(select(Person)) if each.name == name)


@pytest.mark.parametrize(
    ("query", "name"), [("ኣልማዝ", CALLED[0]), ("زهرا", CALLED[1]), ("oscar nunez", CALLED[2]), ("Oxana Shevchenko", CALLED[3])]
)
def test_a_name_is_found_in_its_script_and_in_a_similar_spelling(store: Store, reader: Reader, query: str, name: str) -> None:
    assert found(store, reader, query, Names()) == [name]


def test_a_name_is_opened_once(store: Store, reader: Reader) -> None:
    names = Names()
    for _ in range(3):
        assert found(store, reader, "Oksana", names) == [CALLED[3]]
    assert names.opened == len(CALLED)


def test_what_another_process_changed_is_found_at_once_and_the_old_name_is_not(store: Store, reader: Reader) -> None:
    here, there = Names(), Names()
    assert found(store, reader, "Oksana", here) == found(store, reader, "Oksana", there) == [CALLED[3]]
    rename(store, reader, id_of(store, reader, CALLED[3]), "Halyna Bondar", NOW)
    for names in (here, there):
        assert found(store, reader, "Halyna", names) == ["Halyna Bondar"]
        assert found(store, reader, "Oksana", names) == []
        assert names.opened == len(CALLED) + 1


def test_who_was_erased_is_not_found_and_not_remembered(store: Store, reader: Reader) -> None:
    names = Names()
    found(store, reader, "Oksana", names)
    with store.installation(write=True) as session:
        session.exec(delete(Person).where(col(Person.id) == id_of(store, reader, CALLED[3])))
    assert found(store, reader, "Oksana", names) == []
    with store.reading(reader.agency_id) as session:
        assert "oksana" not in str(names.read(session, store.keys, reader.agency_id))


def test_an_agency_finds_its_own_people_only(store: Store, reader: Reader) -> None:
    other = at_an_agency(store, "B", ("Oksana Melnyk",))
    names = Names()
    assert found(store, reader, "Oksana", names) == [CALLED[3]]
    assert found(store, other, "Oksana", names) == ["Oksana Melnyk"]


def test_of_very_many_the_latest_are_looked_through_and_the_best_are_shown(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept, "MOST_NAMES", 60)
    reader = at_an_agency(store, "A", tuple(f"Amina {n:02}" for n in range(80)))
    answer = search(store, reader, "Amina", Names())
    assert (len(answer.matches), answer.more, answer.bounded) == (SHOWN, True, True)
    assert found(store, reader, "Amina 79", Names())[0] == "Amina 79"
    assert "Amina 05" not in found(store, reader, "Amina 05", Names())
