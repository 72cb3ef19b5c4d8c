"""A table of a report: rows of plain values, and the parts that several tables are made of.

A number is ``None`` where there is none, and the row's ``words`` say why. Effects and intervals stand before p.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from ccmm_bot.dialogue.model import ItemType
from ccmm_bot.evaluation import statistics, words
from ccmm_bot.evaluation.disclosure import SMALL
from ccmm_bot.evaluation.results import Interval, Test
from ccmm_bot.evaluation.texts import N_

Row = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """``columns``: key → heading. ``query`` says which answers were taken, so that every number can be found again."""

    key: str
    title: str
    query: str
    columns: Mapping[str, str]
    rows: tuple[Row, ...]

    @property
    def filled(self) -> tuple[str, ...]:
        """The columns in which anything stands."""
        return tuple(name for name in self.columns if any(row.get(name) not in (None, "") for row in self.rows))


_TEST: Final = {
    "difference": N_("Difference"),
    "low": N_("95 % from"),
    "high": N_("to"),
    "se": N_("SE"),
    "size": N_("Effect"),
    "size_low": N_("95 % from"),
    "size_high": N_("to"),
    "effect": N_("Effect is"),
    "test": N_("Test"),
    "statistic": N_("Statistic"),
    "p": N_("p"),
    "p_holm": N_("p, Holm"),
    "p_bh": N_("p, Benjamini–Hochberg"),
    "words": N_("Remarks"),
}


#: How a row compares.
COMPARED: Final = {"pairs": N_("the same people"), "groups": N_("everybody"), "ranks": N_("ranks")}


def columns_of(kind: ItemType, groups: Sequence[str]) -> dict[str, str]:
    """The columns of a comparison of two groups or moments."""
    numbers_of = {"mean": "M", "sd": "SD"} if kind is ItemType.SCALE else {"count": N_("yes"), "share": "%"}
    made = {"item": N_("Item")}
    for n, group in enumerate(groups):
        made |= {f"n{n}": f"{group}: n", **{f"{name}{n}": f"{group}: {label}" for name, label in numbers_of.items()}}
    return made | {"compared": N_("Compared"), "n_pairs": "n", **_TEST}


def summaries(kind: ItemType, groups: Sequence[Any]) -> Row:
    """n, M and SD, or n and how many say yes, of each group."""
    made: Row = {}
    for n, values in enumerate(groups):
        if kind is ItemType.SCALE:
            found = statistics.describe(values)
            made |= {f"n{n}": found.n, f"mean{n}": found.mean, f"sd{n}": found.sd}
        else:
            some = statistics.share(int(np.sum(values)), len(values))
            made |= {f"n{n}": some.n, f"count{n}": some.count, f"share{n}": some.share}
    return made


def shares(groups: Sequence[Any]) -> Test:
    """Two groups of yes (1) and no (0)."""
    first, second = groups
    return statistics.compare_shares(int(np.sum(first)), len(first), int(np.sum(second)), len(second))


def said(test: Test) -> Row:
    """The columns of a test."""
    remarks = [words.REMARKS[each] for each in test.remarks] + ([words.TROUBLES[test.trouble]] if test.trouble else [])
    return {
        "n_pairs": sum(test.n),
        "difference": test.difference,
        **_ends("", test.interval),
        "se": test.se,
        "size": test.size,
        **_ends("size_", test.size_interval),
        "effect": words.EFFECTS[test.effect],
        "test": words.TESTS[test.name],
        "statistic": test.statistic,
        "p": test.p,
        "words": "; ".join(remarks),
    }


def _ends(prefix: str, interval: Interval | None) -> Row:
    return {f"{prefix}low": interval and interval.low, f"{prefix}high": interval and interval.high}


def rows_of(rows: Sequence[Row]) -> tuple[Row, ...]:
    """Small groups hidden; then Holm and Benjamini–Hochberg among the rows that compare in the same way."""
    kept = [_hidden(row) if any(0 < row[name] < SMALL for name in ("n0", "n1", "n_pairs") if name in row) else row for row in rows]
    for way in {row["compared"] for row in kept}:
        same = [row for row in kept if row["compared"] == way]
        ps = [row["p"] for row in same]
        for row, holm, bh in zip(same, statistics.corrected(ps, "holm"), statistics.corrected(ps, "fdr_bh"), strict=True):
            row["p_holm"], row["p_bh"] = holm, bh
    return tuple(kept)


def _hidden(row: Row) -> Row:
    return {name: value if name in ("item", "compared") else None for name, value in row.items()} | {"words": words.HIDDEN}
