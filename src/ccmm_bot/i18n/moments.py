"""Writing a day or a moment as people of a language write it, in the agency's time zone."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_time

from ccmm_bot.i18n.languages import Script, language

#: Spaces that do not break ("11:00 AM" has one) are no letters of GSM 03.38: one of them makes an SMS twice as long.
_PLAIN = str.maketrans("\u00a0\u202f", "  ")
#: "3 o'clock in the afternoon" is said of another hour where the day is counted from sunrise, as in Ethiopia and Eritrea, and
#: CLDR's Tigrinya names of our months are names of months in the Ethiopian calendar too. What could be two moments is written as
#: phones in Canada show it, and the date in the form in which we ask for one.
_CLOCK_OF_TWO_COUNTS = frozenset({Script.ETHIOPIC})
_MONTHS_OF_TWO_CALENDARS = frozenset({"ti"})

_COMMAS = {Script.ARABIC: "، ", Script.ETHIOPIC: "፣ "}


def day(at: datetime, zone: ZoneInfo, tag: str) -> str:
    """``Mar 2, 2026``. ``at`` is aware."""
    on = at.astimezone(zone).date()
    if tag in _MONTHS_OF_TWO_CALENDARS:
        return on.isoformat()
    return format_date(on, format="medium", locale=language(tag).catalogue).translate(_PLAIN)


def moment(at: datetime, zone: ZoneInfo, tag: str) -> str:
    """``Monday, March 2, 2026, 10:00 a.m.``: with the day of the week, which people go by. ``at`` is aware."""
    local = at.astimezone(zone)
    entry = language(tag)
    comma = _COMMAS.get(entry.script, ", ")
    if tag in _MONTHS_OF_TWO_CALENDARS:
        on = format_date(local.date(), format="EEEE", locale=entry.catalogue) + comma + local.date().isoformat()
    else:
        on = format_date(local.date(), format="full", locale=entry.catalogue)
    at_time = format_time(local.time(), format="short", locale="en" if entry.script in _CLOCK_OF_TWO_COUNTS else entry.catalogue)
    return (on + comma + at_time).translate(_PLAIN)
