"""What has passed its time is removed, what is under way is not, and looking says beforehand what removing does."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlmodel import Session, col, select
from typer.testing import CliRunner

from ccmm_bot.casework.access.policy import Forbidden, Reader
from ccmm_bot.casework.agencies.offices import OfficeError
from ccmm_bot.casework.keeping import running
from ccmm_bot.casework.keeping.kinds import KINDS
from ccmm_bot.cli import app
from ccmm_bot.dialogue.session import Status
from ccmm_bot.messages import ContentKind, DeliveryStatus
from ccmm_bot.store.datakeys import DataKeys
from ccmm_bot.store.disposal import dispose
from ccmm_bot.store.keys import ErasedValue, KeyRing
from ccmm_bot.store.session import Store, open_engine
from ccmm_bot.store.tables import (
    Appointment,
    Attachment,
    AttachmentState,
    Audit,
    CaseloadImport,
    Conversation,
    DeliveryReceipt,
    FollowUp,
    FollowUpStatus,
    Inbound,
    NextStep,
    Outbox,
    Person,
    Role,
    StaffSession,
    Translation,
)
from ccmm_bot.worker.jobs.retaining import Retaining
from tests import new

NOW = datetime(2030, 6, 1, 18, 0, tzinfo=UTC)
AGES = {"messages": 200, "files": 300, "payloads": 60, "people": 800}


@pytest.fixture
def agency(store: Store) -> UUID:
    return new.agency(store, created_at=ago(3000))


@pytest.fixture
def reader(store: Store, agency: UUID) -> Reader:
    return new.staff(store, agency, Role.ADMINISTRATOR)


def ago(days: float) -> datetime:
    return NOW - timedelta(days=days)


class Made:
    """Somebody who wrote, was answered and sent a picture, so many days ago."""

    def __init__(self, store: Store, agency: UUID, days: float) -> None:
        at, self.agency, number = ago(days), agency, uuid4().hex
        with store.installation(write=True) as session:
            self.household = new.household(session, agency, created_at=at)
            self.person = new.person(session, agency, household_id=self.household, name="a name", created_at=at)
            point = new.telephone(session, agency, created_at=at)
            new.uses(session, self.person, point)
            self.talk = new.conversation(session, self.person, point, at=at, last_inbound_at=at)
            self.inbound = new.inbound(session, self.talk, "words", at=at, kind=ContentKind.IMAGE, raw=b"raw")
            arrived = DeliveryStatus.DELIVERED
            self.outbox = new.outbound(session, self.talk, at=at, status=arrived, provider_message_id=f"SM{number}", sent_at=at)
            new.picture(session, self.inbound)
            session.add(DeliveryReceipt(agency_id=agency, outbox_id=self.outbox, status=arrived, at=at))
            session.add(
                Translation(agency_id=agency, inbound_id=self.inbound, language="en", source="ar", text="in English", created_at=at)
            )
            self.key = session.get_one(Person, self.person).data_key

    def case(self, session: Session, **more: Any) -> UUID:
        return new.case(session, self.agency, **{"opened_at": ago(900), "person_id": self.person} | more)


def set_periods(store: Store, reader: Reader, **days: int | None) -> None:
    usual = {kind.name: kind.default for kind in KINDS}
    running.keep(store, reader, usual | days, NOW)


def due(store: Store, agency: UUID) -> dict[str, int]:
    return {kind.name: kind.due for kind in running.look(store, agency, NOW) if kind.due}


def whole(store: Store, made: Made) -> bool:
    with store.installation() as session:
        return session.get_one(Inbound, made.inbound).text == "words"


# --- what is removed ------------------------------------------------------------------------------------------------------


def test_nothing_of_people_is_removed_where_nobody_has_said_how_long_it_is_kept(store: Store, agency: UUID) -> None:
    made = Made(store, agency, days=700)
    assert due(store, agency) == {}
    assert running.run(store, agency, NOW) == {}
    assert whole(store, made)


def test_messages_and_files_lose_what_they_say_and_stay_as_messages(store: Store, agency: UUID, reader: Reader) -> None:
    set_periods(store, reader, **{name: days for name, days in AGES.items() if name != "people"})
    old, recent = Made(store, agency, days=400), Made(store, agency, days=10)
    middle = Made(store, agency, days=250)  # its messages have passed their time, its file has not
    expected = {"messages": 4, "files": 1, "payloads": 2}
    assert due(store, agency) == expected
    assert whole(store, old), "looking removes nothing"
    done = running.run(store, agency, NOW)
    assert done == expected
    assert (due(store, agency), running.run(store, agency, NOW)) == ({}, {}), "once is enough"
    with store.installation() as session:
        said, answer = session.get_one(Inbound, old.inbound), session.get_one(Outbox, old.outbox)
        assert (said.text, said.raw, said.length, answer.content) == ("", None, 5, {"text": ""})
        assert said.provider_message_id, "a delivery that comes again after years has no second effect"
        files = {each.inbound_id: each for each in session.exec(select(Attachment))}
        assert (files[old.inbound].data, files[old.inbound].state) == (None, AttachmentState.GONE)
        assert files[old.inbound].reason == "kept_long_enough"
        assert (files[middle.inbound].data, files[recent.inbound].data) == (b"picture", b"picture")
        assert {each.inbound_id for each in session.exec(select(Translation))} == {recent.inbound}
        told = session.exec(select(Audit).where(col(Audit.action) == "retention.removed")).all()
    assert {each.detail["kind"] for each in told} == set(expected)
    assert whole(store, recent)


UNDER_WAY: dict[str, Callable[[Session, Made, UUID], object]] = {
    "a case": lambda session, made, staff: made.case(session),
    "a case that ends tomorrow": lambda session, made, staff: made.case(session, exit_date=date(2030, 6, 2)),
    "the household's case": lambda session, made, staff: made.case(session, person_id=None, household_id=made.household),
    "a flag": lambda session, made, staff: new.flag(session, made.agency, made.person, at=ago(400)),
    "a next step": lambda session, made, staff: session.add(
        NextStep(
            agency_id=made.agency, person_id=made.person, staff_id=staff, text="call", due_on=date(2030, 1, 1), created_at=ago(400)
        )
    ),
}


@pytest.mark.parametrize("what", [*UNDER_WAY, "a follow-up", "an appointment", "a question", "a human"])
def test_nothing_is_removed_of_somebody_of_whom_something_is_under_way(sqlite_url: str, keys: KeyRing, what: str) -> None:
    store = Store(open_engine(sqlite_url, keys), keys)
    first = new.agency(store, created_at=ago(3000), retention=AGES | {"deliveries": None}, keep_raw_days=None)
    colleague = new.staff(store, first, Role.SUPERVISOR)
    made, other = Made(store, first, days=1000), Made(store, first, days=400)
    with store.installation(write=True) as session:
        if what in UNDER_WAY:
            UNDER_WAY[what](session, made, colleague.staff_id)
        elif what in ("a question", "a human"):
            talk = session.get_one(Conversation, made.talk)
            talk.updated_at = ago(20)
            talk.status, talk.human_since = (Status.WAITING, None) if what == "a question" else (Status.IDLE, ago(20))
        else:
            case = made.case(session, exit_date=date(2028, 1, 1))
            whose: dict[str, Any] = {"agency_id": first, "person_id": made.person, "case_id": case}
            if what == "a follow-up":
                session.add(FollowUp(**whose, kind="follow_up_3_month", due_at=NOW, status=FollowUpStatus.DUE))
            else:
                session.add(Appointment(**whose, occurrence=1, starts_at=NOW, staff_id=colleague.staff_id, created_at=ago(30)))
    assert due(store, first) == {"messages": 2, "files": 1}
    assert running.run(store, first, NOW) == {"messages": 2, "files": 1}
    assert whole(store, made)
    assert not whole(store, other)
    store.close()


def test_people_nobody_has_heard_of_for_so_long_are_erased_with_their_keys(store: Store, agency: UUID, reader: Reader) -> None:
    set_periods(store, reader, people=800)
    gone, heard, served = Made(store, agency, days=1000), Made(store, agency, days=700), Made(store, agency, days=1000)
    with store.installation(write=True) as session:
        served.case(session, exit_date=date(2029, 6, 1))
        gone.case(session, exit_date=date(2028, 1, 1))
    assert due(store, agency) == {"people": 1, "deliveries": 4}
    assert running.run(store, agency, NOW)["people"] == 1
    with store.installation() as session:
        assert set(session.exec(select(Person.id))) == {heard.person, served.person}
        entry = session.exec(select(Audit).where(col(Audit.action) == "person.erased")).one()
    assert (entry.subject_id, entry.detail["retention"]) == (gone.person, True)
    own = store.keys.own
    assert isinstance(own, DataKeys)
    assert gone.key is not None
    with pytest.raises(ErasedValue):
        own.of(gone.key.hex)


def test_a_list_that_was_never_taken_over_goes_with_its_key(store: Store, agency: UUID, reader: Reader) -> None:
    with store.installation(write=True) as session:
        lists = [
            CaseloadImport(
                agency_id=agency, rows=[{"name": "Almaz"}], count=1, faults=0, uploaded_at=ago(days), staff_id=reader.staff_id
            )
            for days in (40, 5)
        ]
        session.add_all(lists)
    old, fresh = (each.data_key for each in lists)
    assert old is not None
    assert due(store, agency) == {"uploads": 1}
    assert running.run(store, agency, NOW) == {"uploads": 1}
    assert dispose(store.engine, store.keys, NOW).destroyed == 1
    with store.installation() as session:
        left = {each.uploaded_at: (each.rows, each.data_key) for each in session.exec(select(CaseloadImport))}
    assert left == {ago(40): (None, None), ago(5): ([{"name": "Almaz"}], fresh)}
    own = store.keys.own
    assert isinstance(own, DataKeys)
    with pytest.raises(ErasedValue):
        own.of(old.hex)


def test_what_was_used_to_sign_in_and_to_deliver_goes_when_it_is_old(store: Store, agency: UUID, reader: Reader) -> None:
    with store.installation(write=True) as session:
        for ended in (200, 2):
            session.add(
                StaffSession(
                    agency_id=agency,
                    staff_id=reader.staff_id,
                    token_hash=uuid4().bytes,
                    created_at=ago(ended + 1),
                    last_seen_at=ago(ended),
                    expires_at=ago(ended),
                )
            )
    Made(store, agency, days=740)
    kept = Made(store, agency, days=30)
    assert due(store, agency) == {"sign_ins": 1, "deliveries": 2}
    assert running.run(store, agency, NOW) == {"sign_ins": 1, "deliveries": 2}
    with store.installation() as session:
        assert session.exec(select(StaffSession.expires_at)).one() == ago(2)
        assert {each.provider_message_id is None for each in session.exec(select(Outbox))} == {True, False}
        assert session.exec(select(DeliveryReceipt.outbox_id)).one() == kept.outbox


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=8)
@given(days=st.lists(st.integers(0, 900), max_size=3), period=st.integers(90, 900))
def test_looking_says_what_removing_removes(sqlite_url: str, keys: KeyRing, days: list[int], period: int) -> None:
    store = Store(open_engine(sqlite_url, keys), keys)
    periods = {"messages": period, "files": period + 50, "people": None}
    first = new.agency(store, created_at=ago(3000), retention=periods)
    for each in days:
        Made(store, first, days=each)
    expected = due(store, first)
    assert running.run(store, first, NOW) == expected
    assert due(store, first) == {}
    store.close()


# --- who says how long, and who does it --------------------------------------------------------------------------------------


def test_an_administrator_sets_the_periods_and_that_is_written_down(store: Store, reader: Reader) -> None:
    set_periods(store, reader, messages=365, uploads=None)
    kinds = {kind.name: kind for kind in running.shown(store, reader, NOW)}
    assert (kinds["messages"].days, kinds["uploads"].days, kinds["people"].days) == (365, None, None)
    with store.installation() as session:
        entry = session.exec(select(Audit).where(col(Audit.action) == "agency.retention_changed")).one()
    assert entry.detail == {"days": {"messages": 365, "uploads": None}}


@pytest.mark.parametrize("wrong", [{"messages": 89}, {"payloads": 13}, {"people": 0}, {"uploads": 40_000}])
def test_no_period_is_shorter_than_it_may_be(store: Store, reader: Reader, wrong: dict[str, int]) -> None:
    with pytest.raises(OfficeError):
        set_periods(store, reader, **wrong)


def test_only_administrators_set_periods(store: Store, reader: Reader) -> None:
    colleague = Reader(staff_id=reader.staff_id, agency_id=reader.agency_id, role=Role.CASE_MANAGER, name="Sara")
    with pytest.raises(Forbidden):
        set_periods(store, colleague, messages=365)
    with pytest.raises(Forbidden):
        running.shown(store, colleague, NOW)


async def test_the_job_and_the_command_do_the_same(
    store: Store, agency: UUID, reader: Reader, monkeypatch: Any, tmp_path: Any
) -> None:
    set_periods(store, reader, messages=200)
    made = Made(store, agency, days=400)
    monkeypatch.setenv("CCMM_DATABASE_URL", store.engine.url.render_as_string(hide_password=False))
    monkeypatch.setenv("CCMM_SECRET_KEY_FILE", str(tmp_path / "secret.key"))
    monkeypatch.setattr("ccmm_bot.cli.retention.SystemClock", lambda: type("Clock", (), {"now": staticmethod(lambda: NOW)}))
    shown = CliRunner().invoke(app, ["retention", "run", "--dry-run"], catch_exceptions=False)
    assert "messages: kept 200 days; 2 have passed it" in shown.output
    assert whole(store, made)
    await Retaining(store, lambda: NOW).run("1")
    assert not whole(store, made)
    after = CliRunner().invoke(app, ["retention", "run"], catch_exceptions=False)
    assert "nothing has passed its time" in after.output
