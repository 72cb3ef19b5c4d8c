"""When we may write first.

Monday to Friday 9:00-21:30, Saturday and Sunday 10:00-18:00 in the recipient's time zone, never on a statutory holiday of British
Columbia: the hours of the CRTC's Unsolicited Telecommunications Rules (Part III, section 23), taken over for messages. Answers to
somebody who just wrote are sent at any hour and do not come here.
"""

from __future__ import annotations

import sys
from datetime import UTC, date, datetime, time, timedelta
from functools import cache, lru_cache
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from holidays import HolidayBase

_WEEKDAY: Final = (time(9, 0), time(21, 30))
_WEEKEND: Final = (time(10, 0), time(18, 0))
_SATURDAY: Final = 5


@cache
def _canada() -> type[HolidayBase]:
    """Canada's calendar by itself: the library's own door reads those of every country, 13 MB and some tenths of a second."""
    import holidays

    name = f"{__name__}.canada"
    found = spec_from_file_location(name, Path(holidays.__file__).with_name("countries") / "canada.py")
    if found is None or found.loader is None:
        raise ImportError("the calendar of Canada is not where the library keeps it", name=name)
    module = sys.modules[name] = module_from_spec(found)
    found.loader.exec_module(module)
    calendar: type[HolidayBase] = module.Canada
    return calendar


@lru_cache(maxsize=64)
def _holidays(year: int) -> frozenset[date]:
    return frozenset(_canada()(subdiv="BC", years=year))


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
