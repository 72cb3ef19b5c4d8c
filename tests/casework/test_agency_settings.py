"""What an agency sets itself holds: response times for its flags, hours for what we start, how long payloads are kept."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from sqlmodel import select

from ccmm_bot.casework.access.policy import Forbidden, Reader
from ccmm_bot.casework.agencies.agency import AgencySettings, agency_settings, change_settings, response_times
from ccmm_bot.casework.agencies.offices import OfficeError
from ccmm_bot.casework.keeping import running as keeping
from ccmm_bot.conversation.gate import gate
from ccmm_bot.dialogue.model import Severity
from ccmm_bot.followup.deadlines import Deadline
from ccmm_bot.followup.hours import SafeHours, safe_hours
from ccmm_bot.store.gate import Candidate, Hold, Pass
from ccmm_bot.store.session import Store
from ccmm_bot.store.tables import (
    Agency,
    Audit,
    Inbound,
    Purpose,
    Role,
)
from tests import new

NOW = datetime(2026, 11, 23, 19, 0, tzinfo=UTC)  # a Monday, 11 o'clock in British Columbia
USUAL = response_times(None)


@pytest.fixture
def reader(store: Store) -> Reader:
    return new.staff(store, new.agency(store, "First"), Role.ADMINISTRATOR)


def wanted(**values: Any) -> AgencySettings:
    plain = AgencySettings(
        office_hours=None,
        on_call_email=None,
        response_times=USUAL,
        sending_from=None,
        sending_until=None,
        keep_raw_days=None,
    )
    return replace(plain, **values)


def test_settings_are_kept_and_the_audit_says_which_changed(store: Store, reader: Reader) -> None:
    own = {**USUAL, Severity.URGENT: Deadline(hours=2)}
    settings = wanted(
        office_hours="Mon-Thu 09:00-16:00", response_times=own, sending_from=600, sending_until=1020, keep_raw_days=30
    )
    change_settings(store, reader, settings, NOW)
    assert agency_settings(store, reader).settings == replace(settings, office_hours="mon-thu 09:00-16:00")
    with store.installation() as session:
        entry = session.exec(select(Audit)).one()
        agency = session.exec(select(Agency)).one()
    assert entry.detail["changed"] == ["keep_raw_days", "office_hours", "response_times", "sending_from", "sending_until"]
    assert agency.response_times == {"urgent": {"hours": 2}}, "what is as usual follows the usual"


@pytest.mark.parametrize(
    "values",
    [
        {"office_hours": "always"},
        {"on_call_email": "nobody"},
        {"response_times": {**USUAL, Severity.HIGH: Deadline(days=31)}},
        {"response_times": {**USUAL, Severity.HIGH: Deadline(hours=41)}},
        {"sending_from": 600},
        {"sending_from": 1200, "sending_until": 1290},
        {"sending_from": 700, "sending_until": 600},
        {"keep_raw_days": 3},
    ],
)
def test_settings_that_cannot_be_meant_are_refused(store: Store, reader: Reader, values: dict[str, object]) -> None:
    with pytest.raises(OfficeError):
        change_settings(store, reader, wanted(**values), NOW)


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.ADMINISTRATOR])
def test_nobody_but_an_administrator_changes_them(store: Store, reader: Reader, role: Role) -> None:
    with pytest.raises(Forbidden):
        change_settings(store, replace(reader, role=role), wanted(), NOW)


def at(hour: int, office: SafeHours | None, safe: SafeHours | None = None, purpose: Purpose = Purpose.UNPROMPTED) -> Candidate:
    zone = ZoneInfo("America/Vancouver")
    now = datetime(2026, 11, 23, hour, 0, tzinfo=zone).astimezone(UTC)
    return Candidate(
        purpose=purpose, opted_out=False, never=False, contact_refused=False, zone=zone, now=now, safe=safe, office=office
    )


def test_what_we_start_waits_for_the_agencys_own_hours_and_answers_do_not() -> None:
    office = safe_hours(10 * 60, 17 * 60)
    assert gate(at(11, office)) == Pass()
    assert gate(at(9, None)) == Pass()
    assert gate(at(9, office)) == Hold(at(10, office).now)
    assert gate(at(18, office)) == Hold(at(10, office).now + timedelta(days=1))
    assert gate(at(18, office, purpose=Purpose.ANSWER)) == Pass()


def test_where_a_persons_safe_hours_and_the_agencys_never_meet_safety_decides() -> None:
    office, safe = safe_hours(10 * 60, 12 * 60), safe_hours(18 * 60, 19 * 60)
    assert gate(at(11, office, safe)) == Hold(at(18, None).now)


def message(store: Store, agency: UUID, age: timedelta) -> UUID:
    talk = new.conversation(store, new.person(store, agency), new.telephone(store, agency))
    return new.inbound(store, talk, at=NOW - age, raw=b"payload")


def forgotten(store: Store, reader: Reader) -> int:
    return keeping.run(store, reader.agency_id, NOW).get("payloads", 0)


def test_payloads_are_forgotten_when_their_agency_says_and_not_before(store: Store, reader: Reader) -> None:
    other = new.agency(store, "Second")
    old, young = message(store, reader.agency_id, timedelta(days=31)), message(store, reader.agency_id, timedelta(days=29))
    elsewhere = message(store, other, timedelta(days=400))
    assert forgotten(store, reader) == 0
    change_settings(store, reader, wanted(keep_raw_days=30), NOW)
    assert (forgotten(store, reader), forgotten(store, reader)) == (1, 0)
    with store.installation() as session:
        raw = dict(session.exec(select(Inbound.id, Inbound.raw)).all())
    assert (raw[old], raw[young], raw[elsewhere]) == (None, b"payload", b"payload")
