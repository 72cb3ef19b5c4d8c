"""Until when a human should have looked: clocks that run in an agency's office hours only.

Days off are weekends, wherever the office hours leave them out, and the statutory holidays of British Columbia (CCMM report, stages
and clocks: business days). A deadline of hours counts minutes of open office; a deadline of days is the same time of day that many
working days later, or closing time where that day ends earlier. What is raised while the office is closed counts from the next
opening.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from ccmm_bot.followup.quiet_hours import is_holiday

#: Monday to Sunday.
DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

_PART: Final = re.compile(r"(?P<first>[a-z]{3})(?:-(?P<last>[a-z]{3}))? (?P<open>\d\d:\d\d)-(?P<close>\d\d:\d\d)")
_SEARCHED: Final = 60  # days; no office is closed for longer


class OfficeHoursError(ValueError):
    """These are no office hours; the message says what is expected."""

    def __init__(self, text: str) -> None:
        super().__init__(f'"{text}" are no office hours. Write them like this: mon-thu 09:00-17:00, fri 09:00-15:00')


@dataclass(frozen=True, slots=True)
class OfficeHours:
    """From (included) and until (excluded) for each weekday, Monday first; ``None`` where the office is closed all day."""

    days: tuple[tuple[time, time] | None, ...]

    @classmethod
    def parse(cls, text: str) -> OfficeHours:
        """``mon-thu 09:00-17:00, fri 09:00-15:00``. Raises :class:`OfficeHoursError`, also where no day is left."""
        days: list[tuple[time, time] | None] = [None] * len(DAYS)
        for part in text.lower().split(","):
            match = _PART.fullmatch(" ".join(part.split()))
            try:
                if match is None:
                    raise OfficeHoursError(text)
                first, last = DAYS.index(match["first"]), DAYS.index(match["last"] or match["first"])
                hours = (time.fromisoformat(match["open"]), time.fromisoformat(match["close"]))
            except ValueError:
                raise OfficeHoursError(text) from None
            if first > last or hours[0] >= hours[1] or any(days[first : last + 1]):
                raise OfficeHoursError(text)
            days[first : last + 1] = [hours] * (last + 1 - first)
        return cls(tuple(days))

    def on(self, day: date) -> tuple[time, time] | None:
        """The hours of one day; ``None`` on a holiday too."""
        return None if is_holiday(day) else self.days[day.weekday()]


#: What most offices keep, until an agency says otherwise.
USUAL_HOURS: Final = OfficeHours.parse("mon-fri 09:00-17:00")


@dataclass(frozen=True, slots=True, kw_only=True)
class Deadline:
    """How long somebody may take: ``hours`` of open office or whole working ``days``, one of them and not both."""

    hours: int = 0
    days: int = 0

    def __post_init__(self) -> None:
        if (self.hours > 0) == (self.days > 0) or min(self.hours, self.days) < 0:
            raise ValueError("A deadline is a number of office hours or a number of working days.")


def is_open(moment: datetime, office: OfficeHours, zone: ZoneInfo) -> bool:
    """Whether somebody is at work at ``moment`` (aware)."""
    local = moment.astimezone(zone)
    hours = office.on(local.date())
    return hours is not None and hours[0] <= local.time() < hours[1]


def next_open(moment: datetime, office: OfficeHours, zone: ZoneInfo) -> datetime:
    """``moment`` (aware) itself while somebody is at work, else when the office opens next; in UTC."""
    opens, _closes = next(_openings(moment, office, zone))
    return max(opens, moment.astimezone(UTC))


def due(moment: datetime, deadline: Deadline, office: OfficeHours, zone: ZoneInfo) -> datetime:
    """When ``deadline``, counted from ``moment`` (aware), is over; in UTC."""
    return (
        _after_hours(moment, deadline.hours, office, zone) if deadline.hours else _after_days(moment, deadline.days, office, zone)
    )


def _after_hours(moment: datetime, hours: int, office: OfficeHours, zone: ZoneInfo) -> datetime:
    left = timedelta(hours=hours)
    for opens, closes in _openings(moment, office, zone):
        start = max(opens, moment)
        if closes - start >= left:
            return (start + left).astimezone(UTC)
        left -= closes - start
    raise OfficeHoursError("never open")


def _after_days(moment: datetime, days: int, office: OfficeHours, zone: ZoneInfo) -> datetime:
    openings = _openings(moment, office, zone)
    opens, _closes = next(openings)
    at = max(opens, moment).astimezone(zone).time()
    for _passed in range(days - 1):
        next(openings)
    opens, closes = next(openings)
    local = datetime.combine(opens.astimezone(zone).date(), at, tzinfo=zone).astimezone(UTC)
    return min(max(local, opens), closes)


def _openings(moment: datetime, office: OfficeHours, zone: ZoneInfo) -> Iterator[tuple[datetime, datetime]]:
    """When the office opens and closes, in UTC: where ``moment`` falls into office hours that day first, then every later one."""
    day = moment.astimezone(zone).date()
    closed = 0
    while closed < _SEARCHED:
        hours = office.on(day)
        closes = None if hours is None else datetime.combine(day, hours[1], tzinfo=zone).astimezone(UTC)
        if hours is not None and closes is not None and closes > moment:
            closed = 0
            yield datetime.combine(day, hours[0], tzinfo=zone).astimezone(UTC), closes
        else:
            closed += 1
        day += timedelta(days=1)
    raise OfficeHoursError("never open")
