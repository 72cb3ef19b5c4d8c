"""Writing a day or a moment as people of a language write it, in the agency's time zone."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_time

from ccmm_bot.i18n.languages import Script, language

#: Spaces that do not break ("11:00 AM" has one) are no letters of GSM 03.38: one of them makes an SMS twice as long.
_PLAIN = str.maketrans("\u00a0\u202f", "  ")
_COMMAS = {Script.ARABIC: "، ", Script.ETHIOPIC: "፣ "}


def day(at: datetime, zone: ZoneInfo, tag: str) -> str:
    """``Mar 2, 2026``. ``at`` is aware."""
    return format_date(at.astimezone(zone).date(), format="medium", locale=language(tag).catalogue).translate(_PLAIN)


def moment(at: datetime, zone: ZoneInfo, tag: str) -> str:
    """``Monday, March 2, 2026, 10:00 a.m.``: with the day of the week, which people go by. ``at`` is aware."""
    local = at.astimezone(zone)
    entry = language(tag)
    on = format_date(local.date(), format="full", locale=entry.catalogue)
    at_time = format_time(local.time(), format="short", locale=entry.catalogue)
    return (on + _COMMAS.get(entry.script, ", ") + at_time).translate(_PLAIN)
