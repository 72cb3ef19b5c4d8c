"""On which day something is due.

The 3-month follow-up is due three calendar months after the exit date (CCMM report §2, stage "follow-up"), on the calendar of the
agency's time zone. A day the later month does not have becomes its last one: 30 November → 28 February, 29 in a leap year.
"""

from __future__ import annotations

import calendar
from datetime import date
from typing import Final

#: From exit to follow-up (CCMM report §2).
FOLLOW_UP_MONTHS: Final = 3

#: Between check-ins during service (IRCC framework: quarterly).
CHECK_IN_MONTHS: Final = 3

#: Active case management lasts 12 to 18 months (CCMM report §2): there are at most so many check-ins before the exit.
CHECK_INS: Final = 6


def add_months(day: date, months: int) -> date:
    """The same day ``months`` calendar months later, or the last day of that month where it has none such."""
    index = day.year * 12 + day.month - 1 + months
    year, month = divmod(index, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def follow_up_day(exit_date: date) -> date:
    """When the 3-month follow-up of a case is due."""
    return add_months(exit_date, FOLLOW_UP_MONTHS)


def check_in_days(start: date, until: date | None = None) -> tuple[date, ...]:
    """When the quarterly check-ins of a case are due that began on ``start``: each counted from the start, none at or after
    ``until``."""
    days = (add_months(start, CHECK_IN_MONTHS * n) for n in range(1, CHECK_INS + 1))
    return tuple(day for day in days if until is None or day < until)
