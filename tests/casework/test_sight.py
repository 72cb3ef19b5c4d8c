"""Whom a case manager sees, and how she opens somebody who is not hers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import Table
from sqlmodel import SQLModel, select

from ccmm_bot.casework.access import sessions, sight
from ccmm_bot.casework.access.policy import Forbidden, NotFound, Reader
from ccmm_bot.casework.casefile.cases import cases_of
from ccmm_bot.casework.casefile.common import CaseFileError
from ccmm_bot.casework.desk import flags
from ccmm_bot.casework.desk.flags import FlagOutcome
from ccmm_bot.casework.desk.notices import OPENED, Notice, words
from ccmm_bot.casework.persons import opening
from ccmm_bot.casework.persons.search import search
from ccmm_bot.dialogue.model import Severity
from ccmm_bot.i18n.interface import speaking
from ccmm_bot.settings import Settings
from ccmm_bot.store.session import Store
from ccmm_bot.store.tables import (
    Absence,
    Audit,
    Case,
    Flag,
    FlagStatus,
    Notification,
    Person,
    PersonOpening,
    Role,
)
from ccmm_bot.store.types import uuid7
from tests import new

NOW = datetime(2026, 11, 23, 19, 0, tzinfo=UTC)
WHY = "She stands at the counter and her case manager is ill."


class Office:
    """An agency with two case managers and a supervisor."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.agency = new.agency(store)
        self.mine, self.other = (self.staff(Role.CASE_MANAGER) for _ in range(2))
        self.lead = self.staff(Role.SUPERVISOR)

    def staff(self, role: Role) -> Reader:
        return new.staff(self.store, self.agency, role)

    def person(self, manager: Reader | None = None, *, household: UUID | None = None, case: bool = True) -> UUID:
        """Somebody, with a case of ``manager``'s or one that nobody has yet."""
        with self.store.writing(self.agency) as session:
            person = new.person(session, self.agency, name="Somebody", household_id=household)
            if case:
                new.case(session, self.agency, person_id=person, case_manager_id=manager and manager.staff_id)
            return person

    def household(self) -> UUID:
        return new.household(self.store, self.agency)

    def sees(self, reader: Reader, person: UUID) -> bool:
        with self.store.reading(reader) as session:
            return session.exec(select(Person.id).where(Person.id == person)).first() is not None

    def code(self, person: UUID) -> str:
        with self.store.reading(self.agency) as session:
            return session.exec(select(Person.code).where(Person.id == person)).one()

    def signed_in(self, reader: Reader, now: datetime = NOW) -> Reader:
        """The reader as a request finds her."""
        token = sessions.open_session(self.store, reader.staff_id, now).token
        found = sessions.who(self.store, token, now)
        assert found is not None
        return found


@pytest.fixture
def office(store: Store) -> Office:
    return Office(store)


# --- who is hers ---------------------------------------------------------------------------------------------------------


def test_her_own_people_and_whom_nobody_has(office: Office) -> None:
    own, nobodys, new = office.person(office.mine), office.person(None), office.person(case=False)
    theirs = office.person(office.other)
    assert [office.sees(office.mine, each) for each in (own, nobodys, new, theirs)] == [True, True, True, False]


def test_the_household_of_her_own_people(office: Office) -> None:
    family = office.household()
    office.person(office.mine, household=family)
    child = office.person(household=family, case=False)
    brother = office.person(office.other, household=family)
    assert office.sees(office.mine, child)
    assert office.sees(office.mine, brother)
    assert office.sees(office.other, child)
    third = office.staff(Role.CASE_MANAGER)
    assert not office.sees(third, child), "a child of a family that has a case manager waits for nobody"


def test_a_case_of_the_whole_household(office: Office) -> None:
    family = office.household()
    member = office.person(household=family, case=False)
    new.case(office.store, office.agency, household_id=family, case_manager_id=office.other.staff_id)
    assert office.sees(office.other, member)
    assert not office.sees(office.mine, member)
    for reader, count in ((office.mine, 0), (office.other, 1)):
        with office.store.reading(reader) as session:
            assert len(session.exec(select(Case)).all()) == count


