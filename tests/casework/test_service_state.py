"""How the service stands: what is shown of every sender, and that showing it does not walk through what was ever written."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import event

from ccmm_bot.casework.access.policy import Reader
from ccmm_bot.casework.agencies.service_state import service_state
from ccmm_bot.messages import DeliveryStatus
from ccmm_bot.store.gauges import waiting
from ccmm_bot.store.keys import KeyRing
from ccmm_bot.store.session import Store, open_engine
from ccmm_bot.store.tables import Role
from tests import new

NOW = datetime(2026, 11, 23, 19, tzinfo=UTC)
#: Indexes of what is open alone: small, however much was ever written.
SMALL = ("ix_outbox_open", "ix_outbox_held", "ix_outbox_failed", "ix_dialogue_run_open")
LARGE = ("inbound", "outbox", "dialogue_run", "timer", "conversation")


@pytest.fixture
def reader(store: Store) -> Reader:
    return new.staff(store, new.agency(store), Role.ADMINISTRATOR)


def sender(store: Store, agency: UUID, number: str, hours_ago: list[int], status: DeliveryStatus = DeliveryStatus.SENT) -> None:
    """One of our numbers, with a message that came and one that went at each of these times."""
    with store.writing(agency) as session:
        point = new.telephone(session, agency, account_id=new.sender(session, agency, number))
        talk = new.conversation(session, new.person(session, agency), point)
        for n, hours in enumerate(hours_ago):
            at = NOW - timedelta(hours=hours)
            new.inbound(session, talk, at=at)
            new.outbound(session, talk, at=at, seq=n, status=status, sent_at=at if status is DeliveryStatus.SENT else None)


def test_of_every_sender_the_last_that_came_and_went_is_told(store: Store, reader: Reader) -> None:
    sender(store, reader.agency_id, "+16045550101", [5, 2, 9])
    sender(store, reader.agency_id, "+16045550102", [700])
    sender(store, reader.agency_id, "+16045550103", [])
    sender(store, reader.agency_id, "+16045550104", [1, 3], DeliveryStatus.FAILED)
    sender(store, reader.agency_id, "+16045550105", [1, 3], DeliveryStatus.PENDING)
    state = service_state(store, reader, NOW)
    hours = timedelta(hours=1)
    assert [(row.account[-1], row.last_in, row.last_out, row.waiting) for row in state.senders] == [
        ("1", NOW - 2 * hours, NOW - 2 * hours, 0),
        ("2", NOW - 700 * hours, NOW - 700 * hours, 0),
        ("3", None, None, 0),
        ("4", NOW - hours, None, 0),
        ("5", NOW - hours, None, 2),
    ]
    assert [(row.code, row.count, row.last_at) for row in state.failures] == [("unknown", 2, NOW - hours)]


def test_neither_the_page_nor_the_figures_walk_through_what_was_ever_written(sqlite_url: str, keys: KeyRing) -> None:
    store = Store(open_engine(sqlite_url, keys), keys)
    asked: list[tuple[str, Any]] = []

    def note(_connection: object, _cursor: object, statement: str, parameters: Any, *_rest: object) -> None:
        asked.append((statement, parameters))

    reader = new.staff(store, new.agency(store), Role.ADMINISTRATOR)
    event.listen(store.engine, "before_cursor_execute", note)
    service_state(store, reader, NOW)
    waiting(store.engine, NOW)
    event.remove(store.engine, "before_cursor_execute", note)
    with store.engine.connect() as connection:
        plans = [
            row[-1]
            for statement, parameters in asked
            if statement.startswith("SELECT")
            for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
        ]
    store.close()
    walks = [line for line in plans if line.startswith("SCAN") and line.split()[1] in LARGE]
    # The newest message of all is the last entry of the index of ids, where the reading ends at once.
    assert [line for line in walks if not any(name in line for name in (*SMALL, "sqlite_autoindex_inbound_1"))] == []
    assert len(asked) > 10
