"""How many SMS segments a text takes: 160 or 153 septets in the GSM 7-bit alphabet, 70 or 67 units in UCS-2 (3GPP TS 23.038)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

_GSM = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_GSM_EXTENSION = frozenset("\f^{}\\[~]|€")  # each takes an escape septet as well


class Encoding(StrEnum):
    """How a text travels."""

    GSM_7 = "GSM-7"
    UCS_2 = "UCS-2"


@dataclass(frozen=True, slots=True, kw_only=True)
class Segments:
    """What a text costs: ``units`` are septets (GSM-7) or 16-bit code units (UCS-2), ``count`` the segments that are billed."""

    encoding: Encoding
    count: int
    units: int


def segments(text: str) -> Segments:
    """Count the segments of a finished text. A character that takes two units is never split between segments."""
    if all(char in _GSM or char in _GSM_EXTENSION for char in text):
        return _count(Encoding.GSM_7, [2 if char in _GSM_EXTENSION else 1 for char in text], single=160, part=153)
    return _count(Encoding.UCS_2, [2 if char > "\uffff" else 1 for char in text], single=70, part=67)


def _count(encoding: Encoding, sizes: list[int], *, single: int, part: int) -> Segments:
    units = sum(sizes)
    if units <= single:
        return Segments(encoding=encoding, count=1, units=units)
    count, room = 1, part
    for size in sizes:
        if size > room:
            count, room = count + 1, part
        room -= size
    return Segments(encoding=encoding, count=count, units=units)