def test_somebody_elses_household_changes_nothing(office: Office) -> None:
    """Whose a row is, is asked of its person, and her household alone counts: not whether anybody has one."""
    family, others = office.household(), office.household()
    own, theirs = office.person(office.mine, household=family), office.person(office.other, household=others)
    outside, nobodys = office.person(office.other), office.person(None)
    with office.store.writing(office.agency) as session:
        for person in (own, theirs, outside, nobodys):
            session.add(
                Flag(
                    agency_id=office.agency,
                    person_id=person,
                    reason="food",
                    severity=Severity.NORMAL,
                    first_at=NOW,
                    last_at=NOW,
                )
            )
    for reader, hers in ((office.mine, {own, nobodys}), (office.other, {theirs, outside, nobodys})):
        with office.store.reading(reader) as session:
            assert set(session.exec(select(Flag.person_id))) == hers
            assert set(session.exec(select(Case.person_id))) == hers
            assert set(session.exec(select(Person.id))) == hers


@pytest.mark.parametrize(("first", "last", "sees"), [(0, 3, True), (-3, -1, False), (1, 5, False)])
def test_whom_she_stands_in_for(office: Office, first: int, last: int, sees: bool) -> None:
    theirs = office.person(office.other)
    day = date(2026, 11, 23)
    with office.store.writing(office.agency) as session:
        session.add(
            Absence(
                agency_id=office.agency,
                staff_id=office.other.staff_id,
                stand_in_id=office.mine.staff_id,
                first_day=day + timedelta(days=first),
                last_day=day + timedelta(days=last),
                created_at=NOW,
            )
        )
    assert office.sees(office.signed_in(office.mine), theirs) is sees


def test_an_open_flag_that_was_given_to_her(office: Office) -> None:
    theirs = office.person(office.other)
    flag = new.flag(office.store, office.agency, theirs, "stuck", due_at=NOW, assigned_to=office.mine.staff_id)
    assert office.sees(office.mine, theirs)
    flags.resolve(office.store, office.mine, flag, outcome=FlagOutcome.NO_NEED, note="", now=NOW)
    assert not office.sees(office.mine, theirs)


@pytest.mark.parametrize("role", [Role.SUPERVISOR, Role.ADMINISTRATOR, Role.AUDITOR])
def test_who_leads_and_who_audits_sees_everybody(office: Office, role: Role) -> None:
    theirs = office.person(office.other)
    assert office.sees(office.staff(role), theirs)
    assert office.sees(replace(office.mine, machine=True), theirs), "a system of the agency's own is no case manager"


def test_every_table_that_leads_to_a_person_is_cut(office: Office) -> None:
    """A table that is added later, with a reference to a person or to what is a person's, is in it by itself, or is named here."""
    shared = {"contact_point", "household", "invitation_miss", "opt_out_entry", "person_contact_point", "notification"}

    def leads(table: Table, seen: frozenset[str] = frozenset()) -> bool:
        targets = {key.column.table for key in table.foreign_keys if key.column.table.name not in seen | {"staff", "agency"}}
        return table.name == "person" or any(leads(each, seen | {table.name}) for each in targets)

    leading = {name for name, table in SQLModel.metadata.tables.items() if leads(table)}
    assert leading - set(sight.scoped()) - shared == set()


# --- opening somebody else -----------------------------------------------------------------------------------------------


def test_with_a_reason_she_sees_somebody_for_some_hours(office: Office) -> None:
    theirs = office.person(office.other)
    assert opening.open_person(office.store, office.mine, office.code(theirs), WHY, NOW) == theirs
    for hours, sees in ((0, True), (opening.HOURS - 0.1, True), (opening.HOURS, False)):
        assert office.sees(office.signed_in(office.mine, NOW + timedelta(hours=hours)), theirs) is sees
    assert not office.sees(office.signed_in(office.staff(Role.CASE_MANAGER)), theirs)
    opened = office.signed_in(office.mine)
    (entry,) = opening.openings(office.store, opened, NOW)
    opening.end_opening(office.store, opened, entry.id, NOW)
    assert not office.sees(office.signed_in(office.mine), theirs)
    with pytest.raises(NotFound):
        opening.end_opening(office.store, opened, entry.id, NOW)


