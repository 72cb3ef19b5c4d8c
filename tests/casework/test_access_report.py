"""The week's report of who looked at whom."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from ccmm_bot.casework.access.policy import Forbidden
from ccmm_bot.casework.agencies import viewing
from ccmm_bot.casework.agencies.access_report import MANY, access_report
from ccmm_bot.casework.persons import opening
from ccmm_bot.casework.recorded import done_by
from ccmm_bot.store.tables import Role
from tests.casework.test_sight import NOW, WHY, Office, office

__all__ = ["office"]

MONDAY = date(2026, 11, 23)


def test_a_week_says_who_opened_whom_and_why(office: Office) -> None:
    theirs = office.person(office.other)
    opening.open_person(office.store, office.mine, office.code(theirs), WHY, NOW)
    report = access_report(office.store, office.lead, None, NOW)
    assert (report.first, report.last) == (MONDAY, MONDAY + timedelta(days=6))
    (line,) = report.openings
    assert (line.who, line.code, line.reason) == ("case_manager", office.code(theirs), WHY)
    assert access_report(office.store, office.lead, MONDAY - timedelta(days=1), NOW).openings == []


def test_who_looked_at_many_people_of_others_is_named_and_who_looked_at_her_own_is_not(office: Office) -> None:
    own = [office.person(office.mine) for _ in range(MANY)]
    theirs = [office.person(office.other) for _ in range(MANY)]
    for person in own:
        viewing.viewed(office.store, office.mine, "/staff/people/{person_id}", "person", person, NOW)
    for person in theirs[:-1]:
        viewing.viewed(office.store, office.mine, "/staff/people/{person_id}", "person", person, NOW)
    assert access_report(office.store, office.lead, None, NOW).looked == []
    for _ in range(2):
        viewing.viewed(office.store, office.mine, "/staff/people/{person_id}", "person", theirs[-1], NOW)
    (line,) = access_report(office.store, office.lead, None, NOW).looked
    assert (line.role, line.people, line.pages) == (Role.CASE_MANAGER, MANY, MANY + 1)


def test_exports_and_erasures_are_in_it(office: Office) -> None:
    person = office.person(office.mine)
    with office.store.writing(office.agency) as session:
        session.add(done_by(office.lead, "person.exported", "person", person, NOW))
        session.add(done_by(office.lead, "person.erased", "person", person, NOW))
    report = access_report(office.store, office.lead, None, NOW)
    assert [(line.action, line.code) for line in report.exports] == [("person.exported", office.code(person))]
    assert [line.who for line in report.erasures] == ["supervisor"]


def test_case_managers_do_not_read_it_and_agencies_not_each_others(office: Office) -> None:
    with pytest.raises(Forbidden):
        access_report(office.store, office.mine, None, NOW)
    elsewhere = Office(office.store)
    opening.open_person(office.store, office.mine, office.code(office.person(office.other)), WHY, NOW)
    assert access_report(office.store, elsewhere.lead, None, NOW).openings == []
