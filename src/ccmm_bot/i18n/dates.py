"""Reading a date, and refusing to guess one.

Canada writes 3/4/2026 both ways; Iran and Afghanistan count Solar Hijri years (now 1405); the Ethiopian calendar's years are seven
or eight behind ours and written with the same digits. What could be two days is asked again, in the form the prompt shows.
"""

from __future__ import annotations

import re
from datetime import date
from functools import cache

from babel.dates import get_month_names

from ccmm_bot.i18n import ethiopic
from ccmm_bot.i18n.languages import language as known
from ccmm_bot.i18n.normalise import fold, words
from ccmm_bot.i18n.vocabulary import chain

#: Nobody alive was born before, and no plan reaches beyond; Solar and lunar Hijri years (13xx, 14xx) lie outside.
EARLIEST, LATEST = 1900, 2100

_YEAR_FIRST = re.compile(r"(\d{4})\s*[-/.\s]\s*(\d{1,2})\s*[-/.\s]\s*(\d{1,2})\s*[.!]?")
_YEAR_LAST = re.compile(r"(\d{1,2})\s*[-/.\s]\s*(\d{1,2})\s*[-/.\s]\s*(\d{4})\s*[.!]?")
_TOGETHER = re.compile(r"(\d{4})(\d{2})(\d{2})")
_DASHES = str.maketrans("‐‑‒–—−", "------")
_ORDINAL = re.compile(r"(?<=\d)(st|nd|rd|th|er|e)\b")

#: Dates in these languages' own calendar are written day first with the year last: only the year-first form is ours for certain.
_OTHER_CALENDAR_DAY_FIRST = frozenset({"ti", "am"})
#: CLDR's names of our months are also names of months in the Ethiopian calendar.
_MONTH_NAMES_OF_TWO_CALENDARS = frozenset({"ti"})
#: Besides the catalogue's own locale: the Levant and Iraq name the months otherwise than Egypt and the Gulf.
_MORE_LOCALES = {"ar": ("ar_SY", "ar_IQ", "ar_EG", "ar_MA", "ar_DZ")}


def read_date(text: str, language: str | None) -> str | None:
    """The ISO date ``text`` is, or ``None`` where it is none or could be more than one."""
    if ethiopic.RUN.search(text):
        return None
    # One blank for several: the patterns would try every way to share a long row of them out.
    written = " ".join(fold(text, language).translate(_DASHES).split())
    if match := _YEAR_FIRST.fullmatch(written) or _TOGETHER.fullmatch(written):
        return _iso(int(match[1]), int(match[2]), int(match[3]))
    if match := _YEAR_LAST.fullmatch(written):
        return None if language in _OTHER_CALENDAR_DAY_FIRST else _day_or_month_first(int(match[1]), int(match[2]), int(match[3]))
    return _with_month_name(written, language)


def _iso(year: int, month: int, day: int) -> str | None:
    if not EARLIEST <= year <= LATEST:
        return None
    try:
        return date(year, month, day).isoformat()
    except ValueError:
        return None


def _day_or_month_first(first: int, second: int, year: int) -> str | None:
    readings = {found for found in (_iso(year, second, first), _iso(year, first, second)) if found is not None}
    return readings.pop() if len(readings) == 1 else None


def _with_month_name(written: str, language: str | None) -> str | None:
    parts = words(_ORDINAL.sub("", written), language).split()
    numbers = [part for part in parts if part.isdecimal()]
    names = " ".join(part for part in parts if not part.isdecimal() and part not in ("de", "del", "of"))
    month = _months(language).get(names)
    if month is None or len(numbers) != 2:
        return None
    days = [int(number) for number in numbers if len(number) <= 2]
    years = [int(number) for number in numbers if len(number) == 4]
    return _iso(years[0], month, days[0]) if len(days) == len(years) == 1 else None


@cache
def _months(language: str | None) -> dict[str, int]:
    """Folded month name → 1 to 12, in the language and in English and French."""
    found: dict[str, int] = {}
    for tag in chain(language):
        if tag in _MONTH_NAMES_OF_TWO_CALENDARS:
            continue
        for locale in (known(tag).catalogue, *_MORE_LOCALES.get(tag, ())):
            for width in ("wide", "abbreviated"):
                for context in ("format", "stand-alone"):
                    for number, name in get_month_names(width, context, locale).items():
                        folded = words(name, language)
                        if folded and not folded.isdecimal():
                            found.setdefault(folded, number)
    return found
