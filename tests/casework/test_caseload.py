"""Appointments, lists from elsewhere, people known twice, numbers that changed, colleagues who are away."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from io import BytesIO
from uuid import UUID
from zipfile import ZIP_DEFLATED, ZipFile

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook
from sqlmodel import col, select

from ccmm_bot.casework.access.policy import Forbidden, NotFound, Reader
from ccmm_bot.casework.casefile import intake, plan, recording
from ccmm_bot.casework.casefile.common import CaseFileError
from ccmm_bot.casework.casefile.reading import case_file
from ccmm_bot.casework.casefile.supervision import open_cases
from ccmm_bot.casework.caseload import absences, appointments, importing, merging, taking_over, ways
from ccmm_bot.casework.caseload.appointments import Meeting
from ccmm_bot.casework.caseload.sheet import COLUMNS, SheetError, read_sheet
from ccmm_bot.casework.seen import Changed
from ccmm_bot.clock import BC
from ccmm_bot.followup.quiet_hours import sending_hours
from ccmm_bot.messages import ChannelKind
from ccmm_bot.store.session import Store
from ccmm_bot.store.tables import (
    Appointment,
    AppointmentStatus,
    Audit,
    Case,
    CaseloadImport,
    CaseNeed,
    CaseStep,
    Consent,
    ContactNote,
    ContactPoint,
    Conversation,
    Flag,
    FlagStatus,
    FollowUp,
    FollowUpStatus,
    Household,
    NeedMoment,
    Person,
    PlanGoal,
    Referral,
    Role,
    StaffForm,
    Stage,
    StageChange,
    Step,
)
from ccmm_bot.store.types import uuid7
from tests import new

NOW = datetime(2026, 11, 23, 19, tzinfo=UTC)  # a Monday, 12:00 in Vancouver
MONDAY = date(2026, 11, 23)
local = datetime.fromisoformat  # the agency's clock: without a zone


@pytest.fixture
def manager(store: Store) -> Reader:
    agency = new.agency(store)
    new.sender(store, agency)
    return new.staff(store, agency, name="Manager", email="manager@example.org")


@pytest.fixture
def supervisor(store: Store, manager: Reader) -> Reader:
    return new.staff(store, manager, Role.SUPERVISOR)


def person(store: Store, reader: Reader, code: str, name: str | None = None) -> UUID:
    return new.person(store, reader, code, name=name, language="ti")


@pytest.fixture
def case(store: Store, manager: Reader) -> UUID:
    (made,) = intake.begin(store, manager, [person(store, manager, "AA-1111")], NOW)
    return made


# --- appointments -----------------------------------------------------------------------------------------------------


def test_an_appointment_is_reminded_of_a_day_before_in_the_sending_hours(store: Store, manager: Reader, case: UUID) -> None:
    appointments.make(store, manager, case, Meeting(at=local("2026-11-26T09:30"), place="5575 Boundary Road"), NOW)
    (found,) = appointments.of_case(store, manager, case)
    assert found.starts_at == datetime(2026, 11, 26, 16, 30, tzinfo=UTC), "British Columbia is on UTC-7 all year"
    assert found.reminder is FollowUpStatus.SCHEDULED
    assert found.reminder_at == found.starts_at - timedelta(days=1)
    (reminder,) = [each for each in case_file(store, manager, case, NOW).follow_ups if each.kind == "appointment_reminder"]
    assert reminder.due_at == found.reminder_at
    with store.installation() as session:
        facts = session.exec(select(FollowUp.facts).where(FollowUp.id == reminder.id)).one()
    assert facts == {"appointment_when": "2026-11-26T16:30:00+00:00", "appointment_where": "5575 Boundary Road"}


@given(st.datetimes(local("2026-12-01T05:00"), local("2027-12-01T22:00")), st.timedeltas(timedelta(hours=2), timedelta(days=40)))
def test_a_reminder_is_in_the_sending_hours_and_of_use(at: datetime, ahead: timedelta) -> None:
    starts = at.replace(tzinfo=BC).astimezone(UTC)
    now = starts - ahead
    found = appointments.reminder_moment(starts, BC, now)
    if found is None:
        return
    local = found.astimezone(BC)
    hours = sending_hours(local.date())
    assert hours is not None
    assert hours[0] <= local.time() < hours[1]
    assert now <= found < starts
    if ahead > timedelta(days=6):
        assert found <= starts - timedelta(days=1)


def test_moving_an_appointment_moves_its_reminder_and_calling_it_off_takes_it_back(
    store: Store, manager: Reader, case: UUID
) -> None:
    made = appointments.make(store, manager, case, Meeting(at=local("2026-11-26T09:30")), NOW)
    appointments.change(store, manager, made, Meeting(at=local("2026-12-02T14:00")), NOW, seen=1)
    (found,) = appointments.of_case(store, manager, case)
    assert found.reminder_at == datetime(2026, 12, 1, 21, 0, tzinfo=UTC)
    with pytest.raises(Changed):
        appointments.change(store, manager, made, Meeting(at=local("2026-12-03T14:00")), NOW, seen=1)
    appointments.settle(store, manager, made, AppointmentStatus.CANCELLED, NOW, seen=2)
    (found,) = appointments.of_case(store, manager, case)
    assert (found.status, found.reminder) == (AppointmentStatus.CANCELLED, FollowUpStatus.CANCELLED)
    assert appointments.coming(store, manager, NOW) == ()


def test_moving_it_after_the_reminder_went_out_reminds_once_more(store: Store, manager: Reader, case: UUID) -> None:
    made = appointments.make(store, manager, case, Meeting(at=local("2026-11-26T09:30")), NOW)
    with store.installation(write=True) as session:
        row = session.exec(select(FollowUp).where(FollowUp.kind == "appointment_reminder")).one()
        row.status = FollowUpStatus.ANSWERED
        session.add(row)
    appointments.change(store, manager, made, Meeting(at=local("2026-12-02T14:00")), NOW, seen=1)
    (found,) = appointments.of_case(store, manager, case)
    assert found.reminder is FollowUpStatus.SCHEDULED
    with store.installation() as session:
        occurrences = session.exec(select(FollowUp.occurrence).where(FollowUp.kind == "appointment_reminder")).all()
    assert sorted(occurrences) == [1, 2]


@pytest.mark.parametrize(
    ("at", "code"),
    [
        (local("2026-11-23T11:59"), "date_past"),
        (local("2026-11-24T03:00"), "odd_hour"),
        (local("3026-11-24T09:00"), "date_far"),
    ],
)
def test_an_appointment_nobody_can_mean_is_refused(store: Store, manager: Reader, case: UUID, at: datetime, code: str) -> None:
    with pytest.raises(CaseFileError) as refused:
        appointments.make(store, manager, case, Meeting(at=at), NOW)
    assert (refused.value.field, refused.value.code) == ("at", code)


# --- lists from elsewhere ---------------------------------------------------------------------------------------------

SHEET = """name,language,phone,channel,agreed_to_messages,household,stage,opened_on,exit_date,case_manager,need_intensity
Almaz Tesfay,Tigrinya,604 555 0123,sms,yes,H1,implementation_monitoring,2026-06-01,,manager@example.org,high
Bereket Tesfay,ti,,,no,H1,implementation_monitoring,2026-06-01,,,low
Salma Karimi,prs,+1 604 555 0124,sms,yes,,exit,2025-01-10,2026-07-15,,
Omar Haddad,Arabic,604-555-0125,sms,no,,exit,2025-01-10,2026-10-15,,
"""


def take_over(store: Store, reader: Reader, upload: UUID, *, rows: int = 3) -> list[int]:
    """As the durable work does; how many rows were left after each piece."""
    taking_over.ask(store, reader, upload, NOW)
    assert [key for key, _look in taking_over.due(store, NOW)] == [upload]
    return list(pieces(store, upload, rows))


def pieces(store: Store, upload: UUID, rows: int) -> Iterator[int]:
    work = taking_over.begin(store, upload)
    assert work is not None
    left = 1
    while left:
        left = taking_over.take_piece(store, work, rows, NOW)
        yield left


def test_a_caseload_is_taken_over_with_what_the_bot_owes_it(store: Store, manager: Reader, supervisor: Reader) -> None:
    upload = importing.upload(store, supervisor, SHEET.encode(), "cases.csv", NOW)
    shown = importing.preview(store, supervisor, upload, NOW)
    assert (len(shown.rows), shown.faults, shown.late) == (4, 0, 1), "one follow-up is overdue already"
    assert take_over(store, supervisor, upload) == [1, 0]
    with store.installation() as session:
        people = {each.name: each for each in session.exec(select(Person))}
        cases = {each.person_id: each for each in session.exec(select(Case))}
        planned = {(each.person_id, each.kind) for each in session.exec(select(FollowUp))}
        consents = {each.person_id for each in session.exec(select(Consent)) if each.given}
        conversations = {each.person_id: each for each in session.exec(select(Conversation))}
        kept = session.exec(select(CaseloadImport)).one()
    almaz, omar = people["Almaz Tesfay"], people["Omar Haddad"]
    assert almaz.household_id == people["Bereket Tesfay"].household_id
    assert cases[almaz.id].case_manager_id == manager.staff_id
    assert {kind for who, kind in planned if who == almaz.id} == {"quarterly_check_in"}
    assert {kind for who, kind in planned if who == people["Salma Karimi"].id} == {"follow_up_3_month"}
    assert cases[omar.id].stage is Stage.EXIT
    assert almaz.id in consents
    assert omar.id not in consents, "who did not agree is written to by nobody"
    assert conversations[almaz.id].language == "ti"
    assert kept.rows is None, "the file's rows are forgotten once they are taken over"
    shown = importing.preview(store, supervisor, upload, NOW)
    assert (shown.going, shown.done, shown.made, shown.left_out, shown.rows) == (False, 4, 4, (), ())
    with store.installation() as session:
        told = session.exec(select(Audit.action, Audit.actor_id).where(Audit.subject_id == upload).order_by(col(Audit.id))).all()
    assert told == [(f"caseload.{what}", supervisor.staff_id) for what in ("uploaded", "asked", "imported")]
    with pytest.raises(CaseFileError, match="applied_already"):
        taking_over.ask(store, supervisor, upload, NOW)


def test_a_family_in_two_pieces_is_one_household(store: Store, supervisor: Reader) -> None:
    lines = "".join(f"Child {n},,,,,H1,intake,,,,\n" for n in range(5))
    upload = importing.upload(store, supervisor, (SHEET.partition("\n")[0] + "\n" + lines).encode(), "cases.csv", NOW)
    assert take_over(store, supervisor, upload, rows=2) == [3, 1, 0]
    with store.installation() as session:
        assert Counter(session.exec(select(Person.household_id)).all()).most_common()[0][1] == 5
        assert [each.label for each in session.exec(select(Household))] == ["H1"]


def test_a_row_that_went_bad_since_it_was_looked_at_is_left_out_and_told(store: Store, manager: Reader, supervisor: Reader) -> None:
    upload = importing.upload(store, supervisor, SHEET.encode(), "cases.csv", NOW)
    ways.add_number(store, manager, person(store, manager, "AA-1111"), ChannelKind.SMS, "604 555 0124", "by_phone", NOW)
    assert take_over(store, supervisor, upload) == [1, 0]
    shown = importing.preview(store, supervisor, upload, NOW)
    assert [(each.number, each.fault.column, each.fault.code) for each in shown.left_out] == [(4, "phone", "number_known")]
    assert (shown.made, shown.done) == (3, 4)
    with store.installation() as session:
        assert session.exec(select(Person).where(Person.code != "AA-1111").order_by(col(Person.id))).all()[-1].name == "Omar Haddad"


def test_two_processes_that_take_the_same_list_over_take_every_row_once(store: Store, supervisor: Reader) -> None:
    upload = importing.upload(store, supervisor, SHEET.encode(), "cases.csv", NOW)
    taking_over.ask(store, supervisor, upload, NOW)
    one, other = taking_over.begin(store, upload), taking_over.begin(store, upload)
    assert one is not None
    assert other is not None
    assert [taking_over.take_piece(store, each, 1, NOW) for each in (one, other, one, other)] == [3, 2, 1, 0]
    assert taking_over.take_piece(store, one, 1, NOW) == 0
    with store.installation() as session:
        assert len(session.exec(select(Person)).all()) == len(session.exec(select(Case)).all()) == 4


def test_a_clock_that_is_set_back_keeps_no_list_waiting(store: Store, supervisor: Reader) -> None:
    upload = importing.upload(store, supervisor, SHEET.encode(), "cases.csv", NOW)
    taking_over.ask(store, supervisor, upload, NOW)
    assert taking_over.due(store, NOW) == [(upload, 1)]
    before = NOW - timedelta(days=1)
    assert taking_over.due(store, before) == [(upload, 2)], "not when the day is over again"
    assert taking_over.due(store, before) == [], "somebody is at it"


def test_a_list_nobody_gets_done_is_given_up_and_goes_on_where_it_stopped(store: Store, supervisor: Reader) -> None:
    upload, now = importing.upload(store, supervisor, SHEET.encode(), "cases.csv", NOW), NOW
    taking_over.ask(store, supervisor, upload, now)
    for look in (1, 2, 3):
        assert taking_over.due(store, now) == [(upload, look)], "its job's name is another each time"
        now += taking_over.WATCHDOG
    first = taking_over.begin(store, upload)
    assert first is not None
    assert taking_over.take_piece(store, first, 1, now) == 3
    assert taking_over.due(store, now) == [], "somebody is at it"
    for _look in range(4):
        now += taking_over.WATCHDOG
        taking_over.due(store, now)
    shown = importing.preview(store, supervisor, upload, now)
    assert (shown.going, shown.done, shown.applied_at) == (False, 1, None)
    assert taking_over.begin(store, upload) is None
    with pytest.raises(CaseFileError, match="applied_already"):
        importing.drop(store, supervisor, upload, now)
    taking_over.ask(store, supervisor, upload, now)
    assert list(pieces(store, upload, 3)) == [0]
    assert importing.preview(store, supervisor, upload, now).made == 4


def test_every_fault_is_named_by_its_row_and_column_and_nothing_is_taken_over(store: Store, supervisor: Reader) -> None:
    text = "Name;Stage;Phone;Channel;Language;Exit Date;Case manager\n" + "\n".join(
        (
            ";intake;;;;;",
            "A;nonsense;;;;;",
            "B;intake;12;sms;;;",
            "C;exit;;;Klingon;;",
            "D;intake;;;;03/04/2026;",
            "E;intake;604 555 0130;fax;;;nobody@example.org",
            "F;intake;604 555 0131;;;;",
            "G;intake;604 555 0132;sms;;;",
            "H;intake;604 555 0132;sms;;;",
        )
    )
    upload = importing.upload(store, supervisor, text.encode("utf-8-sig"), "cases.csv", NOW)
    shown = importing.preview(store, supervisor, upload, NOW)
    named = {(row.number, fault.column, fault.code) for row in shown.rows for fault in row.faults}
    assert named == {
        (2, "name", "empty"),
        (3, "stage", "unknown"),
        (4, "phone", "no_number"),
        (5, "language", "unknown_language"),
        (5, "exit_date", "exit_needs_date"),
        (6, "exit_date", "no_date"),
        (7, "channel", "unknown"),
        (7, "channel", "empty"),
        (7, "case_manager", "unknown_staff"),
        (8, "channel", "empty"),
        (10, "phone", "twice_in_file"),
    }
    with pytest.raises(CaseFileError, match="has_faults"):
        taking_over.ask(store, supervisor, upload, NOW)
    with store.installation() as session:
        assert session.exec(select(Person)).all() == []
    importing.drop(store, supervisor, upload, NOW)
    with pytest.raises(NotFound):
        importing.preview(store, supervisor, upload, NOW)


def test_a_number_that_is_known_is_found_before_anything_is_written(store: Store, manager: Reader, supervisor: Reader) -> None:
    ways.add_number(store, manager, person(store, manager, "AA-1111"), ChannelKind.SMS, "604 555 0123", "by_phone", NOW)
    upload = importing.upload(store, supervisor, SHEET.encode(), "cases.csv", NOW)
    rows = importing.preview(store, supervisor, upload, NOW).rows
    assert [(row.number, fault.code) for row in rows for fault in row.faults] == [(2, "number_known")]


def test_a_workbook_is_read_as_values_and_nothing_in_it_is_run() -> None:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["name", "stage", "opened_on", "phone", "channel"])
    sheet.append(["=1+1", "intake", local("2026-06-01T00:00"), 6045550140.0, "sms"])
    sheet.append(["Amina", "intake", date(2026, 6, 2), "604 555 0141", "SMS"])
    file = BytesIO()
    book.save(file)
    first, second = read_sheet(file.getvalue(), "cases.xlsx")
    assert first.faults[0].column == "name", "a formula that was never calculated is empty"
    assert first.values["phone"] == "+16045550140"
    assert (second.values["opened_on"], second.values["name"]) == ("2026-06-02", "Amina")


@pytest.mark.parametrize(
    ("data", "name", "code"),
    [
        (b"", "a.csv", "empty"),
        (b"a,b\n1,2\n", "a.csv", "no_header"),
        (b"name,stage,name\n1,2,3\n", "a.csv", "column_twice"),
        (b"name,stage\n", "a.csv", "empty"),
        (b"PK\x03\x04broken", "a.xlsx", "unreadable"),
        (b"name,stage\n" + b"x,intake\n" * 3000, "a.csv", "too_many_rows"),
        (b"x" * 300_000, "a.csv", "too_large"),
        (b"name,stage\n\0,intake\n", "a.csv", "unreadable"),
    ],
)
def test_what_is_no_such_table_says_why(data: bytes, name: str, code: str) -> None:
    with pytest.raises(SheetError) as refused:
        read_sheet(data, name)
    assert refused.value.code == code


@pytest.mark.parametrize(
    ("part", "content", "code"),
    [
        ("xl/worksheets/sheet1.xml", b"<worksheet><sheetData>", "unreadable"),
        ("xl/styles.xml", b"<styleSheet", "unreadable"),
        (
            "xl/worksheets/sheet1.xml",
            b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/hostname">]><worksheet>&e;</worksheet>',
            "unreadable",
        ),
        ("xl/styles.xml", b"<numFmt/>" * 1_000_000, "too_large"),
    ],
    ids=["torn", "torn styles", "entity", "small only while it is packed"],
)
def test_a_workbook_that_was_tampered_with_is_refused(part: str, content: bytes, code: str) -> None:
    whole, changed = BytesIO(), BytesIO()
    Workbook().save(whole)
    with ZipFile(whole) as before, ZipFile(changed, "w", ZIP_DEFLATED) as after:
        for name in before.namelist():
            after.writestr(name, content if name == part else before.read(name))
    with pytest.raises(SheetError) as refused:
        read_sheet(changed.getvalue(), "cases.xlsx")
    assert refused.value.code == code


@given(st.binary(max_size=400))
def test_no_file_whatsoever_makes_reading_fall_over(data: bytes) -> None:
    for name in ("a.csv", "a.xlsx"):
        try:
            rows = read_sheet(b"name,stage\n" + data if name.endswith("csv") else data, name)
        except SheetError:
            continue
        assert all(set(row.values) <= set(COLUMNS) for row in rows)


# --- people known twice -----------------------------------------------------------------------------------------------


def test_two_entries_become_one_and_two_again(store: Store, manager: Reader) -> None:
    kept, other = person(store, manager, "AA-1111", "Almaz Tesfay"), person(store, manager, "BB-2222", "almaz  tesfay")
    ways.add_number(store, manager, other, ChannelKind.SMS, "604 555 0123", "by_phone", NOW)
    both, alone = new.flag(store, manager, other, "new_needs"), new.flag(store, manager, other, "not_well")
    new.flag(store, manager, kept, "new_needs")
    (double,) = merging.doubles(store, manager, kept).found
    assert (double.person_id, double.why) == (other, ("same_name",))
    merge = merging.merge(store, manager, kept, other, NOW)
    with store.installation() as session:
        assert session.exec(select(Conversation.person_id)).one() == kept
        open_flags = {
            (each.person_id, each.reason, each.occurrences) for each in session.exec(select(Flag)) if each.status is FlagStatus.OPEN
        }
        resolved = session.exec(select(Flag.id).where(Flag.status == FlagStatus.RESOLVED)).all()
    assert open_flags == {(kept, "new_needs", 2), (kept, "not_well", 1)}
    assert resolved == [both]
    assert merging.doubles(store, manager, kept).found == ()
    with pytest.raises(CaseFileError, match="merged_already"):
        merging.merge(store, manager, kept, other, NOW)
    merging.undo(store, manager, merge, NOW)
    with store.installation() as session:
        assert session.exec(select(Conversation.person_id)).one() == other
        assert session.exec(select(Flag.person_id).where(Flag.id == alone)).one() == other
    with pytest.raises(CaseFileError, match="undone_already"):
        merging.undo(store, manager, merge, NOW)


def everything_of_cases(store: Store) -> set[tuple[str, ...]]:
    """Every row that belongs to a case, and the cases, as they read; without when something was touched."""
    found = set()
    with store.installation() as session:
        for table in (Case, CaseStep, CaseNeed, PlanGoal, ContactNote, Appointment, FollowUp, StageChange, StaffForm, Referral):
            for row in session.exec(select(table)):
                told = row.model_dump(mode="json", exclude={"revision", "updated_at"})
                found.add((table.__name__, *(f"{name}={told[name]}" for name in sorted(told))))
    return found


@pytest.fixture
def two_cases(store: Store, manager: Reader) -> tuple[UUID, UUID, UUID, UUID]:
    """Two entries with an open case each, in which something of everything has happened: (first, its case, second, its case)."""
    first, second = person(store, manager, "AA-1111"), person(store, manager, "BB-2222")
    made = [intake.begin(store, manager, [each], NOW)[0] for each in (first, second)]
    for n, case in enumerate(made):
        recording.write_step(store, manager, case, Step.MET_CLIENT, NOW.date() - timedelta(days=n), NOW)
        recording.write_needs(store, manager, case, NeedMoment.ENTRY, ["housing", "health"][: n + 1], NOW)
        plan.add_goal(store, manager, case, plan.Goal(domain="housing", goal=f"ገዛ {n}"), NOW)
        at = (NOW.astimezone(BC) + timedelta(days=5 + n)).replace(tzinfo=None, hour=10, minute=0)
        appointments.make(store, manager, case, Meeting(at=at, place="here"), NOW)
    return first, made[0], second, made[1]


def test_of_two_open_cases_one_has_to_be_chosen(store: Store, manager: Reader, two_cases: tuple[UUID, UUID, UUID, UUID]) -> None:
    first, _case, second, _other = two_cases
    before = everything_of_cases(store)
    with pytest.raises(CaseFileError, match="two_open_cases"):
        merging.merge(store, manager, first, second, NOW)
    with pytest.raises(CaseFileError, match="two_open_cases"):
        merging.merge(store, manager, first, second, NOW, goes_on=uuid7())
    assert everything_of_cases(store) == before


@pytest.mark.parametrize("ours", [True, False], ids=["the kept entry's goes on", "the other's goes on"])
def test_two_open_cases_become_one_and_two_again(
    store: Store, manager: Reader, two_cases: tuple[UUID, UUID, UUID, UUID], ours: bool
) -> None:
    first, case, second, other = two_cases
    before = everything_of_cases(store)
    goes_on, goes = (case, other) if ours else (other, case)
    merge = merging.merge(store, manager, first, second, NOW, goes_on=goes_on)
    with store.installation() as session:
        (left,) = session.exec(select(Case))
        assert (left.id, left.person_id) == (goes_on, first)
        assert {each.goal for each in session.exec(select(PlanGoal))} == {"ገዛ 0", "ገዛ 1"}
        steps = [(each.case_id, each.day) for each in session.exec(select(CaseStep)) if each.step is Step.MET_CLIENT]
        assert steps == [(goes_on, NOW.date() - timedelta(days=0 if ours else 1))], "what both have is the one's that goes on"
        planned = [each for each in session.exec(select(FollowUp)) if each.status is FollowUpStatus.SCHEDULED]
        assert {each.case_id for each in planned} == {goes_on}
        assert {each.person_id for each in planned} == {first}
        by_kind = Counter(each.kind for each in planned)
        assert by_kind["entry_survey"] == 1, "nobody is asked twice"
        assert by_kind["appointment_reminder"] == 2, "and reminded of both appointments"
        dropped = [each for each in session.exec(select(FollowUp)) if each.reason == "merged"]
        assert {each.status for each in dropped} == {FollowUpStatus.CANCELLED}
    assert goes not in {each.id for each in merging.open_cases(store, manager, first, second)}
    merging.undo(store, manager, merge, NOW)
    assert everything_of_cases(store) == before


def test_what_was_added_after_two_cases_became_one_stays_where_it_is(
    store: Store, manager: Reader, two_cases: tuple[UUID, UUID, UUID, UUID]
) -> None:
    first, case, second, other = two_cases
    merge = merging.merge(store, manager, first, second, NOW, goes_on=case)
    plan.add_goal(store, manager, case, plan.Goal(domain="legal", goal="A lawyer"), NOW)
    merging.undo(store, manager, merge, NOW)
    with store.installation() as session:
        goals = {(each.case_id, each.goal) for each in session.exec(select(PlanGoal))}
    assert goals == {(case, "ገዛ 0"), (other, "ገዛ 1"), (case, "A lawyer")}


# --- numbers ----------------------------------------------------------------------------------------------------------


def test_a_number_that_changed_hands_leads_nowhere(store: Store, manager: Reader) -> None:
    who = person(store, manager, "AA-1111")
    point = ways.add_number(store, manager, who, ChannelKind.SMS, "604 555 0123", "by_phone", NOW)
    (number,) = ways.numbers(store, manager, who)
    assert (number.shown, number.current) == ("…0123", True)
    assert ways.let_go(store, manager, point, NOW) == who
    hashed = store.keys.lookup(b"address", "+16045550123")
    with store.installation() as session:
        assert session.exec(select(ContactPoint.id).where(ContactPoint.address_hash == hashed)).first() is None
    again = person(store, manager, "BB-2222")
    assert ways.add_number(store, manager, again, ChannelKind.SMS, "+1 604 555 0123", "in_person", NOW) != point


@pytest.mark.parametrize(("typed", "code"), [("12", "no_number"), ("", "no_number"), ("604 555 0199", "number_known")])
def test_a_number_that_cannot_be_used_says_why(store: Store, manager: Reader, typed: str, code: str) -> None:
    ways.add_number(store, manager, person(store, manager, "AA-1111"), ChannelKind.SMS, "604 555 0199", "by_phone", NOW)
    with pytest.raises(CaseFileError) as refused:
        ways.add_number(store, manager, person(store, manager, "BB-2222"), ChannelKind.SMS, typed, "by_phone", NOW)
    assert refused.value.code == code
    with pytest.raises(CaseFileError, match="no_sender"):
        ways.add_number(store, manager, person(store, manager, "CC-3333"), ChannelKind.WHATSAPP, "604 555 0150", "by_phone", NOW)


# --- absences ---------------------------------------------------------------------------------------------------------


def test_a_stand_in_is_there_and_a_caseload_is_handed_over(store: Store, manager: Reader, supervisor: Reader, case: UUID) -> None:
    second = new.staff(store, manager, name="Second")
    intake.assign(store, supervisor, case, manager.staff_id, NOW)
    absences.plan_absence(store, supervisor, manager.staff_id, second.staff_id, MONDAY, MONDAY + timedelta(days=4), NOW)
    (away,) = absences.absences(store, supervisor, NOW)
    assert (away.who, away.stand_in, away.now) == ("Manager", "Second", True)
    stands_in = replace(second, covers=frozenset({manager.staff_id}))  # as signing in finds it out
    assert [line.id for line in open_cases(store, stands_in, NOW, manager_id=second.staff_id).lines] == [case]
    assert open_cases(store, second, NOW + timedelta(days=5), manager_id=second.staff_id).count == 0
    with pytest.raises(CaseFileError, match="away_too"):
        absences.plan_absence(store, supervisor, second.staff_id, manager.staff_id, MONDAY, MONDAY, NOW)
    assert absences.hand_over(store, supervisor, manager.staff_id, second.staff_id, NOW) == 1
    assert case_file(store, second, case, NOW).manager == "Second"
    with pytest.raises(NotFound):
        case_file(store, manager, case, NOW)
    with pytest.raises(Forbidden):
        absences.hand_over(store, manager, second.staff_id, manager.staff_id, NOW)
    absences.end_absence(store, supervisor, away.id, NOW)
    assert absences.absences(store, supervisor, NOW) == ()


def test_an_upload_of_another_agency_does_not_exist(store: Store, supervisor: Reader) -> None:
    upload = importing.upload(store, supervisor, SHEET.encode(), "cases.csv", NOW)
    foreign = new.staff(store, new.agency(store), Role.SUPERVISOR)
    with pytest.raises(NotFound):
        importing.preview(store, foreign, upload, NOW)
