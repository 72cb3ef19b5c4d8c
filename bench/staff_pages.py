"""What a staff page costs with a thousand cases and a hundred thousand messages in the store.

Loopback HTTP on SQLite, signed in, the median of a few calls; beside it how many statements a page takes. The *floor* is a page
that asks the database nothing but who is signed in. Set ``CCMM_BENCH_CASES`` and ``CCMM_BENCH_MESSAGES`` for another size.
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

import _seeding
import httpx
from _table import Plan, Row, at_most, loaded
from sqlalchemy import event, insert
from sqlmodel import Session, select

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from ccmm_bot.dialogue.model import Severity
from ccmm_bot.messages import ChannelKind, ContentKind, DeliveryStatus
from ccmm_bot.store.tables import (
    Case,
    CaseNeed,
    CaseStep,
    ContactMethod,
    ContactNote,
    ContactPoint,
    Conversation,
    Flag,
    Inbound,
    NeedMoment,
    Outbox,
    Person,
    Purpose,
    Stage,
    Step,
)
from ccmm_bot.store.types import uuid7
from tests.web.serving import Served, Site, open_service

CASES = int(os.environ.get("CCMM_BENCH_CASES", "1000"))
MESSAGES = int(os.environ.get("CCMM_BENCH_MESSAGES", "100000"))  # by the people of those cases
ROUNDS = 9
SOON = at_most(300, of_ratio=False)
STEPS = (Step.MET_CLIENT, Step.DOCUMENTATION, Step.ASSIGNED, Step.FIRST_MEETING, Step.PLAN_SUBMITTED)
NEEDS = ("housing", "health", "legal", "family")
WORDS = "ገዛ ክረክብ ሓገዝ የድልየኒ ኣሎ፣ ክትድውሉለይ ትኽእሉ ዶ?"


def fill(site: Site) -> dict[str, UUID]:
    """Cases with their clocks, every fifth with a flag, and conversations full of messages; ids of one to look at."""
    store, agency, now = site.service.runtime.store, site.service.runtime.agency_id, site.clock.now()
    model = site.text("+16045559999", "hello", "English")  # a real conversation, whose state the others take over
    manager, ids = site.service.staff["case_manager"], {}
    with store.writing(agency) as session:
        talk = session.exec(select(Conversation).where(Conversation.id == model)).one()
        snapshot, account = talk.snapshot, session.get_one(ContactPoint, talk.contact_point_id).account_id
    for n in range(CASES):
        with store.writing(agency) as session:
            person = Person(agency_id=agency, code=f"B{n:05}", name=f"ኣልማዝ {n}", language="ti", created_at=now)
            address = f"+1604{n:07}"
            point = ContactPoint(
                agency_id=agency,
                account_id=account,
                channel=ChannelKind.SMS,
                address=address,
                address_hash=store.keys.lookup(b"address", address),
                created_at=now,
            )
            session.add_all([person, point])
            session.flush()
            case = Case(
                agency_id=agency,
                person_id=person.id,
                stage=Stage.IMPLEMENTATION_MONITORING,
                opened_at=now - timedelta(days=100),
                case_manager_id=manager if n % 20 == 0 else None,
            )
            times: dict[str, Any] = {"created_at": now, "updated_at": now, "last_inbound_at": now}
            conversation = Conversation(
                agency_id=agency, contact_point_id=point.id, person_id=person.id, snapshot=snapshot, language="ti", **times
            )
            session.add_all([case, conversation])
            session.flush()
            ids = {"case": case.id, "person": person.id}
            _case_file(session, agency, case.id, manager, now)
            if n % 5 == 0:
                shared: dict[str, Any] = {"agency_id": agency, "person_id": person.id, "conversation_id": conversation.id}
                session.add(Flag(reason="new_needs", severity=Severity.NORMAL, items=[], first_at=now, last_at=now, **shared))
            _messages(session, agency, account, conversation.id, now)
    return ids


def _case_file(session: Session, agency: UUID, case: UUID, manager: UUID, now: datetime) -> None:
    first: date = (now - timedelta(days=100)).date()
    shared: dict[str, Any] = {"agency_id": agency, "case_id": case}
    for k, step in enumerate(STEPS):
        session.add(CaseStep(step=step, day=first + timedelta(days=3 * k), recorded_at=now, staff_id=manager, **shared))
    session.add_all(CaseNeed(domain=domain, moment=NeedMoment.ENTRY, **shared) for domain in NEEDS)
    for k in range(5):
        day = first + timedelta(days=15 * k)
        session.add(ContactNote(staff_id=manager, day=day, method=ContactMethod.PHONE, written_at=now, **shared))


def _messages(session: Session, agency: UUID, account: UUID, conversation: UUID, now: datetime) -> None:
    """As many that came as that went, over a hundred days."""
    half = max(MESSAGES // CASES // 2, 1)
    shared = {"agency_id": agency, "account_id": account, "conversation_id": conversation}
    moments = [now - timedelta(days=100) + k * timedelta(days=100) / half for k in range(half)]
    came = [
        {
            "id": uuid7(),
            "provider_message_id": f"{conversation}.{k}",
            "kind": ContentKind.TEXT,
            "text": WORDS,
            "length": len(WORDS),
            "received_at": at,
            **shared,
        }
        for k, at in enumerate(moments)
    ]
    went = [
        {
            "id": uuid7(),
            "seq": 1000 + k,
            "purpose": Purpose.ANSWER,
            "content": {"text": WORDS},
            "language": "ti",
            "status": DeliveryStatus.DELIVERED,
            "created_at": at + timedelta(seconds=1),
            **shared,
        }
        for k, at in enumerate(moments)
    ]
    session.connection().execute(insert(Inbound), came)
    session.connection().execute(insert(Outbox), went)


def paths(ids: dict[str, UUID]) -> list[tuple[str, str]]:
    """(what is looked at, who looks): the floor first."""
    person, case = f"/staff/people/{ids['person']}", f"/staff/cases/{ids['case']}"
    return [
        ("/staff/forms", "case_manager"),
        ("/staff/today", "case_manager"),
        ("/staff/today?mine=1", "case_manager"),
        ("/staff/today/waiting", "case_manager"),
        ("/staff/today/list?name=unanswered", "case_manager"),
        ("/staff/search", "case_manager"),
        (person, "case_manager"),
        (f"{person}/timeline", "case_manager"),
        (f"{person}/entries", "case_manager"),
        ("/staff/cases", "case_manager"),
        ("/staff/cases?whose=all", "case_manager"),
        (case, "supervisor"),
        ("/staff/intake", "case_manager"),
        ("/staff/appointments", "case_manager"),
        ("/staff/supervision", "supervisor"),
        ("/staff/supervision/audits", "supervisor"),
        ("/staff/absences", "supervisor"),
        ("/staff/account", "case_manager"),
        ("/staff/admin/agency", "administrator"),
        ("/staff/admin/staff", "administrator"),
        ("/staff/admin/service", "administrator"),
        ("/staff/admin/activity", "administrator"),
        ("/staff/admin/audit", "administrator"),
        (f"{person}/erase", "supervisor"),
    ]


@contextmanager
def counting(site: Site) -> Iterator[list[str]]:
    """Every statement that is run meanwhile."""
    statements: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        statements.append(statement)

    engine = site.service.runtime.store.engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        event.remove(engine, "before_cursor_execute", note)


def ask(client: httpx.Client, path: str) -> None:
    """One call. A search is made by name, in a form."""
    answer = client.post(path, data={"query": "ኣልማዝ 7"}) if path == "/staff/search" else client.get(path)
    answer.raise_for_status()


def measure(site: Site, client: httpx.Client, path: str) -> tuple[list[float], int]:
    """Milliseconds of a few calls, and the statements of one."""
    took = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        ask(client, path)
        took.append((time.perf_counter() - began) * 1000)
    with counting(site) as statements:
        ask(client, path)
    return took, len(statements)


Took = dict[str, tuple[list[float], int]]


def rows(plan: Plan) -> Iterator[Row]:
    """Every page; then, with old conversations added, the slowest page and the one that grew most."""
    first: Took = {}
    for size in (MESSAGES, *(each for each in plan.sizes if each > MESSAGES)):
        with tempfile.TemporaryDirectory() as folder, Served(partial(open_service, Path(folder))) as served, loaded() as found:
            site = Site(served)
            ids = fill(site)
            _add_old(site, size)
            took = _pages(site, ids)
            found += _grown(first, took, size) if first else _every(took, size)
        first = first or took
        yield from found


def _every(took: Took, size: int) -> list[Row]:
    floor = [statistics.median(next(iter(took.values()))[0])]  # its calls are no rounds of the others
    return [
        Row(name=f"{path} ({statements} statements), {size:,} messages", unit="ms", values=times, floors=floor, target=SOON)
        for path, (times, statements) in took.items()
    ]


def _grown(first: Took, took: Took, size: int) -> list[Row]:
    middle = {path: statistics.median(times) for path, (times, _) in took.items()}
    slowest = max(middle, key=lambda path: middle[path])
    grown = max(middle, key=lambda path: middle[path] / statistics.median(first[path][0]))
    row = partial(Row, unit="ms", target=SOON)

    def beside(path: str) -> dict[str, list[float]]:
        return {"values": took[path][0], "floors": [statistics.median(first[path][0])]}

    return [
        row(
            name=f"the slowest page with {size:,} messages: {slowest}; its floor: before",
            values=took[slowest][0],
            floors=first[slowest][0],
        ),
        row(name=f"the page that grew most: {grown}; its floor: before", values=took[grown][0], floors=first[grown][0]),
    ]


def _add_old(site: Site, size: int) -> None:
    """Conversations of people whose cases are closed long since, until people have written so many messages."""
    path = Path(str(site.service.runtime.store.engine.url.database))
    before = _seeding.ids(path)
    site.text("+16045558888", "hello", "English", *(f"message {n}" for n in range(20)))
    after = _seeding.ids(path)
    model = {table: after[table] - before[table] for table in after}
    _seeding.grow(path, model, size, without=("flag", "timer"))


def _pages(site: Site, ids: dict[str, UUID]) -> Took:
    """Milliseconds and statements of every page; the one that asks least comes first."""
    names = {str(key): f"{{{name}}}" for name, key in ids.items()}
    took: Took = {}
    for path, role in paths(ids):
        shown = path
        for key, name in names.items():
            shown = shown.replace(key, name)
        with site.signed_in(role) as client:
            took[shown] = measure(site, client, path)
    return took
