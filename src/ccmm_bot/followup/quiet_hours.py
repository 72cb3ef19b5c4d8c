"""When we may write first.

Monday to Friday 9:00-21:30, Saturday and Sunday 10:00-18:00 in the recipient's time zone, never on a statutory holiday of British
Columbia: the hours of the CRTC's Unsolicited Telecommunications Rules (Part III, section 23), taken over for messages. Answers to
somebody who just wrote are sent at any hour and do not come here.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

import holidays

_WEEKDAY: Final = (time(9, 0), time(21, 30))
_WEEKEND: Final = (time(10, 0), time(18, 0))
_SATURDAY: Final = 5


@lru_cache(maxsize=64)
def _holidays(year: int) -> frozenset[date]:
    return frozenset(holidays.country_holidays("CA", subdiv="BC", years=year))


def is_holiday(day: date) -> bool:
    """Whether ``day`` is a statutory holiday in British Columbia, or the day it is observed."""
    return day in _holidays(day.year)


def sending_hours(day: date) -> tuple[time, time] | None:
    """From (included) and until (excluded) on the recipient's clock; ``None`` on a day without any."""
    if is_holiday(day):
        return None
    return _WEEKEND if day.weekday() >= _SATURDAY else _WEEKDAY


def next_allowed(moment: datetime, zone: ZoneInfo) -> datetime:
    """``moment`` (aware) itself when it is inside the sending hours of ``zone``, else the start of the next ones; in UTC."""
    local = moment.astimezone(zone)
    hours = sending_hours(local.date())
    if hours is not None and hours[0] <= local.time() < hours[1]:
        return moment.astimezone(UTC)
    day = local.date()
    if hours is None or local.time() >= hours[1]:
        day += timedelta(days=1)
    while (hours := sending_hours(day)) is None:
        day += timedelta(days=1)
    return datetime.combine(day, hours[0], tzinfo=zone).astimezone(UTC)
