"""What a form is made of. Names and option ids are canonical: they are stored and exported; labels are for staff."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from ccmm_bot.casework.access.policy import Permission


class FieldType(StrEnum):
    """How a field is answered."""

    CHOICE = "choice"
    CHOICES = "choices"
    SCALE = "scale"  # 1 to 5
    PERCENT = "percent"  # 0 to 100
    NUMBER = "number"
    YES_NO = "yes_no"
    TEXT = "text"
    DATE = "date"


class Subject(StrEnum):
    """What a form is about."""

    CASE = "case"
    STAFF = "staff"
    AGENCY = "agency"


class Period(StrEnum):
    """How often a form is filled in about the same subject."""

    ONCE = "once"
    MONTH = "month"
    QUARTER = "quarter"
    HALF_YEAR = "half_year"


_EMPTY: Final[Mapping[str, str]] = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One question. Every one may be left open until the form is handed in, and then the ``required`` ones may not."""

    name: str
    type: FieldType
    label: str
    options: Mapping[str, str] = field(default_factory=lambda: _EMPTY)  # id → label
    hint: str = ""
    most: int = 1000  # of a number
    required: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """Fields under one heading."""

    title: str
    fields: tuple[Field, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """One form in one version."""

    name: str
    version: int
    title: str
    about: str
    subject: Subject
    period: Period
    writes: Permission
    sections: tuple[Section, ...]

    @property
    def fields(self) -> tuple[Field, ...]:
        """All of them, in order."""
        return tuple(each for section in self.sections for each in section.fields)


def period_of(period: Period, day: date) -> str:
    """How the period that ``day`` lies in is written: "2026-11", "2026-Q4", "2026-H2"."""
    match period:
        case Period.ONCE:
            return ""
        case Period.MONTH:
            return f"{day.year}-{day.month:02}"
        case Period.QUARTER:
            return f"{day.year}-Q{(day.month - 1) // 3 + 1}"
        case Period.HALF_YEAR:
            return f"{day.year}-H{1 if day.month <= 6 else 2}"
