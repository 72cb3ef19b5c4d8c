"""Writing a day or a moment as people of a language write it, in the agency's time zone."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_time

from ccmm_bot.i18n.languages import language


def day(at: datetime, zone: ZoneInfo, tag: str) -> str:
    """``Mar 2, 2026``. ``at`` is aware."""
    return format_date(at.astimezone(zone).date(), format="medium", locale=language(tag).catalogue)


def moment(at: datetime, zone: ZoneInfo, tag: str) -> str:
    """``Monday, March 2, 2026, 10:00 a.m.``: with the day of the week, which people go by. ``at`` is aware."""
    local = at.astimezone(zone)
    locale = language(tag).catalogue
    return f"{format_date(local.date(), format='full', locale=locale)}, {format_time(local.time(), format='short', locale=locale)}"
