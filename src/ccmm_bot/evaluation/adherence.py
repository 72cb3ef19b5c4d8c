"""Adherence to the model (CCMM report §2, tasks and clocks): measured from the case files, beside what agencies say."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
from sqlmodel import Session, col, select

from ccmm_bot.casework.casefile.common import calendar_of
from ccmm_bot.casework.forms.definitions import ADHERENCE
from ccmm_bot.dialogue.model import Outcome
from ccmm_bot.evaluation import words
from ccmm_bot.evaluation.agencies import names_of
from ccmm_bot.evaluation.dataset import Selection
from ccmm_bot.evaluation.disclosure import SMALL
from ccmm_bot.evaluation.instruments import ENTRY, EXIT
from ccmm_bot.evaluation.parts import whole_parcels
from ccmm_bot.evaluation.table import Row, Table
from ccmm_bot.evaluation.texts import N_
from ccmm_bot.followup.clocks import CLOCKS, EXIT_MEETING, Course, State, read
from ccmm_bot.followup.dates import add_months
from ccmm_bot.followup.deadlines import OfficeHours
from ccmm_bot.followup.kinds import FOLLOW_UP
from ccmm_bot.store.session import Store
from ccmm_bot.store.tables import Case, CaseStep, ContactNote, DialogueRun, FollowUp, FollowUpStatus, Person, StaffForm

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
    "collaboration": (N_("Collaboration between agencies"), "collaboration"),  # only the agency can say
}
_DECIDED: Final = {State.KEPT: True, State.LATE: False, State.OVERDUE: False}
_CLOCKS: Final = frozenset({*(clock.name for clock in CLOCKS), EXIT_MEETING})
_ANSWERED: Final = frozenset({FollowUpStatus.ANSWERED, FollowUpStatus.PARTLY_ANSWERED})


def adherence_table(store: Store, agencies: Sequence[UUID], now: datetime, selection: Selection | None = None) -> Table:
    """By agency and task: of how many cases (months, for the monthly contact) it is decided, and of how many it was kept.

    Of a period: what had to be done in it, and the agency's forms about it.
    """
    chosen = selection or Selection()
    rows: list[Row] = []
    names = names_of(store, agencies)
    for agency in agencies:
        name = names[agency]
        if chosen.agencies and name not in chosen.agencies:
            continue
        with store.reading(agency) as session:
            said = _said(session, chosen)
            measured = _measured(session, now)
        for key, (label, stage) in MEASURES.items():
            kept, n = _within(measured.get(key, ()), chosen)
            secret = 0 < n < SMALL
            rows.append(
                {
                    "agency": name,
                    "task": label,
                    "n": None if secret else n,
                    "kept": None if secret else kept,
                    "share": None if secret or not n else kept / n,
                    "said": said.get(stage),
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


def _within(decided: Sequence[tuple[date, bool]], chosen: Selection) -> tuple[int, int]:
    """(kept, of how many) of what had to be done in the period: in whole parcels of ten, so that periods cannot be subtracted."""
    if chosen.since is None and chosen.until is None:
        return sum(kept for _, kept in decided), len(decided)
    days = np.array([(day - date(1970, 1, 1)).days for day, _ in decided], dtype=np.int64)
    of_period = Selection(since=chosen.since, until=chosen.until)
    inside = whole_parcels(pd.DataFrame({"agency": ""}, index=range(len(days))), days, np.ones((len(days), 1), np.int64), of_period)
    kept = np.array([kept for _, kept in decided], dtype=bool)
    return int(kept[inside].sum()), int(inside.sum())


def _said(session: Session, chosen: Selection) -> dict[str, int]:
    """Stage → what the agency's latest form says, among those handed in and about a half-year that touches the period."""
    wanted: Any = select(StaffForm.period, StaffForm.answers)
    found: dict[str, int] = {}
    for period, answers in session.exec(
        wanted.where(StaffForm.form == ADHERENCE.name, col(StaffForm.submitted_at).is_not(None)).order_by(col(StaffForm.period))
    ):
        year, _, half = period.partition("-H")
        first = date(int(year), 1 if half == "1" else 7, 1)
        last = date(int(year), 6, 30) if half == "1" else date(int(year), 12, 31)
        if (chosen.until is None or first <= chosen.until) and (chosen.since is None or last >= chosen.since):
            found = {name.removeprefix("adherence_"): value for name, value in (answers or {}).items() if isinstance(value, int)}
    return found


def _measured(session: Session, now: datetime) -> dict[str, list[tuple[date, bool]]]:
    """Task → (the day by which it had to be done, whether it was) of everything that is decided today."""
    zone, office = calendar_of(session)
    today = now.astimezone(zone).date()
    steps: dict[UUID, dict[str, date]] = {}
    each_step: Any = (CaseStep.case_id, CaseStep.step, CaseStep.day)
    for case_id, step, day in session.exec(select(*each_step)):
        steps.setdefault(case_id, {})[step.value] = day
    contacts: dict[UUID, list[date]] = {}
    days: Any = (ContactNote.case_id, ContactNote.day)
    for case_id, day in session.exec(select(*days)):
        contacts.setdefault(case_id, []).append(day)
    told, answered = _runs(session)
    members: dict[UUID, set[UUID]] = {}
    for person, household in session.exec(select(Person.id, Person.household_id).where(col(Person.household_id).is_not(None))):
        members.setdefault(household or person, set()).add(person)
    found: dict[str, list[tuple[date, bool]]] = {name: [] for name in MEASURES}
    columns: Any = (Case.id, Case.person_id, Case.household_id, Case.opened_at, Case.planned_end, Case.exit_date)
    for case_id, person_id, household_id, opened_at, planned_end, exit_date in session.exec(select(*columns)):
        people = {person_id} if person_id else members.get(household_id, set())
        known = steps.get(case_id, {})
        found["pre_intake"].append((opened_at.astimezone(zone).date(), bool(people & told)))
        course = Course(steps=known, planned_end=planned_end, exit_date=exit_date)
        for name, day, kept in _clocks(course, today, zone, office):
            found[name].append((day, kept))
        if "plan_submitted" in known:
            found["entry_survey"].append((known["plan_submitted"], bool(people & answered[ENTRY])))
        if exit_date is not None and exit_date <= today:
            found["exit_survey"].append((exit_date, bool(people & answered[EXIT])))
        found["monthly_contact"] += _months(exit_date, known, contacts.get(case_id, []), today)
    wanted: Any = select(FollowUp.status, FollowUp.due_at).where(FollowUp.kind == FOLLOW_UP, FollowUp.due_at <= now)
    found["follow_up"] = [
        (due_at.astimezone(zone).date(), status in _ANSWERED)
        for status, due_at in session.exec(wanted)
        if status is not FollowUpStatus.CANCELLED
    ]
    return found


def _clocks(course: Course, today: date, zone: ZoneInfo, office: OfficeHours) -> Iterator[tuple[str, date, bool]]:
    for each in read(course, today, zone, office) if course.steps or course.exit_date or course.planned_end else ():
        if each.name in _CLOCKS and each.state in _DECIDED:
            yield each.name, each.due, _DECIDED[each.state]


def _months(exit_date: date | None, steps: Mapping[str, date], contacts: Sequence[date], today: date) -> list[tuple[date, bool]]:
    """One entry for each full month from the first meeting to the end."""
    start = steps.get("first_meeting")
    end = min(exit_date or today, today)
    kept: list[tuple[date, bool]] = []
    month = 1
    while start is not None and (until := add_months(start, month)) <= end and month <= 60:
        since = add_months(start, month - 1)
        kept.append((until, any(since <= day <= until for day in contacts)))
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
