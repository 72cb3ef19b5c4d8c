"""Opening and ending a case, and what follows from it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest
from sqlmodel import col, select

from ccmm_bot.casework.access.policy import Forbidden, NotFound, Reader
from ccmm_bot.casework.casefile import cases
from ccmm_bot.casework.caseload import merging
from ccmm_bot.casework.forms.filling import keep
from ccmm_bot.casework.persons import erasure
from ccmm_bot.clock import BC
from ccmm_bot.store.session import Store
from ccmm_bot.store.tables import Audit, Case, FollowUp, FollowUpStatus, Person, Role, StaffForm
from ccmm_bot.store.types import uuid7
from tests import new

NOW = datetime(2026, 11, 23, 19, tzinfo=UTC)
EXIT = date(2026, 11, 30)


@pytest.fixture
def reader(store: Store) -> Reader:
    return new.staff(store, new.agency(store), name="Ana")


@pytest.fixture
def person(store: Store, reader: Reader) -> UUID:
    return new.person(store, reader, "K7-4F2Q")


@pytest.fixture
def case(store: Store, reader: Reader, person: UUID) -> UUID:
    return cases.open_case(store, reader, person, NOW)


def planned(store: Store, kind: str) -> list[FollowUp]:
    with store.installation() as session:
        return list(session.exec(select(FollowUp).where(FollowUp.kind == kind).order_by(col(FollowUp.occurrence))))


def follow_up(store: Store) -> FollowUp:
    (only,) = planned(store, "follow_up_3_month")
    return only


def test_a_closed_case_gets_its_follow_up_three_calendar_months_later(store: Store, reader: Reader, case: UUID) -> None:
    cases.set_exit_date(store, reader, case, EXIT, NOW)
    row = follow_up(store)
    assert row.due_on == date(2027, 2, 28)
    assert row.due_at.astimezone(BC).date() == date(2027, 2, 28)
    assert row.wake_at == row.due_at
    assert row.status is FollowUpStatus.SCHEDULED
    assert [each.due_on for each in planned(store, "exit_survey")] == [EXIT]


def test_moving_the_exit_date_moves_it_and_there_is_still_one(store: Store, reader: Reader, case: UUID) -> None:
    cases.set_exit_date(store, reader, case, EXIT, NOW)
    first = follow_up(store).due_at
    cases.set_exit_date(store, reader, case, date(2026, 12, 15), NOW)
    assert follow_up(store).due_on == date(2027, 3, 15)
    cases.set_exit_date(store, reader, case, EXIT, NOW)
    assert follow_up(store).due_at == first


@pytest.mark.parametrize(("what", "reason"), [(cases.clear_exit_date, "exit_cleared"), (cases.reopen, "reopened")])
def test_taking_the_exit_back_cancels_it_and_another_exit_plans_it_again(
    store: Store, reader: Reader, case: UUID, what: object, reason: str
) -> None:
    assert callable(what)
    cases.set_exit_date(store, reader, case, EXIT, NOW)
    what(store, reader, case, NOW)
    row = follow_up(store)
    assert (row.status, row.reason, row.wake_at) == (FollowUpStatus.CANCELLED, reason, None)
    with pytest.raises(cases.CaseError):
        what(store, reader, case, NOW)
    cases.set_exit_date(store, reader, case, date(2027, 1, 31), NOW)
    row = follow_up(store)
    assert (row.status, row.reason, row.due_on) == (FollowUpStatus.SCHEDULED, None, date(2027, 4, 30))


def test_one_that_was_answered_is_never_planned_again(store: Store, reader: Reader, case: UUID) -> None:
    cases.set_exit_date(store, reader, case, EXIT, NOW)
    with store.installation(write=True) as session:
        row = session.exec(select(FollowUp).where(FollowUp.kind == "follow_up_3_month")).one()
        row.status, row.wake_at = FollowUpStatus.ANSWERED, None
        session.add(row)
    cases.set_exit_date(store, reader, case, date(2027, 1, 1), NOW)
    assert follow_up(store).status is FollowUpStatus.ANSWERED


def test_check_ins_come_every_three_months_and_end_with_the_service(store: Store, reader: Reader, case: UUID) -> None:
    assert [each.due_on for each in planned(store, "quarterly_check_in")][:2] == [date(2027, 2, 23), date(2027, 5, 23)]
    cases.set_exit_date(store, reader, case, date(2027, 3, 1), NOW)
    states = [(each.status, each.reason) for each in planned(store, "quarterly_check_in")]
    assert states[0] == (FollowUpStatus.SCHEDULED, None)
    assert set(states[1:]) == {(FollowUpStatus.CANCELLED, "exited")}
    cases.clear_exit_date(store, reader, case, NOW)
    assert {each.status for each in planned(store, "quarterly_check_in")} == {FollowUpStatus.SCHEDULED}


def entry_survey(store: Store) -> tuple[FollowUpStatus, str | None, bool]:
    """Its state, why, and whether it is still looked at."""
    (only,) = planned(store, "entry_survey")
    return only.status, only.reason, only.wake_at is not None


PLANNED = (FollowUpStatus.SCHEDULED, None, True)
NOT_ANY_MORE = (FollowUpStatus.CANCELLED, "exited", False)


@pytest.mark.parametrize(("exit_on", "then"), [(NOW.date(), NOT_ANY_MORE), (date(2026, 11, 24), NOT_ANY_MORE), (EXIT, PLANNED)])
def test_an_entry_survey_that_would_come_with_the_exit_or_after_it_is_not_asked(
    store: Store, reader: Reader, case: UUID, exit_on: date, then: tuple[FollowUpStatus, str | None, bool]
) -> None:
    assert entry_survey(store) == PLANNED
    cases.set_exit_date(store, reader, case, exit_on, NOW)
    assert entry_survey(store) == then


def test_an_entry_survey_that_still_waits_on_the_day_of_exit_is_not_asked(store: Store, reader: Reader, case: UUID) -> None:
    with store.installation(write=True) as session:
        row = session.exec(select(FollowUp).where(FollowUp.kind == "entry_survey")).one()
        row.status, row.reason = FollowUpStatus.DUE, "busy"
        session.add(row)
    cases.set_exit_date(store, reader, case, EXIT, NOW + timedelta(days=7))
    assert entry_survey(store) == NOT_ANY_MORE


@pytest.mark.parametrize("what", [cases.clear_exit_date, cases.reopen])
def test_an_entry_survey_comes_back_when_the_exit_is_taken_back_unless_its_time_is_over(
    store: Store, reader: Reader, case: UUID, what: object
) -> None:
    assert callable(what)
    cases.set_exit_date(store, reader, case, NOW.date(), NOW)
    what(store, reader, case, NOW + timedelta(days=5))
    assert entry_survey(store) == PLANNED
    cases.set_exit_date(store, reader, case, NOW.date(), NOW + timedelta(days=5))
    what(store, reader, case, NOW + timedelta(days=90))
    assert entry_survey(store) == NOT_ANY_MORE


def test_an_entry_survey_comes_back_when_the_exit_moves_behind_it(store: Store, reader: Reader, case: UUID) -> None:
    cases.set_exit_date(store, reader, case, NOW.date(), NOW)
    cases.set_exit_date(store, reader, case, EXIT, NOW)
    assert entry_survey(store) == PLANNED


@pytest.mark.parametrize("status", [FollowUpStatus.IN_PROGRESS, FollowUpStatus.ANSWERED])
def test_an_entry_survey_that_has_begun_is_left_to_the_person(
    store: Store, reader: Reader, case: UUID, status: FollowUpStatus
) -> None:
    with store.installation(write=True) as session:
        row = session.exec(select(FollowUp).where(FollowUp.kind == "entry_survey")).one()
        row.status = status
        session.add(row)
    cases.set_exit_date(store, reader, case, NOW.date(), NOW)
    assert entry_survey(store)[0] is status


def test_erasure_removes_every_follow_up_and_every_entry_of_the_person(
    store: Store, reader: Reader, person: UUID, case: UUID
) -> None:
    cases.set_exit_date(store, reader, case, EXIT, NOW)
    merging.merge(store, reader, person, new.person(store, reader), NOW)
    keep(store, reader, "case_questionnaire", case, "", {"country_of_origin": ["Eritrea"]}, NOW, seen=0)
    leading = Reader(staff_id=reader.staff_id, agency_id=reader.agency_id, role=Role.SUPERVISOR, name="A")
    erasure.erase(store, leading, person, "K7-4F2Q", NOW)
    assert planned(store, "follow_up_3_month") == []
    with store.installation() as session:
        for table in (Person, Case, FollowUp, StaffForm):
            assert session.exec(select(table)).all() == []


def test_one_open_case_at_a_time_and_only_by_who_may(store: Store, reader: Reader, person: UUID, case: UUID) -> None:
    with pytest.raises(cases.CaseError):
        cases.open_case(store, reader, person, NOW)
    with pytest.raises(cases.CaseError):
        cases.set_exit_date(store, reader, case, date(2126, 1, 1), NOW)
    auditor = Reader(staff_id=reader.staff_id, agency_id=reader.agency_id, role=Role.AUDITOR, name="A")
    with pytest.raises(Forbidden):
        cases.set_exit_date(store, auditor, case, EXIT, NOW)
    with pytest.raises(NotFound):
        cases.set_exit_date(store, reader, uuid7(), EXIT, NOW)


def test_every_change_is_audited(store: Store, reader: Reader, case: UUID) -> None:
    cases.set_exit_date(store, reader, case, EXIT, NOW)
    cases.reopen(store, reader, case, NOW + timedelta(days=1))
    with store.installation() as session:
        actions = {row.action for row in session.exec(select(Audit)) if row.subject_id == case}
    assert actions == {"case.opened", "case.exit_set", "case.reopened"}
