"""The case file: from a request for intake to an audited, closed case (CCMM report §2, §3)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest
from sqlmodel import select

from ccmm_bot.casework.access.policy import Forbidden, NotFound, Reader
from ccmm_bot.casework.casefile import cases, file_audits, intake, plan, recording, supervision
from ccmm_bot.casework.casefile.common import CaseFileError
from ccmm_bot.casework.casefile.criteria import DOMAINS
from ccmm_bot.casework.casefile.reading import case_file
from ccmm_bot.casework.forms.filling import keep, opened
from ccmm_bot.casework.seen import Changed
from ccmm_bot.followup.clocks import State
from ccmm_bot.store.session import Store
from ccmm_bot.store.tables import (
    Audit,
    ContactMethod,
    GoalStatus,
    NeedIntensity,
    NeedMoment,
    Role,
    Ruling,
    Stage,
    Step,
)
from tests import new

NOW = datetime(2026, 11, 23, 19, tzinfo=UTC)  # a Monday, 12:00 in Vancouver
MONDAY = date(2026, 11, 23)


@pytest.fixture
def manager(store: Store) -> Reader:
    return new.staff(store, new.agency(store), Role.CASE_MANAGER, "Manager", languages=["ti"])


@pytest.fixture
def supervisor(store: Store, manager: Reader) -> Reader:
    return new.staff(store, manager, Role.SUPERVISOR, "Supervisor")


def person(store: Store, reader: Reader, code: str) -> UUID:
    return new.person(store, reader, code, language="ti")


@pytest.fixture
def case(store: Store, manager: Reader) -> UUID:
    (made,) = intake.begin(store, manager, [person(store, manager, "AA-1111")], NOW)
    return made


def revision(store: Store, reader: Reader, case_id: UUID) -> int:
    return case_file(store, reader, case_id, NOW).revision


def test_a_request_for_intake_becomes_a_household_with_one_case_and_leaves_the_queue(store: Store, manager: Reader) -> None:
    first, second = person(store, manager, "AA-1111"), person(store, manager, "BB-2222")
    new.flag(store, manager, first, "intake_request")
    assert [each.code for each in intake.requests(store, manager)] == ["AA-1111"]
    (made,) = intake.begin(store, manager, [first, second], NOW, label="Family", rationale="One home, one purse")
    assert intake.requests(store, manager) == ()
    page = case_file(store, manager, made, NOW)
    assert [member.code for member in page.household] == ["AA-1111", "BB-2222"]
    assert (page.person.code if page.person else "", page.stage, page.rationale) == ("AA-1111", Stage.INTAKE, "One home, one purse")
    assert {each.kind for each in page.follow_ups} == {"quarterly_check_in", "entry_survey"}


def test_a_family_needs_a_written_reason_for_how_it_is_served(store: Store, manager: Reader) -> None:
    two = [person(store, manager, "AA-1111"), person(store, manager, "BB-2222")]
    with pytest.raises(CaseFileError) as missing:
        intake.begin(store, manager, two, NOW)
    assert (missing.value.field, missing.value.code) == ("rationale", "empty")
    assert len(intake.begin(store, manager, two, NOW, together=False, rationale="Two separate lives")) == 2
    with pytest.raises(CaseFileError) as again:
        intake.begin(store, manager, two[:1], NOW)
    assert again.value.code == "open_case"


def test_every_case_of_a_household_goes_to_one_case_manager(store: Store, manager: Reader, supervisor: Reader) -> None:
    two = [person(store, manager, "AA-1111"), person(store, manager, "BB-2222")]
    first, second = intake.begin(store, manager, two, NOW, together=False, rationale="Two separate lives")
    assert intake.assign(store, supervisor, first, manager.staff_id, NOW) == 2
    page = case_file(store, manager, second, NOW)
    assert (page.manager, page.stage, page.steps[Step.ASSIGNED]) == ("Manager", Stage.ASSESSMENT_PLANNING, MONDAY)
    auditor = new.staff(store, manager, Role.AUDITOR, "Auditor")
    with pytest.raises(CaseFileError, match="no_case_manager"):
        intake.assign(store, supervisor, first, auditor.staff_id, NOW)


def test_four_domains_and_a_criterion_are_the_rule_and_the_exception_needs_a_reason(
    store: Store, manager: Reader, supervisor: Reader, case: UUID
) -> None:
    recording.write_needs(store, manager, case, NeedMoment.ENTRY, ["housing", "health", "legal", "other"], NOW)
    page = case_file(store, manager, case, NOW)
    assert (page.eligibility.domains, page.eligibility.suggests) == (3, False), "other does not count"
    with pytest.raises(CaseFileError) as missing:
        intake.decide(store, supervisor, case, Ruling.APPROVED, NOW, seen=page.revision)
    assert missing.value.field == "reason"
    recording.write_needs(store, manager, case, NeedMoment.ENTRY, DOMAINS[:4], NOW)
    recording.write_criteria(store, manager, case, ["caregiver"], NOW)
    assert case_file(store, manager, case, NOW).eligibility.suggests
    intake.decide(store, supervisor, case, Ruling.APPROVED, NOW, seen=page.revision)
    ruled = case_file(store, manager, case, NOW).latest("intake")
    assert ruled is not None
    assert (ruled.ruling, ruled.domains, ruled.criteria, ruled.by) == (Ruling.APPROVED, 4, 1, "Supervisor")


def test_the_clocks_run_in_working_days_from_the_days_that_were_written_down(
    store: Store, manager: Reader, supervisor: Reader, case: UUID
) -> None:
    recording.write_step(store, manager, case, Step.MET_CLIENT, date(2026, 11, 20), NOW)  # a Friday
    clocks = {each.name: each for each in case_file(store, manager, case, NOW).clocks}
    assert (clocks["documentation"].due, clocks["documentation"].state) == (date(2026, 11, 24), State.RUNNING)
    later = NOW + timedelta(days=3)
    clocks = {each.name: each for each in case_file(store, manager, case, later).clocks}
    assert clocks["documentation"].state is State.OVERDUE
    recording.write_step(store, manager, case, Step.DOCUMENTATION, date(2026, 11, 26), later)
    clocks = {each.name: each for each in case_file(store, manager, case, later).clocks}
    assert clocks["documentation"].state is State.LATE
    assert (clocks["review"].due, clocks["assignment"].due) == (date(2026, 11, 30), date(2026, 11, 30))
    line = next(each for each in supervision.open_cases(store, supervisor, later + timedelta(days=7)).lines if each.id == case)
    assert {each.name for each in line.overdue} == {"review", "assignment"}


def test_a_month_without_contact_is_overdue_unless_it_says_why(
    store: Store, manager: Reader, supervisor: Reader, case: UUID
) -> None:
    intake.assign(store, supervisor, case, manager.staff_id, NOW)
    seen = revision(store, manager, case)
    recording.change_stage(store, manager, case, Stage.IMPLEMENTATION_MONITORING, NOW, seen=seen)
    later = datetime(2027, 1, 4, 20, tzinfo=UTC)

    def monthly() -> State:
        return next(each.state for each in case_file(store, manager, case, later).clocks if each.name == "monthly_contact")

    assert monthly() is State.OVERDUE
    contact = recording.Contact(day=date(2027, 1, 4), method=ContactMethod.PHONE, reached=False)
    with pytest.raises(CaseFileError) as silent:
        recording.write_contact(store, manager, case, contact, later)
    assert silent.value.field == "note"
    recording.write_contact(store, manager, case, replace(contact, note="Three calls, no answer"), later)
    assert monthly() is State.RUNNING


def test_what_cannot_be_meant_is_refused_field_by_field(store: Store, manager: Reader, case: UUID) -> None:
    seen = revision(store, manager, case)
    bad: list[tuple[str, Callable[[], object]]] = [
        ("day", lambda: recording.write_step(store, manager, case, Step.MET_CLIENT, date(2026, 11, 24), NOW)),
        ("day", lambda: recording.write_step(store, manager, case, Step.MET_CLIENT, date(1026, 11, 24), NOW)),
        ("step", lambda: recording.write_step(store, manager, case, Step.ASSIGNED, MONDAY, NOW)),
        ("stage", lambda: recording.change_stage(store, manager, case, Stage.EXIT, NOW, seen=seen)),
        ("domains", lambda: recording.write_needs(store, manager, case, NeedMoment.ENTRY, ["nonsense"], NOW)),
        ("criteria", lambda: recording.write_criteria(store, manager, case, ["nonsense"], NOW)),
        ("goal", lambda: plan.add_goal(store, manager, case, plan.Goal(domain="housing", goal=" "), NOW)),
        ("domain", lambda: plan.add_goal(store, manager, case, plan.Goal(domain="x", goal="y"), NOW)),
        ("goal", lambda: plan.submit(store, manager, case, NOW)),
        (
            "planned_end",
            lambda: recording.write_facts(
                store,
                manager,
                case,
                recording.Facts(need_intensity=None, planned_end=date(2026, 1, 1), rationale=""),
                NOW,
                seen=seen,
            ),
        ),
    ]
    for field, attempt in bad:
        with pytest.raises(CaseFileError) as refused:
            attempt()
        assert refused.value.field == field
    assert revision(store, manager, case) == seen, "nothing was kept"


def test_two_people_editing_a_goal_notice_each_other(store: Store, manager: Reader, supervisor: Reader, case: UUID) -> None:
    goal = plan.add_goal(store, manager, case, plan.Goal(domain="housing", goal="A home of our own"), NOW)
    plan.change_goal(store, supervisor, goal, plan.Goal(domain="housing", goal="A safe home", status=GoalStatus.MET), NOW, seen=1)
    with pytest.raises(Changed):
        plan.change_goal(store, manager, goal, plan.Goal(domain="housing", goal="Mine"), NOW, seen=1)
    (there,) = case_file(store, manager, case, NOW).goals
    assert (there.goal, there.status, there.revision) == ("A safe home", GoalStatus.MET, 2)


def test_a_plan_is_handed_in_and_approved_and_only_by_a_supervisor(
    store: Store, manager: Reader, supervisor: Reader, case: UUID
) -> None:
    plan.add_goal(store, manager, case, plan.Goal(domain="housing", goal="A home"), NOW)
    plan.submit(store, manager, case, NOW)
    assert [line.id for line in supervision.supervision(store, supervisor, NOW).to_approve.lines] == [case]
    seen = revision(store, manager, case)
    with pytest.raises(Forbidden):
        intake.decide_plan(store, manager, case, Ruling.APPROVED, NOW, seen=seen)
    with pytest.raises(CaseFileError, match="reason"):
        intake.decide_plan(store, supervisor, case, Ruling.SENT_BACK, NOW, seen=seen)
    intake.decide_plan(store, supervisor, case, Ruling.APPROVED, NOW, seen=seen)
    assert supervision.supervision(store, supervisor, NOW).to_approve.count == 0


def test_a_load_counts_high_needs_against_twenty_and_low_ones_against_fifty(
    store: Store, manager: Reader, supervisor: Reader
) -> None:
    for n, intensity in enumerate((NeedIntensity.HIGH, NeedIntensity.LOW, None)):
        (made,) = intake.begin(store, manager, [person(store, manager, f"AA-000{n}")], NOW)
        intake.assign(store, supervisor, made, manager.staff_id, NOW)
        facts = recording.Facts(need_intensity=intensity, planned_end=None, rationale="")
        recording.write_facts(store, manager, made, facts, NOW, seen=revision(store, manager, made))
    load = next(each for each in supervision.loads(store, supervisor) if each.name == "Manager")
    assert (load.high, load.low, load.unknown, load.languages) == (1, 1, 1, ("ti",))
    assert load.share == pytest.approx(2 / 20 + 1 / 50)


def test_a_form_resumes_keeps_what_is_wrong_apart_and_is_handed_in_when_complete(store: Store, manager: Reader, case: UUID) -> None:
    typed = {"household_size": ["five"], "interpreter_used": ["yes"], "country_of_origin": ["Eritrea"]}
    kept = keep(store, manager, "case_questionnaire", case, "", typed, NOW, seen=0)
    assert kept.problems == {"household_size": "unreadable"}
    again = opened(store, manager, "case_questionnaire", case, NOW)
    assert again.answers == {"interpreter_used": "yes", "country_of_origin": "Eritrea"}
    refused = keep(store, manager, "case_questionnaire", case, "", {**typed, "household_size": ["5"]}, NOW, seen=1, submit=True)
    assert refused.submitted_at is None
    assert refused.problems["exit_reason"] == "empty"
    assert "home_visit_reason" not in refused.problems, "what is optional may stay empty"
    with pytest.raises(Changed):
        keep(store, manager, "case_questionnaire", case, "", typed, NOW, seen=1)
    full = {
        field.name: [next(iter(field.options), "1")] for field in again.form.fields if field.type.value in ("choice", "number")
    } | {"interpreter_used": ["no"]}
    assert keep(store, manager, "case_questionnaire", case, "", full, NOW, seen=2, submit=True).submitted_at == NOW


def test_a_staff_survey_is_ones_own(store: Store, manager: Reader, supervisor: Reader) -> None:
    keep(store, manager, "staff_survey", manager.staff_id, "2026-H2", {"comfort": ["4"]}, NOW, seen=0)
    with pytest.raises(NotFound):
        opened(store, supervisor, "staff_survey", manager.staff_id, NOW, "2026-H2")


def test_one_in_five_closed_cases_is_drawn_by_chance_and_never_twice(store: Store, manager: Reader, supervisor: Reader) -> None:
    closed = []
    for n in range(11):
        (made,) = intake.begin(store, manager, [person(store, manager, f"AA-{n:04}")], NOW)
        cases.set_exit_date(store, manager, made, MONDAY - timedelta(days=1), NOW)
        closed.append(made)
    assert file_audits.draw(store, supervisor, NOW) == 3
    drawn = [line.case_id for line in file_audits.audits(store, supervisor)]
    assert len(set(drawn)) == 3
    assert set(drawn) <= set(closed)
    with pytest.raises(CaseFileError, match="nothing_to_draw"):
        file_audits.draw(store, supervisor, NOW)
    with pytest.raises(Forbidden):
        file_audits.draw(store, manager, NOW)


def test_nothing_of_a_case_exists_for_another_agency_and_everything_done_is_audited(
    store: Store, manager: Reader, case: UUID
) -> None:
    foreign = new.staff(store, new.agency(store), Role.SUPERVISOR)
    for attempt in (
        lambda: case_file(store, foreign, case, NOW),
        lambda: recording.write_needs(store, foreign, case, NeedMoment.ENTRY, [], NOW),
        lambda: intake.decide(store, foreign, case, Ruling.APPROVED, NOW, seen=1),
        lambda: opened(store, foreign, "case_questionnaire", case, NOW),
    ):
        with pytest.raises(NotFound):
            attempt()
    contact = recording.Contact(day=MONDAY, method=ContactMethod.HOME_VISIT, note="secret words")
    recording.write_contact(store, manager, case, contact, NOW)
    with store.installation() as session:
        entries = session.exec(select(Audit).where(Audit.subject_id == case)).all()
    assert {entry.action for entry in entries} == {"case.opened", "case.contact"}
    assert "secret" not in str([entry.detail for entry in entries])
