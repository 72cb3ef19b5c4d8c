"""Whether completing a survey depends on its channel and its language: one logistic regression on both for each survey.

The others are compared with the level that most people used. Nothing is said of fewer than ten people: such levels are one
("the others"), and where that is small too, the smallest of the rest goes with it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import pandas as pd
from scipy import stats
from statsmodels.genmod.families import Binomial
from statsmodels.genmod.generalized_linear_model import GLM

from ccmm_bot.evaluation import words
from ccmm_bot.evaluation.dataset import Dataset
from ccmm_bot.evaluation.disclosure import SMALL
from ccmm_bot.evaluation.instruments import WAVES
from ccmm_bot.evaluation.results import finite
from ccmm_bot.evaluation.statistics import corrected
from ccmm_bot.evaluation.table import Row, Table
from ccmm_bot.evaluation.texts import N_

FACTORS: Final = {"channel": N_("Channel"), "language": N_("Language")}
OTHERS: Final = N_("the others")
TOGETHER: Final = N_("all together")
REFERENCE: Final = N_("the others are compared with this one")
ONE_LEVEL: Final = N_("only one group is large enough, so there is nothing to compare")
ALWAYS: Final = N_("everybody in it completed the survey, or nobody: there is no odds ratio")
CONSTANT: Final = N_("everybody completed the survey, or nobody")
TOO_FEW: Final = N_("fewer than 10 people completed it, or fewer than 10 did not")
COMBINED: Final = N_("a combination of channel and language tells who completed: there is no odds ratio")
NOT_APART: Final = N_("channel and language cannot be told apart here")
DEPENDS: Final = N_("completing depends on it")
NO_SIGN: Final = N_("no sign that completing depends on it")
ALPHA: Final = 0.05
#: A standard error of log odds beyond this means that a combination of levels tells who completed: there is no estimate.
_UNBOUNDED: Final = 10.0


def completion_effects(data: Dataset) -> Table:
    """Odds ratios of having completed a survey, by channel and language, each held against the other."""
    rows = [row for wave in WAVES for row in _of_survey(data, wave)]
    for whole in (True, False):
        tested = correct([row for row in rows if (row["group"] == TOGETHER) == whole])
        for row in tested if whole else ():
            row["words"] = DEPENDS if row["p_holm"] < ALPHA else NO_SIGN
    return Table(
        key="completion_effects",
        title=N_("Whether completing a survey depends on channel and language"),
        query="last run of each person and survey that is over; logistic regression of completed on channel and language; odds "
        f"ratios against the most frequent level; levels under {SMALL} people together; all together: likelihood-ratio test",
        columns={
            "survey": N_("Survey"),
            "factor": N_("Depends on"),
            "group": N_("Group"),
            "n": N_("Started"),
            "completed_share": N_("Completed"),
            "size": N_("Odds ratio"),
            "size_low": N_("95 % from"),
            "size_high": N_("to"),
            "statistic": N_("Statistic"),
            "p": N_("p"),
            "p_holm": N_("p, Holm"),
            "p_bh": N_("p, Benjamini–Hochberg"),
            "words": N_("Remarks"),
        },
        rows=tuple(rows),
    )


def correct(rows: Sequence[Row]) -> list[Row]:
    """Of rows that compare in the same way those with a p, with Holm's and Benjamini–Hochberg's written beside it."""
    tested = [row for row in rows if row.get("p") is not None]
    ps = [row["p"] for row in tested]
    for row, holm, bh in zip(tested, corrected(ps, "holm"), corrected(ps, "fdr_bh"), strict=True):
        row["p_holm"], row["p_bh"] = holm, bh
    return tested


def merged(sizes: Mapping[str, Sequence[int]]) -> dict[str, str]:
    """Group → the group it is shown in: itself, or the others where one of its numbers is about fewer than ten people."""
    small = [name for name, counts in sizes.items() if _few(counts)]
    rest = sorted((name for name in sizes if name not in small), key=lambda name: (*sizes[name], name))
    while small and rest and _few([sum(each) for each in zip(*(sizes[name] for name in small), strict=True)]):
        small.append(rest.pop(0))
    return {name: OTHERS if name in small else name for name in sizes}


def _few(counts: Sequence[int]) -> bool:
    return any(0 < n < SMALL for n in counts)


def _of_survey(data: Dataset, wave: str) -> list[Row]:
    runs = data.runs[(data.runs["instrument"] == wave) & (data.runs["outcome"] != "running")]
    runs = runs.sort_values("started_at", kind="stable").drop_duplicates("person", keep="last")
    if not len(runs):
        return []
    known = pd.DataFrame({name: runs[name].astype("object").fillna("–").astype(str).to_numpy() for name in FACTORS})
    for name in FACTORS:
        known[name] = known[name].map(merged({level: [n] for level, n in known[name].value_counts().items()}))
    known["completed"] = (runs["outcome"] == "completed").to_numpy().astype(np.int64)
    rows: list[Row] = []
    found = _fitted(known)
    for name in FACTORS:
        by = known.groupby(name)["completed"].agg(["size", "sum"]).sort_values("size", ascending=False, kind="stable")
        base: Row = {"survey": words.WAVES[wave], "factor": FACTORS[name]}
        rows.append({**base, "group": TOGETHER, **_NOTHING, **_size(len(known), int(known["completed"].sum())), **found[name, ""]})
        for group, n, completed in zip(by.index, by["size"], by["sum"], strict=True):
            rows.append({**base, "group": group, **_NOTHING, **_size(int(n), int(completed)), **found.get((name, group), {})})
    return rows


_NOTHING: Final[Row] = {"size": None, "size_low": None, "size_high": None, "words": ""}


def _size(n: int, completed: int) -> Row:
    if n < SMALL:
        return {"n": None, "completed_share": None, "words": words.HIDDEN}
    return {"n": n, "completed_share": completed / n}


def _fitted(known: Any) -> dict[tuple[str, str], Row]:
    """(factor, level) → what the regression says of it; (factor, "") → of the factor as a whole."""
    if len(known) < SMALL:
        return {(name, ""): {"words": words.HIDDEN} for name in FACTORS}
    done = int(known["completed"].sum())
    if done in (0, len(known)):
        return {(name, ""): {"words": CONSTANT} for name in FACTORS}
    several = [name for name in FACTORS if known[name].nunique() > 1]
    said: dict[tuple[str, str], Row] = {(name, ""): {"words": ONE_LEVEL} for name in FACTORS if name not in several}
    if not several:
        return said
    if min(done, len(known) - done) < SMALL:
        return said | {(name, ""): {"words": TOO_FEW} for name in several}
    cells = known.groupby([*several, "completed"]).size().reset_index(name="n")
    whole = _regression(cells, several)
    if whole.trouble:
        return said | {(name, ""): {"words": whole.trouble} for name in several}
    for name in several:
        without = _regression(cells, [each for each in several if each != name])
        if without.trouble:
            said[name, ""] = {"words": without.trouble}
            continue
        ratio = max(0.0, 2 * (whole.likelihood - without.likelihood))
        said[name, ""] = {"statistic": ratio, "p": finite(stats.chi2.sf(ratio, known[name].nunique() - 1))}
    return {**said, **whole.levels}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Regression:
    """``likelihood``: its logarithm, of everybody. ``trouble``: why there is none."""

    likelihood: float = 0.0
    levels: Mapping[tuple[str, str], Row] = field(default_factory=dict)
    trouble: str = ""


def _regression(cells: Any, factors: list[str]) -> _Regression:
    """``cells``: levels, completed (1 or 0), and how many people.

    Where everybody completed, or nobody, the estimate has no end; in the limit such people add nothing to the likelihood, and
    the estimates of the rest are those without them.
    """
    said: dict[tuple[str, str], Row] = {}
    rest = -1
    while len(cells) != rest:  # to leave one level out can make another the same for everybody
        rest = len(cells)
        for name in factors:
            same = cells.groupby(name)["completed"].transform("nunique") < 2
            said |= {(name, level): {"words": ALWAYS} for level in cells.loc[same, name].unique()}
            cells = cells[~same]
    if cells.empty:
        return _Regression(levels=said)
    levels = {name: list(cells.groupby(name)["n"].sum().sort_values(ascending=False, kind="stable").index) for name in factors}
    columns = [(name, level) for name in factors for level in levels[name][1:]]
    design = np.column_stack([np.ones(len(cells)), *((cells[name] == level).to_numpy(dtype=float) for name, level in columns)])
    if np.linalg.matrix_rank(design) < design.shape[1]:
        return _Regression(trouble=NOT_APART)
    if factors and cells.groupby(factors)["completed"].nunique().max() < 2:
        return _Regression(trouble=COMBINED)
    with np.errstate(all="ignore"):  # combinations that tell who completed: looked at below
        done, n = (cells[name].to_numpy(dtype=np.float64) for name in ("completed", "n"))
        fit = GLM(done, design, family=Binomial(), freq_weights=n).fit()
    if not fit.converged or not np.isfinite(fit.bse).all() or fit.bse.max() > _UNBOUNDED:
        return _Regression(trouble=COMBINED)
    said |= {(name, levels[name][0]): {"words": REFERENCE} for name in factors if len(levels[name]) > 1}
    for place, (column, ends) in enumerate(zip(columns, np.exp(fit.conf_int(ALPHA))[1:], strict=True), start=1):
        said[column] = {
            "size": finite(np.exp(fit.params[place])),
            "size_low": finite(ends[0]),
            "size_high": finite(ends[1]),
            "statistic": finite(fit.tvalues[place]),
            "p": finite(fit.pvalues[place]),
        }
    return _Regression(likelihood=float(fit.llf), levels=said)
