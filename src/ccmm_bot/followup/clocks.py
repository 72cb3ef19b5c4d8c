"""The clocks of a case: what has to have happened by which day (CCMM report §2, tasks and clocks).

Days are working days: weekends and the statutory holidays of British Columbia are left out. Months are calendar months.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from functools import lru_cache
from types import MappingProxyType
from typing import Final
from zoneinfo import ZoneInfo

from ccmm_bot.followup.dates import add_months
from ccmm_bot.followup.deadlines import USUAL_HOURS, Deadline, OfficeHours, due


class Whose(StrEnum):
    """Who has to do it."""

    CASE_MANAGER = "case_manager"
    SUPERVISOR = "supervisor"


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """``stop`` has to happen within ``days`` working days of ``start``; both are steps of a case."""

    name: str
    start: str
    stop: str
    days: int
    whose: Whose


#: In the order of a case.
CLOCKS: Final = (
    Clock(name="documentation", start="met_client", stop="documentation", days=2, whose=Whose.CASE_MANAGER),
    Clock(name="review", start="documentation", stop="reviewed", days=2, whose=Whose.SUPERVISOR),
    Clock(name="assignment", start="documentation", stop="assigned", days=2, whose=Whose.SUPERVISOR),
    Clock(name="first_meeting", start="assigned", stop="first_meeting", days=5, whose=Whose.CASE_MANAGER),
    Clock(name="plan", start="assigned", stop="plan_submitted", days=15, whose=Whose.CASE_MANAGER),
    Clock(name="plan_approval", start="plan_submitted", stop="plan_approved", days=5, whose=Whose.SUPERVISOR),
)

#: "Meet the client at least monthly or document why not."
MONTHLY_CONTACT: Final = "monthly_contact"
#: "Exit meeting at least 1 month before the planned end."
EXIT_MEETING: Final = "exit_meeting"
#: "CM completes the agency and case-manager questionnaire" at exit.
QUESTIONNAIRE: Final = "questionnaire"

NAMES: Final = (*(clock.name for clock in CLOCKS), MONTHLY_CONTACT, EXIT_MEETING, QUESTIONNAIRE)
WHOSE: Final = MappingProxyType(
    {clock.name: clock.whose for clock in CLOCKS}
    | dict.fromkeys((MONTHLY_CONTACT, EXIT_MEETING, QUESTIONNAIRE), Whose.CASE_MANAGER)
)


class State(StrEnum):
    """How a clock stands."""

    KEPT = "kept"  # done in time
    LATE = "late"  # done, but after its day
    RUNNING = "running"
    OVERDUE = "overdue"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One clock of one case."""

    name: str
    whose: Whose
    due: date
    done: date | None
    state: State


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """What the clocks of a case go by; every day is a day of the agency's calendar."""

    steps: Mapping[str, date]
    last_contact: date | None = None  # or the day on which it was written down why there was none
    monitored: bool = False  # in implementation and monitoring
    planned_end: date | None = None
    exit_date: date | None = None
    questionnaire: date | None = None


@lru_cache(maxsize=4096)  # a list of a thousand cases asks for the same days again and again
def working_day(start: date, days: int, zone: ZoneInfo, office: OfficeHours = USUAL_HOURS) -> date:
    """The day ``days`` working days after ``start``; a start on a day off counts from the next working day."""
    moment = datetime(start.year, start.month, start.day, tzinfo=zone)
    return due(moment, Deadline(days=days), office, zone).astimezone(zone).date()


def read(course: Course, today: date, zone: ZoneInfo, office: OfficeHours = USUAL_HOURS) -> tuple[Reading, ...]:
    """Every clock that has started, in the order of a case."""
    found: list[Reading] = []
    for clock in CLOCKS:
        start = course.steps.get(clock.start)
        if start is not None:
            found.append(_reading(clock.name, working_day(start, clock.days, zone, office), course.steps.get(clock.stop), today))
    since = max(filter(None, (course.last_contact, course.steps.get("first_meeting"), course.steps.get("assigned"))), default=None)
    if course.monitored and course.exit_date is None and since is not None:
        found.append(_reading(MONTHLY_CONTACT, add_months(since, 1), None, today))
    end = course.planned_end or course.exit_date
    if end is not None:
        found.append(_reading(EXIT_MEETING, add_months(end, -1), course.steps.get("exit_meeting"), today))
    if course.exit_date is not None and course.exit_date <= today:
        found.append(_reading(QUESTIONNAIRE, course.exit_date, course.questionnaire, today))
    return tuple(found)


def _reading(name: str, day: date, done: date | None, today: date) -> Reading:
    in_time, too_late = (State.KEPT, State.LATE) if done is not None else (State.RUNNING, State.OVERDUE)
    return Reading(name=name, whose=WHOSE[name], due=day, done=done, state=in_time if (done or today) <= day else too_late)
