"""What a statistic says: effect and interval first, p last, and a word instead of a number where there is none."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum
from typing import SupportsFloat

__all__ = ["Interval", "Remark", "Share", "Summary", "Test", "Trouble", "finite"]


class Trouble(StrEnum):
    """Why there is no result."""

    NO_DATA = "no_data"  # nobody answered
    EMPTY_GROUP = "empty_group"  # nobody in one of the two groups answered
    TOO_FEW = "too_few"  # one respondent, or one who changed: nothing varies
    CONSTANT = "constant"  # everybody answered the same
    NO_CHANGE = "no_change"  # nobody changed the answer
    SAME_CHANGE = "same_change"  # everybody's answer changed by the same amount


class Remark(StrEnum):
    """What a reader has to know about how a p was found."""

    SMALL_EXPECTED = "small_expected"  # an expected count below 5: Fisher's exact test
    FEW_DISCORDANT = "few_discordant"  # fewer than 25 changed: McNemar's exact test
    NOT_NORMAL = "not_normal"  # few and not normally distributed: a permutation test
    EXACT_RANKS = "exact_ranks"  # few: the ranks' exact distribution


@dataclass(frozen=True, slots=True)
class Interval:
    """A 95 % confidence interval."""

    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """Numbers in short. ``mean`` from one answer on, ``sd`` (n − 1) from two."""

    n: int
    mean: float | None
    sd: float | None
    interval: Interval | None  # of the mean, by t


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """How many of how many; the interval is Wilson's."""

    count: int
    n: int
    share: float | None
    interval: Interval | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Test:
    """One comparison. ``difference`` is second minus first, or after minus before, in the units of what was compared."""

    __test__ = False  # not pytest's

    name: str  # which test gave ``p``
    n: tuple[int, ...]  # pairs, or the two groups
    difference: float | None = None
    interval: Interval | None = None  # of the difference
    se: float | None = None  # of the difference
    effect: str = ""  # what ``size`` is: d, phi, odds_ratio, rank_biserial, superiority
    size: float | None = None
    size_interval: Interval | None = None
    statistic: float | None = None
    p: float | None = None
    trouble: Trouble | None = None
    remarks: tuple[Remark, ...] = ()


def finite(number: SupportsFloat) -> float | None:
    """A float, or ``None`` for what is none: not a number, or without end."""
    value = float(number)
    return value if math.isfinite(value) else None
