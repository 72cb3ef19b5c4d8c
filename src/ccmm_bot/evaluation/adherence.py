"""Adherence to the model (CCMM report §2, tasks and clocks): measured from the case files, beside what agencies say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlmodel import Session, col, select

from ccmm_bot.casework.casefile.common import calendar_of
from ccmm_bot.casework.forms.definitions import ADHERENCE
from ccmm_bot.dialogue.model import Outcome
from ccmm_bot.evaluation import words
from ccmm_bot.evaluation.disclosure import SMALL
from ccmm_bot.evaluation.instruments import ENTRY, EXIT
from ccmm_bot.evaluation.table import Row, Table
from ccmm_bot.evaluation.texts import N_
from ccmm_bot.followup.clocks import CLOCKS, EXIT_MEETING, Course, State, read
from ccmm_bot.followup.dates import add_months
from ccmm_bot.followup.deadlines import OfficeHours
from ccmm_bot.store.session import Store
from ccmm_bot.store.tables import Agency, Case, CaseStep, ContactNote, DialogueRun, FollowUp, FollowUpStatus, Person, StaffForm

#: What is measured → its name, and the stage of the agency's own form it belongs to.
MEASURES: Final[Mapping[str, tuple[str, str]]] = {
    "pre_intake": (N_("Pre-intake information received"), "pre_intake"),
    "documentation": (N_("Documentation within 2 days"), "intake"),
    "review": (N_("Review within 2 days"), "intake"),
    "assignment": (N_("Assigned within 2 days"), "intake"),
    "first_meeting": (N_("First meeting within 5 days"), "assessment_planning"),
    "plan": (N_("Plan within 15 days"), "assessment_planning"),
    "plan_approval": (N_("Plan approved within 5 days"), "assessment_planning"),
    "entry_survey": (N_("Entry survey answered"), "assessment_planning"),
    "monthly_contact": (N_("Months with a contact, or why there was none"), "implementation_monitoring"),
    EXIT_MEETING: (N_("Exit meeting a month before the end"), "exit"),
    "exit_survey": (N_("Exit survey answered"), "exit"),
    "follow_up": (N_("Follow-up after 3 months answered"), "follow_up"),
}
_DECIDED: Final = {State.KEPT: 1, State.LATE: 0, State.OVERDUE: 0}
_ANSWERED: Final = frozenset({FollowUpStatus.ANSWERED, FollowUpStatus.PARTLY_ANSWERED})


def adherence_table(store: Store, agencies: Sequence[UUID], now: datetime) -> Table:
    """By agency and task: of how many cases (months, for the monthly contact) it is decided, and of how many it was kept."""
    rows: list[Row] = []
    for agency in agencies:
        with store.reading(agency) as session:
            name = session.exec(select(Agency.name)).one()
            said = _said(session)
            for key, (kept, n) in _measured(session, now).items():
                label, stage = MEASURES[key]
                secret = 0 < n < SMALL
                rows.append(
                    {
                        "agency": name,
                        "task": label,
                        "n": None if secret else n,
                        "kept": None if secret else kept,
                        "share": None if secret or not n else kept / n,
                        "said": said.get(f"adherence_{stage}"),
                        "words": words.HIDDEN if secret else "",
                    }
                )
    return Table(
        key="adherence",
        title=N_("Adherence to the model"),
        query="case_step, contact_note, dialogue_run, follow_up: tasks whose day has come; the agency's latest form",
        columns={
            "agency": N_("Agency"),
            "task": N_("Task"),
            "n": "n",
            "kept": N_("Kept"),
            "share": "%",
            "said": N_("The agency says of this stage (%)"),
            "words": N_("Remarks"),
        },
        rows=tuple(rows),
    )


def _said(session: Session) -> dict[str, int]:
    """The agency's latest form that was handed in."""
    form = session.exec(
        select(StaffForm)
        .where(StaffForm.form == ADHERENCE.name, col(StaffForm.submitted_at).is_not(None))
        .order_by(col(StaffForm.period).desc())
    ).first()
    return {} if form is None else {name: value for name, value in (form.answers or {}).items() if isinstance(value, int)}


