"""Of what a database refuses, what is the asker's and what is ours."""

from __future__ import annotations

import pytest
from sqlalchemy.exc import DBAPIError

from ccmm_bot.store.keys import KeyRing
from ccmm_bot.store.refusals import Refusal, refusal
from ccmm_bot.store.session import Store, open_engine
from ccmm_bot.store.tables import Agency
from tests.new import NOW


def refused(store: Store, *rows: Agency) -> Refusal | None:
    """What is said of rows that cannot be kept, each in a transaction of its own."""
    try:
        for row in rows:
            with store.installation(write=True) as session:
                session.add(row)
    except DBAPIError as error:
        return refusal(error)
    pytest.fail("nothing was refused")


def agency(name: str = "Harbour", **more: object) -> Agency:
    return Agency.model_validate({"name": name, "service_name": "Harbour", "created_at": NOW, **more})


def test_who_wrote_the_same_was_faster(store: Store) -> None:
    first = agency()
    assert refused(store, first, agency(id=first.id)) is Refusal.RACE


def test_what_is_missing_is_our_mistake(store: Store) -> None:
    nameless = agency()
    nameless.name = None  # type: ignore[assignment]
    assert refused(store, nameless) is None
    assert refusal(ValueError("no error of a database")) is None


@pytest.mark.postgres
def test_a_value_that_cannot_be_kept_is_the_askers(postgres_url: str, keys: KeyRing) -> None:
    store = Store(open_engine(postgres_url, keys), keys)
    assert refused(store, agency("Har\x00bour")) is Refusal.VALUE
    store.engine.dispose()