def test_an_opening_is_written_down_and_its_reason_is_sealed(office: Office) -> None:
    theirs = office.person(office.other)
    opening.open_person(office.store, office.mine, office.code(theirs), WHY, NOW)
    with office.store.reading(office.agency) as session:
        (entry,) = session.exec(select(Audit).where(Audit.action == "person.opened")).all()
        assert (entry.actor_id, entry.subject_id) == (office.mine.staff_id, theirs)
        assert WHY not in str(entry.detail)
        assert session.exec(select(PersonOpening.reason)).one() == WHY
    with office.store.installation() as session:
        raw = session.connection().exec_driver_sql("SELECT reason FROM person_opening").scalar()
    assert isinstance(raw, bytes | memoryview)
    assert b"counter" not in bytes(raw)


def test_the_supervisors_are_told_and_only_they_close_the_question(office: Office) -> None:
    theirs = office.person(office.other)
    for _ in range(2):  # while it is open, once is enough to tell
        opening.open_person(office.store, office.mine, office.code(theirs), WHY, NOW)
    with office.store.reading(office.agency) as session:
        (flag,) = session.exec(select(Flag).where(Flag.reason == flags.OPENED_WITH_REASON)).all()
        (told,) = session.exec(select(Notification)).all()
    assert told.recipient == office.lead.staff_id.hex
    opened = office.signed_in(office.mine)
    attempts: tuple[Callable[[], object], ...] = (
        lambda: flags.resolve(office.store, opened, flag.id, outcome=FlagOutcome.NO_NEED, note="", now=NOW),
        lambda: flags.reassign(office.store, opened, flag.id, to=opened.staff_id, note="", now=NOW),
        lambda: flags.snooze(office.store, opened, flag.id, until=date(2026, 12, 1), reason="later", now=NOW),
    )
    for attempt in attempts:
        with pytest.raises(Forbidden):
            attempt()
    flags.resolve(office.store, office.lead, flag.id, outcome=FlagOutcome.NO_NEED, note="It was right.", now=NOW)
    with office.store.reading(office.agency) as session:
        assert session.exec(select(Flag.status).where(Flag.id == flag.id)).one() is FlagStatus.RESOLVED


def test_the_notice_says_what_it_is_about_and_nothing_about_anybody() -> None:
    notice = Notice(id=uuid7(), kind=OPENED, to="lead@example.org", reference="ABCD1234", attempts=1, created_at=NOW)
    said = [words(notice, speaking(Settings().locales_dir, tag))[0] for tag in ("en", "fr")]
    assert said[0] == "Somebody was opened by a colleague, with a reason."
    assert said[1] not in ("", said[0])


@pytest.mark.parametrize(
    ("who", "why", "problem"),
    [
        (lambda office, person: "AA-0000", WHY, "nobody_found"),
        (lambda office, person: "", WHY, "nobody_found"),
        (lambda office, person: office.code(person), "because", "say_why"),
        (lambda office, person: office.code(person), "x" * 600, "too_long"),
    ],
)
def test_what_cannot_be_opened(office: Office, who: Callable[[Office, UUID], str], why: str, problem: str) -> None:
    theirs = office.person(office.other)
    with pytest.raises(CaseFileError, match=problem):
        opening.open_person(office.store, office.mine, who(office, theirs), why, NOW)
    assert not office.sees(office.signed_in(office.mine), theirs)


def test_who_is_hers_needs_no_opening_and_another_agencys_person_is_nobody(office: Office) -> None:
    own = office.person(office.mine)
    assert opening.open_person(office.store, office.mine, office.code(own), WHY, NOW) == own
    with office.store.reading(office.agency) as session:
        assert session.exec(select(PersonOpening)).all() == []
    elsewhere = Office(office.store)
    foreign = elsewhere.person(elsewhere.mine)
    with pytest.raises(CaseFileError, match="nobody_found"):
        opening.open_person(office.store, office.mine, elsewhere.code(foreign), WHY, NOW)


@pytest.mark.parametrize("role", [Role.AUDITOR, Role.OPERATOR, Role.EVALUATOR])
def test_who_does_no_case_work_opens_nobody(office: Office, role: Role) -> None:
    with pytest.raises(Forbidden):
        opening.open_person(office.store, office.staff(role), office.code(office.person(office.other)), WHY, NOW)


def test_searching_and_lists_know_nobody_else(office: Office) -> None:
    theirs, own = office.person(office.other), office.person(office.mine)
    assert [match.person_id for match in search(office.store, office.mine, "Somebody").matches] == [own]
    assert search(office.store, office.mine, office.code(theirs)).matches == ()
    with pytest.raises(NotFound):
        cases_of(office.store, office.mine, theirs)
