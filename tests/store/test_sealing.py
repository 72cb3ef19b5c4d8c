"""The audit is a chain: what is changed, removed or added in it afterwards is found, by its number."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import text

from ccmm_bot.store import sealing
from ccmm_bot.store.keys import KeyRing
from ccmm_bot.store.sealing import Broken, Head
from ccmm_bot.store.session import Store
from ccmm_bot.store.tables import Actor, Agency, Audit
from ccmm_bot.store.types import uuid7
from tests import new
from tests.conftest import unbound

NOW = datetime(2026, 11, 23, 19, tzinfo=UTC)


@pytest.fixture
def agency(store: Store) -> UUID:
    return new.agency(store)


def write(store: Store, agency: UUID, count: int) -> None:
    with store.installation(write=True) as session:
        for n in range(count):
            session.add(
                Audit(
                    agency_id=agency,
                    at=NOW + timedelta(microseconds=n),
                    actor_kind=Actor.SYSTEM,
                    action="flag.resolved",
                    subject_kind="flag",
                    subject_id=uuid7(),
                    detail={"n": n, "b": [1, None], "a": "ጽሑፍ"},
                )
            )


def verified(store: Store) -> Head | Broken:
    (found,) = sealing.verify(store)
    return found


def run(store: Store, statement: str) -> None:
    """What somebody does who has broken into the database's server: the service's own role may not."""
    intruder = unbound(store.engine)
    with intruder.begin() as connection:
        connection.execute(text(statement))
    intruder.dispose()


def test_a_record_nobody_touched_is_whole_and_grows(store: Store, agency: UUID) -> None:
    write(store, agency, 3)
    (head,) = sealing.seal_new(store)
    assert (head.count, verified(store)) == (3, head)
    assert sealing.seal_new(store) == []
    write(store, agency, sealing.BATCH + 1)
    sealing.seal_new(store)
    later = verified(store)
    assert isinstance(later, Head)
    assert later.count == sealing.BATCH + 4
    assert later.seal != head.seal


@pytest.mark.parametrize(
    ("tampering", "number"),
    [
        ("UPDATE audit SET action = 'nothing.happened' WHERE seal_no = 2", 2),
        ("UPDATE audit SET actor_kind = 'staff' WHERE seal_no = 4", 4),
        ("DELETE FROM audit WHERE seal_no = 3", 3),
        ("UPDATE audit SET seal = (SELECT o.seal FROM audit o WHERE o.seal_no = 1) WHERE seal_no = 5", 5),
        ("UPDATE audit SET seal_no = seal_no + 10 WHERE seal_no = 1", 1),
    ],
)
def test_the_first_broken_link_is_named(store: Store, agency: UUID, tampering: str, number: int) -> None:
    write(store, agency, 6)
    sealing.seal_new(store)
    run(store, tampering)
    found = verified(store)
    assert isinstance(found, Broken)
    assert found.number == number


def test_without_the_key_nobody_makes_a_seal(store: Store, agency: UUID) -> None:
    write(store, agency, 2)
    sealing.seal_new(store)
    forger = Store(store.engine, KeyRing.generate())
    run(store, "UPDATE audit SET action = 'nothing.happened', seal = NULL, seal_no = NULL WHERE seal_no = 2")
    sealing.seal_new(forger)
    found = verified(store)
    assert isinstance(found, Broken)
    assert found.number == 2


def test_each_agency_has_a_chain_of_its_own(store: Store, agency: UUID) -> None:
    other = Agency(name="B", service_name="S", created_at=NOW + timedelta(seconds=1))
    with store.installation(write=True) as session:
        session.add(other)
    write(store, agency, 2)
    write(store, other.id, 3)
    sealing.seal_new(store)
    run(store, f"DELETE FROM audit WHERE seal_no = 1 AND agency_id = '{other.id.hex}'")
    first, second = sealing.verify(store)
    assert isinstance(first, Head)
    assert isinstance(second, Broken)


def test_those_who_seal_at_the_same_moment_make_one_chain(store: Store, agency: UUID) -> None:
    write(store, agency, 300)
    everybody = [threading.Thread(target=sealing.seal_new, args=(store,)) for _ in range(4)]
    for each in everybody:
        each.start()
    for each in everybody:
        each.join()
    found = verified(store)
    assert isinstance(found, Head)
    assert found.count == 300