def _measured(session: Session, now: datetime) -> dict[str, tuple[int, int]]:
    zone, office = calendar_of(session)
    today = now.astimezone(zone).date()
    cases = session.exec(select(Case)).all()
    steps: dict[UUID, dict[str, date]] = {}
    for each in session.exec(select(CaseStep)):
        steps.setdefault(each.case_id, {})[each.step.value] = each.day
    contacts: dict[UUID, list[date]] = {}
    days: Any = (ContactNote.case_id, ContactNote.day)
    for case_id, day in session.exec(select(*days)):
        contacts.setdefault(case_id, []).append(day)
    told, answered = _runs(session)
    members: dict[UUID, set[UUID]] = {}
    for person, household in session.exec(select(Person.id, Person.household_id).where(col(Person.household_id).is_not(None))):
        members.setdefault(household or person, set()).add(person)
    counted: dict[str, list[int]] = {name: [] for name in MEASURES}
    for case in cases:
        people = {case.person_id} if case.person_id else members.get(case.household_id, set()) if case.household_id else set()
        known = steps.get(case.id, {})
        counted["pre_intake"].append(int(bool(people & told)))
        for name, kept in _clocks(case, known, today, zone, office).items():
            counted[name].append(kept)
        if "plan_submitted" in known:
            counted["entry_survey"].append(int(bool(people & answered[ENTRY])))
        if case.exit_date is not None and case.exit_date <= today:
            counted["exit_survey"].append(int(bool(people & answered[EXIT])))
        counted["monthly_contact"] += _months(case, known, contacts.get(case.id, []), today)
    wanted: Any = select(FollowUp.status).where(FollowUp.kind == "follow_up_3_month", FollowUp.due_at <= now)
    counted["follow_up"] = [int(status in _ANSWERED) for status in session.exec(wanted) if status is not FollowUpStatus.CANCELLED]
    return {name: (sum(each), len(each)) for name, each in counted.items()}


def _clocks(case: Case, steps: Mapping[str, date], today: date, zone: ZoneInfo, office: OfficeHours) -> dict[str, int]:
    course = Course(steps=steps, planned_end=case.planned_end, exit_date=case.exit_date)
    names = {*(clock.name for clock in CLOCKS), EXIT_MEETING}
    return {
        each.name: _DECIDED[each.state]
        for each in read(course, today, zone, office)
        if each.name in names and each.state in _DECIDED
    }


def _months(case: Case, steps: Mapping[str, date], contacts: Sequence[date], today: date) -> list[int]:
    """One entry for each full month from the first meeting to the end."""
    start = steps.get("first_meeting")
    end = min(case.exit_date or today, today)
    kept: list[int] = []
    month = 1
    while start is not None and (until := add_months(start, month)) <= end and month <= 60:
        since = add_months(start, month - 1)
        kept.append(int(any(since <= day <= until for day in contacts)))
        month += 1
    return kept


def _runs(session: Session) -> tuple[set[UUID], dict[str, set[UUID]]]:
    """Who received the pre-intake information to its end, and who answered which survey."""
    told = set(
        session.exec(
            select(DialogueRun.person_id).where(DialogueRun.dialogue_id == "pre_intake", DialogueRun.outcome == Outcome.COMPLETED)
        )
    )
    answered: dict[str, set[UUID]] = {ENTRY: set(), EXIT: set()}
    for person, instrument in session.exec(
        select(DialogueRun.person_id, DialogueRun.instrument).where(
            col(DialogueRun.instrument).in_(answered), col(DialogueRun.outcome).in_((Outcome.COMPLETED, Outcome.PARTIAL))
        )
    ):
        answered[instrument or ENTRY].add(person)
    return told, answered
