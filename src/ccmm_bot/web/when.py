"""Instants as staff read them: British Columbia's time, weekday and month in letters, so that no date is ambiguous."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

from babel.dates import format_date, format_datetime

from ccmm_bot.clock import BC

_PATTERN = "EEE d MMM y, HH:mm '(BC)'"
#: As the Government of Canada writes hours in French ("14 h 05").
_FRENCH_PATTERN = "EEE d MMM y, HH 'h' mm '(C.-B.)'"
_DAY_PATTERN = "EEE d MMM y"
_MINUTE, _HOUR, _DAY = 60, 3600, 86_400


def aware(moment: datetime) -> datetime:
    """The instant in UTC. What a database gives back without a zone was stored in UTC."""
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def bc_time(moment: datetime, locale: str = "en") -> str:
    """``Mon 23 Nov 2026, 14:05 (BC)``; in French ``lun. 23 nov. 2026, 14 h 05 (C.-B.)``."""
    pattern = _FRENCH_PATTERN if locale.startswith("fr") else _PATTERN
    return format_datetime(aware(moment), pattern, tzinfo=BC, locale=locale)


def bc_day(day: date, locale: str = "en") -> str:
    """``Mon 23 Nov 2026``: a day of the calendar, as it was written down."""
    return format_date(day, _DAY_PATTERN, locale=locale)


def local(moment: datetime) -> str:
    """For the value of a ``datetime-local`` input: BC's time, to the minute, without a zone."""
    return aware(moment).astimezone(BC).replace(tzinfo=None).isoformat(timespec="minutes")


def iso(moment: datetime) -> str:
    """For the ``datetime`` attribute of a ``<time>`` element."""
    return aware(moment).isoformat(timespec="seconds")


def ago(moment: datetime, now: datetime, translate: Callable[[str], str] = str) -> str:
    """How long ago, coarsely: it changes at most once a minute, so that a page that watches for changes stays calm."""
    passed = max(aware(now) - aware(moment), timedelta())
    seconds = int(passed.total_seconds())
    if seconds < _MINUTE:
        return translate("just now")
    if seconds < _HOUR:
        return translate("{n} min ago").format(n=seconds // _MINUTE)
    if seconds < 2 * _DAY:
        return translate("{n} h ago").format(n=seconds // _HOUR)
    return translate("{n} days ago").format(n=seconds // _DAY)
