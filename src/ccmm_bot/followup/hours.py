"""At which moment of the day something we start goes out: inside the sending hours, inside the hours the person called safe, and
not everybody at once.

The sending hours are those of :mod:`ccmm_bot.followup.quiet_hours`. Safe hours narrow them: a person may have told us that somebody
else holds the phone in the evening.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from ccmm_bot.followup.quiet_hours import sending_hours

#: How far to look for an hour that is allowed. The longest closure of a year is four days.
_LOOK: Final = 21
#: Nobody is written to in the last minutes: the reminder of a slow network would come too late.
_LAST: Final = timedelta(minutes=30)


@dataclass(frozen=True, slots=True)
class SafeHours:
    """From (included) and until (excluded) on the person's clock. They may go over midnight: from 22:00 until 2:00."""

    start: time
    end: time


def safe_hours(start: int | None, end: int | None) -> SafeHours | None:
    """From minutes after midnight, as a contact point keeps them; ``None`` where it keeps none."""
    if start is None or end is None:
        return None
    return SafeHours(time(*divmod(start % 1440, 60)), time(*divmod(end % 1440, 60)))


def windows(
    day: date, zone: ZoneInfo, safe: SafeHours | None = None, office: SafeHours | None = None
) -> list[tuple[datetime, datetime]]:
    """When we may write on ``day``, as instants in UTC; empty on a holiday and where the safe hours leave nothing.

    ``office``: what the agency narrows the sending hours to; it does not go over midnight.
    """
    hours = sending_hours(day)
    if hours is None:
        return []
    if office is not None:
        hours = (max(hours[0], office.start), min(hours[1], office.end))
    spans = [hours]
    if safe is not None:
        parts = [(safe.start, safe.end)]
        if safe.start >= safe.end:
            parts = [(safe.start, time.max), (time.min, safe.end)]
        spans = [(max(hours[0], start), min(hours[1], end)) for start, end in sorted(parts)]
    made = [(_instant(day, start, zone), _instant(day, end, zone)) for start, end in spans if start < end]
    return [(start, end) for start, end in made if start < end]


def _instant(day: date, at: time, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, at, tzinfo=zone).astimezone(UTC)


def next_moment(
    moment: datetime, zone: ZoneInfo, safe: SafeHours | None = None, office: SafeHours | None = None
) -> datetime | None:
    """``moment`` (aware) itself when we may write then, else the start of the next allowed time, in UTC.

    ``None`` when the safe hours leave no time at all.
    """
    day = moment.astimezone(zone).date()
    for n in range(_LOOK):
        for start, end in windows(day + timedelta(days=n), zone, safe, office):
            if moment < end:
                return max(start, moment.astimezone(UTC))
    return None


def moment_on(day: date, zone: ZoneInfo, key: str) -> datetime:
    """The moment on ``day``, or on the next day we may write, that belongs to ``key``: the same every time, and spread evenly."""
    days = (windows(day + timedelta(days=n), zone) for n in range(_LOOK))
    return _inside(next(found[0] for found in days if found), key)


def moment_after(moment: datetime, zone: ZoneInfo, key: str, safe: SafeHours | None = None) -> datetime | None:
    """For what could not go out when it was due: ``moment`` itself where we may write then, else spread over the next hours."""
    allowed = next_moment(moment, zone, safe)
    if allowed is None or allowed <= moment:
        return allowed
    day = allowed.astimezone(zone).date()
    window = next(pair for pair in windows(day, zone, safe) if pair[0] <= allowed < pair[1])
    return _inside((max(window[0], allowed), window[1]), key)


def _inside(window: tuple[datetime, datetime], key: str) -> datetime:
    start, end = window
    length = end - start
    usable = length - _LAST if length > 2 * _LAST else length / 2
    share = int.from_bytes(hashlib.sha256(key.encode()).digest()[:8]) / 2**64
    return (start + usable * share).replace(microsecond=0)
