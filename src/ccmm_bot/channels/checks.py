"""What setting a channel up found out, one line each, with what to do about it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """How it stands."""

    OK = "OK"
    BY_HAND = "TO DO"  # works without, or cannot be seen from here; a person has to do it
    PROBLEM = "PROBLEM"  # messages do not get through like this


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One thing that was looked at. ``fix`` says what to do; empty where nothing is to be done."""

    name: str
    level: Level
    says: str
    fix: str = ""

    def __str__(self) -> str:
        return f"{self.level.value:<8}{self.name}: {self.says}" + (f"\n        {self.fix}" if self.fix else "")


def ok(name: str, says: str) -> Check:
    """As it should be."""
    return Check(name=name, level=Level.OK, says=says)


def by_hand(name: str, says: str, fix: str) -> Check:
    """A person should do something."""
    return Check(name=name, level=Level.BY_HAND, says=says, fix=fix)


def problem(name: str, says: str, fix: str) -> Check:
    """It cannot work like this."""
    return Check(name=name, level=Level.PROBLEM, says=says, fix=fix)


def all_well(checks: Iterable[Check]) -> bool:
    """Whether none of them is a problem."""
    return all(check.level is not Level.PROBLEM for check in checks)
