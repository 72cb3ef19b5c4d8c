"""Response quality and adherence: counted from what happened, and hidden where few."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlmodel import select

from ccmm_bot.evaluation import words
from ccmm_bot.evaluation.adherence import adherence_table
from ccmm_bot.evaluation.dataset import Selection
from ccmm_bot.evaluation.disclosure import SMALL
from ccmm_bot.evaluation.instruments import ENTRY, EXIT, FOLLOW_UP, Instrument
from ccmm_bot.evaluation.quality import drop_off, filling_in, quality_tables
from ccmm_bot.evaluation.reach import STEPS, reach, reach_tables
from ccmm_bot.evaluation.synthetic import Plan, synthetic
from ccmm_bot.store.session import Store
from ccmm_bot.store.tables import (
    Case,
    CaseStep,
    ContactMethod,
    ContactNote,
    DialogueRun,
    FollowUp,
    FollowUpStatus,
    Role,
    StaffForm,
    Step,
)
from tests import new
from tests.evaluation.filling import NOW, fill


def test_where_people_leave_is_the_last_question_they_saw(defined: tuple[Instrument, ...]) -> None:
    data = synthetic(Plan(people=400, reached={ENTRY: 1, EXIT: 0, FOLLOW_UP: 0}, partial=0.3), defined)
    rows = drop_off(data).rows
    assert rows[0]["n"] == 400
    left = sum(row["left"] or 0 for row in rows)
    assert left == (data.runs["outcome"] == "partial").sum()
    shown = [row["n"] for row in rows if row["n"] is not None]
    assert shown == sorted(shown, reverse=True)


def test_whoever_chose_the_same_point_each_time_is_counted(defined: tuple[Instrument, ...]) -> None:
    data = synthetic(Plan(people=100, reached={ENTRY: 1, EXIT: 0, FOLLOW_UP: 0}, skipped=0, partial=0), defined)
    responses = data.responses.copy()
    responses["value"] = responses["value"].astype("object")
    lazy = set(data.runs["run"][:50])
    responses.loc[responses["run"].isin(lazy) & (responses["type"] == "scale"), "value"] = "3"
    runs = data.runs.copy()
    runs["channel"] = "sms"
    (row,) = filling_in(replace(data, responses=responses, runs=runs), "channel").rows
    assert 0.5 <= row["straight_share"] <= 0.56
    assert (row["n"], row["completed_share"], row["usable_share"]) == (100, 1.0, 1.0)
    assert 3 <= row["minutes"] <= 30


@pytest.mark.parametrize("people", [0, 1, 30])
def test_quality_has_words_for_few(defined: tuple[Instrument, ...], people: int) -> None:
    for table in quality_tables(synthetic(Plan(people=people), defined)):
        for row in table.rows:
            assert row["n"] is None or row["n"] >= SMALL
            assert all(value == value for value in row.values())


def test_the_funnel_counts_everybody_who_was_invited(store: Store, defined: tuple[Instrument, ...]) -> None:
    agency = new.agency(store)
    data = synthetic(Plan(people=40, reached={ENTRY: 0, EXIT: 0.5, FOLLOW_UP: 0}, skipped=0, partial=0.3), defined)
    fill(store, agency, data, consent=False)
    with store.writing(agency) as session:
        cases = {row.person_id: row for row in session.exec(select(Case))}
        runs = {row.person_id: row for row in session.exec(select(DialogueRun))}
        for person, case in cases.items():
            assert person is not None
            row = FollowUp(
                agency_id=agency,
                case_id=case.id,
                person_id=person,
                kind="exit_survey",
                due_at=NOW - timedelta(days=200),
                status=FollowUpStatus.ANSWERED if person in runs else FollowUpStatus.UNREACHABLE,
            )
            session.add(row)
            session.flush()
            if person in runs:
                runs[person].follow_up_id = row.id
                session.add(runs[person])
    found_in_store = reach(store, [agency], defined, NOW)
    tables = {table.key: table for table in reach_tables(found_in_store)}
    (found,) = tables["reach"].rows
    started = len(data.runs)
    assert (found["invited"], found["reached"], found["started"]) == (40, started, started)
    assert found["completed"] == (data.runs["outcome"] == "completed").sum()
    assert found["usable"] <= started
    for each in (row for table in tables.values() for row in table.rows):
        assert not [n for name, n in each.items() if name in (*STEPS, "n", "of") and n is not None and 0 < n < SMALL]
    soon = {row["answered"]: row["n"] for row in tables["timeliness"].rows}
    assert soon["not answered"] == 40 - started
    assert sum(n or 0 for n in soon.values()) <= 40
    nobody = {table.key: table for table in reach_tables(found_in_store, Selection(since=NOW.date() + timedelta(days=9)))}
    assert set(nobody) == {"reach", "timeliness"}
    assert nobody["reach"].rows == ()


def test_adherence_is_measured_beside_what_the_agency_says(store: Store, defined: tuple[Instrument, ...]) -> None:
    agency = new.agency(store)
    fill(store, agency, synthetic(Plan(people=20, reached={ENTRY: 0.5, EXIT: 0.5, FOLLOW_UP: 0}), defined))
    staff = new.staff(store, agency, Role.SUPERVISOR)
    monday = date(2026, 11, 23)
    with store.writing(agency) as session:
        for n, case in enumerate(session.exec(select(Case)).all()):
            days = {Step.ASSIGNED: monday, Step.FIRST_MEETING: monday + timedelta(days=3 if n < 15 else 30)}
            for step, day in days.items():
                session.add(
                    CaseStep(agency_id=agency, case_id=case.id, step=step, day=day, recorded_at=NOW, staff_id=staff.staff_id)
                )
            case.exit_date = date(2027, 3, 1)
            session.add(case)
            for month in (1, 2):  # of the months from 26 November to 1 March (three), or from 23 December (two)
                session.add(
                    ContactNote(
                        agency_id=agency,
                        case_id=case.id,
                        day=date(2027, month, 5),
                        method=ContactMethod.PHONE,
                        written_at=NOW,
                        staff_id=staff.staff_id,
                    )
                )
        session.add(
            StaffForm(
                agency_id=agency,
                form="adherence",
                version=1,
                subject_kind="agency",
                subject_id=agency,
                period="2027-H1",
                answers={"adherence_assessment_planning": 90, "collaboration": 40},
                staff_id=staff.staff_id,
                started_at=NOW,
                updated_at=NOW,
                submitted_at=datetime(2027, 6, 1, tzinfo=UTC),
            )
        )
    rows = {row["task"]: row for row in adherence_table(store, [agency], NOW).rows}
    meeting = rows["First meeting within 5 days"]
    assert (meeting["n"], meeting["kept"], meeting["share"], meeting["said"]) == (20, 15, 0.75, 90)
    monthly = rows["Months with a contact, or why there was none"]
    assert (monthly["n"], monthly["kept"]) == (15 * 3 + 5 * 2, 15 * 2 + 5 * 2)
    assert rows["Documentation within 2 days"]["n"] == 0
    assert rows["Exit survey answered"]["n"] == 20
    assert words.HIDDEN not in {row["words"] for row in rows.values()}
    assert (rows["Collaboration between agencies"]["n"], rows["Collaboration between agencies"]["said"]) == (0, 40)

    period = Selection(since=date(2026, 11, 1), until=date(2026, 12, 10))
    early = {row["task"]: row for row in adherence_table(store, [agency], NOW, period).rows}
    assert (early["First meeting within 5 days"]["n"], early["First meeting within 5 days"]["said"]) == (20, None)
    assert early["Exit survey answered"]["n"] == 0
    later = {row["task"]: row for row in adherence_table(store, [agency], NOW, Selection(since=date(2027, 1, 1))).rows}
    assert (later["First meeting within 5 days"]["n"], later["First meeting within 5 days"]["said"]) == (0, 90)
    assert adherence_table(store, [agency], NOW, Selection(agencies=("Another",))).rows == ()
