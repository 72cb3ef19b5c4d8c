"""Ethiopic numerals, which add and multiply instead of standing in places: ፲፪ is 12, ፪፻፶ is 250."""

from __future__ import annotations

import re
import unicodedata

RUN = re.compile("[\u1369-\u137c]+")

#: More signs are no number anybody writes, and one of thousands of digits is more than Python turns into text.
_LONGEST = 12

_UPTO_99 = "[፲-፺]?[፩-፱]?"
_WELL_FORMED = re.compile(f"(?:(?:{_UPTO_99}፻)?{_UPTO_99}፼)*(?:{_UPTO_99}፻)?{_UPTO_99}")


def value(run: str) -> int | None:
    """The number a run of Ethiopic numerals means; ``None`` where it is not one well-formed number (፪፫: two numbers)."""
    if not 0 < len(run) <= _LONGEST or not _WELL_FORMED.fullmatch(run):
        return None
    total = group = part = 0
    for char in run:
        worth = int(unicodedata.numeric(char))
        if worth == 10_000:
            total = (total + (group + part or (0 if total else 1))) * 10_000
            group = part = 0
        elif worth == 100:
            group, part = group + (part or 1) * 100, 0
        else:
            part += worth
    return total + group + part


def to_ascii(text: str) -> str:
    """``text`` with every Ethiopic number in ASCII digits; a run that is several numbers becomes several, apart."""
    return RUN.sub(_replace, text)


def _replace(match: re.Match[str]) -> str:
    whole = value(match[0])
    if whole is not None:
        return str(whole)
    return " " + " ".join(str(int(unicodedata.numeric(char))) for char in match[0]) + " "
