"""The statistics of the evaluation (CCMM report, results), each by scipy or statsmodels; the choice between them is ours.

Every function takes numbers and gives a result for any of them: no data, one respondent and constant answers are results with a
:class:`~ccmm_bot.evaluation.results.Trouble`, never "not a number" and never an error.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Final, Literal, SupportsFloat

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special, stats
from scipy.stats import contingency
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.nonparametric import rank_compare_2indep
from statsmodels.stats.power import TTestPower
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint
from statsmodels.stats.weightstats import CompareMeans, DescrStatsW

from ccmm_bot.evaluation.results import Interval, Remark, Share, Summary, Test, Trouble, finite
from ccmm_bot.evaluation.undisturbed import undisturbed

#: From this many on, a mean is taken as normally distributed whatever the answers are (central limit theorem).
LARGE: Final = 30
#: Cochran's rule: below this expected count Pearson's χ² is not trusted.
EXPECTED: Final = 5
#: Below this many changed answers McNemar's test is exact.
DISCORDANT: Final = 25
_ALPHA: Final = 0.05
_RESAMPLES: Final = 9999
_EXACT_RANKS: Final = 10  # all 2**10 ways of their signs: the exact distribution, ties or not
_TINY: Final = 1e-12
_NONE: Final[tuple[Remark, ...]] = ()

Floats = NDArray[np.float64]


def describe(values: ArrayLike) -> Summary:
    """n, M, SD. Not answered: ``nan``, left out."""
    known = _known(values)
    if known.size == 0:
        return Summary(n=0, mean=None, sd=None, interval=None)
    if known.size == 1:
        return Summary(n=1, mean=float(known[0]), sd=None, interval=None)
    found = DescrStatsW(known)
    sd = float(np.std(known, ddof=1))
    interval = _interval(*found.tconfint_mean(alpha=_ALPHA)) if sd > _TINY else None
    return Summary(n=int(known.size), mean=float(found.mean), sd=sd, interval=interval)


def share(count: int, n: int) -> Share:
    """How many of how many."""
    if n == 0:
        return Share(count=0, n=0, share=None, interval=None)
    return Share(count=count, n=n, share=count / n, interval=_interval(*proportion_confint(count, n, _ALPHA, method="wilson")))


def compare_shares(first: int, first_n: int, second: int, second_n: int) -> Test:
    """Two independent groups, yes or no: Pearson's χ² without continuity correction; where it fails, Fisher's exact test.

    The interval of the difference is Newcombe's; the effect is φ.
    """
    n = (first_n, second_n)
    if first_n == 0 or second_n == 0:
        return Test(name="pearson_chi2", n=n, trouble=Trouble.NO_DATA if sum(n) == 0 else Trouble.EMPTY_GROUP)
    difference = second / second_n - first / first_n
    interval = _interval(*confint_proportions_2indep(second, second_n, first, first_n, method="newcomb", compare="diff"))
    if first + second in (0, sum(n)):
        return Test(name="pearson_chi2", n=n, difference=difference, interval=interval, trouble=Trouble.CONSTANT)
    table = np.array([[first, first_n - first], [second, second_n - second]])
    found = stats.chi2_contingency(table, correction=False)
    effect = finite(contingency.association(table, method="cramer"))
    if float(found.expected_freq.min()) < EXPECTED:
        return Test(
            name="fisher_exact",
            n=n,
            difference=difference,
            interval=interval,
            effect="phi",
            size=effect,
            p=finite(stats.fisher_exact(table).pvalue),
            remarks=(Remark.SMALL_EXPECTED,),
        )
    return Test(
        name="pearson_chi2",
        n=n,
        difference=difference,
        interval=interval,
        effect="phi",
        size=effect,
        statistic=finite(found.statistic),
        p=finite(found.pvalue),
    )


def paired_yes_no(before: ArrayLike, after: ArrayLike) -> Test:
    """The same people twice, yes (1) or no (0): McNemar's test, exact when few changed. The effect is the matched odds ratio."""
    first, second = _pairs(before, after)
    n = (int(first.size),)
    if not first.size:
        return Test(name="mcnemar", n=n, trouble=Trouble.NO_DATA)
    gained, lost = int(((first == 0) & (second == 1)).sum()), int(((first == 1) & (second == 0)).sum())
    change = second - first
    if gained + lost == 0:
        return Test(name="mcnemar", n=n, difference=0.0, trouble=Trouble.NO_CHANGE)
    exact = gained + lost < DISCORDANT
    both, neither = int(((first == 1) & (second == 1)).sum()), int(((first == 0) & (second == 0)).sum())
    found = mcnemar([[both, lost], [gained, neither]], exact=exact, correction=False)
    odds = stats.binomtest(gained, gained + lost).proportion_ci(1 - _ALPHA, method="exact")
    varies = first.size > 1 and float(np.std(change)) > _TINY
    return Test(
        name="mcnemar_exact" if exact else "mcnemar",
        n=n,
        difference=float(change.mean()),
        interval=_interval(*stats.ttest_1samp(change, 0).confidence_interval(1 - _ALPHA)) if varies else None,
        se=finite(stats.sem(change)) if varies else None,
        effect="odds_ratio",
        size=gained / lost if lost else None,
        size_interval=_interval(odds.low / (1 - odds.low), odds.high / (1 - odds.high)) if odds.high < 1 else None,
        statistic=None if exact else finite(found.statistic),
        p=finite(found.pvalue),
        remarks=(Remark.FEW_DISCORDANT,) if exact else (),
    )


def paired_means(before: ArrayLike, after: ArrayLike) -> Test:
    """The same people twice: paired t, with d (mean change by its standard deviation) and d's interval (noncentral t).

    Few people whose changes are not normally distributed (Shapiro–Wilk): a permutation test gives p instead.
    """
    first, second = _pairs(before, after)
    n = (int(first.size),)
    if first.size < 2:
        return Test(name="paired_t", n=n, trouble=Trouble.NO_DATA if first.size == 0 else Trouble.TOO_FEW)
    change = second - first
    sd = float(np.std(change, ddof=1))
    if sd < _TINY:
        same = float(change.mean())
        return Test(name="paired_t", n=n, difference=same, trouble=Trouble.SAME_CHANGE if same else Trouble.NO_CHANGE)
    found = stats.ttest_rel(second, first)
    t = float(found.statistic)
    root = math.sqrt(first.size)
    name, p, remarks = "paired_t", finite(found.pvalue), _NONE
    if _needs_exact(change):
        again = stats.permutation_test((second, first), _mean_difference, permutation_type="samples", **_seeded())
        name, p, remarks = "paired_permutation", finite(again.pvalue), (Remark.NOT_NORMAL,)
    return Test(
        name=name,
        n=n,
        difference=float(change.mean()),
        interval=_interval(*found.confidence_interval(1 - _ALPHA)),
        se=finite(stats.sem(change)),
        effect="d",
        size=t / root,
        size_interval=_effect_interval(t, first.size - 1, 1 / root),
        statistic=t,
        p=p,
        remarks=remarks,
    )


def independent_means(first_values: ArrayLike, second_values: ArrayLike) -> Test:
    """Two groups of people: Welch's t (variances may differ), with Cohen's d (pooled standard deviation) and its interval.

    Small groups that are not normally distributed: a permutation test gives p instead.
    """
    first, second = _known(first_values), _known(second_values)
    n = (int(first.size), int(second.size))
    if trouble := _too_small(first, second):
        return Test(name="welch_t", n=n, trouble=trouble)
    difference = float(second.mean() - first.mean())
    if max(float(first.std()), float(second.std())) < _TINY:
        return Test(name="welch_t", n=n, difference=difference, trouble=Trouble.CONSTANT)
    means = CompareMeans(DescrStatsW(second), DescrStatsW(first))
    t, p, _ = means.ttest_ind(usevar="unequal")
    pooled_se = float(means.std_meandiff_pooledvar)
    scale = math.sqrt(1 / first.size + 1 / second.size)
    name, p, remarks = "welch_t", finite(p), _NONE
    if _needs_exact(first) or _needs_exact(second):
        again = stats.permutation_test((second, first), _mean_difference, permutation_type="independent", **_seeded())
        name, p, remarks = "independent_permutation", finite(again.pvalue), (Remark.NOT_NORMAL,)
    return Test(
        name=name,
        n=n,
        difference=difference,
        interval=_interval(*means.tconfint_diff(alpha=_ALPHA, usevar="unequal")),
        se=finite(means.std_meandiff_separatevar),
        effect="d",
        size=difference / pooled_se * scale,
        size_interval=_effect_interval(difference / pooled_se, sum(n) - 2, scale),
        statistic=finite(t),
        p=p,
        remarks=remarks,
    )


def paired_ranks(before: ArrayLike, after: ArrayLike) -> Test:
    """The same people twice on an ordinal scale: Wilcoxon's signed ranks, unchanged answers left out; rank-biserial r."""
    first, second = _pairs(before, after)
    n = (int(first.size),)
    if first.size == 0:
        return Test(name="wilcoxon", n=n, trouble=Trouble.NO_DATA)
    change = second - first
    change = change[change != 0]
    if change.size == 0:
        return Test(name="wilcoxon", n=n, trouble=Trouble.NO_CHANGE)
    if change.size == 1:
        return Test(name="wilcoxon", n=n, trouble=Trouble.TOO_FEW)
    few = change.size <= _EXACT_RANKS
    method: Any = stats.PermutationMethod(n_resamples=_RESAMPLES, rng=np.random.default_rng(0)) if few else "asymptotic"
    found = stats.wilcoxon(change, method=method)
    upward = float(stats.wilcoxon(change, alternative="greater", method="asymptotic").statistic)
    total = change.size * (change.size + 1) / 2
    return Test(
        name="wilcoxon",
        n=n,
        effect="rank_biserial",
        size=2 * upward / total - 1,
        statistic=finite(found.statistic),
        p=finite(found.pvalue),
        remarks=(Remark.EXACT_RANKS,) if few else (),
    )


def independent_ranks(first_values: ArrayLike, second_values: ArrayLike) -> Test:
    """Two groups on an ordinal scale: Mann–Whitney U; the effect is the probability that the second group's answer is higher."""
    first, second = _known(first_values), _known(second_values)
    n = (int(first.size), int(second.size))
    if trouble := _too_small(first, second):
        return Test(name="mann_whitney", n=n, trouble=trouble)
    if float(np.ptp(np.concatenate([first, second]))) < _TINY:
        return Test(name="mann_whitney", n=n, trouble=Trouble.CONSTANT)
    few = max(n) <= 8
    method: Any = stats.PermutationMethod(n_resamples=_RESAMPLES, rng=np.random.default_rng(0)) if few else "asymptotic"
    found = stats.mannwhitneyu(second, first, method=method)
    interval = None
    if max(float(first.std()), float(second.std())) > _TINY:
        with np.errstate(divide="ignore", invalid="ignore"):  # groups that do not overlap at all: there is no interval
            interval = _interval(*rank_compare_2indep(second, first).conf_int(alpha=_ALPHA))
    return Test(
        name="mann_whitney",
        n=n,
        effect="superiority",
        size=float(found.statistic) / (first.size * second.size),
        size_interval=interval,
        statistic=finite(found.statistic),
        p=finite(found.pvalue),
        remarks=(Remark.EXACT_RANKS,) if few else (),
    )


def corrected(ps: Sequence[float | None], method: Literal["holm", "fdr_bh"] = "holm") -> tuple[float | None, ...]:
    """The ps of one table, corrected for their number (Holm, or Benjamini–Hochberg); ``None`` stays."""
    known = [p for p in ps if p is not None]
    if not known:
        return tuple(None for _ in ps)
    if method == "holm":
        with undisturbed():  # the library walks through all of the memory each time it is asked
            found = iter(multipletests(known, method="holm")[1])
    else:
        found = iter(stats.false_discovery_control(known, method="bh"))
    return tuple(None if p is None else float(next(found)) for p in ps)


def pairs_needed(d: float, *, power: float = 0.8, alpha: float = _ALPHA) -> int:
    """How many complete pairs find a change of ``d`` with a paired t test (two-sided)."""
    return math.ceil(float(TTestPower().solve_power(effect_size=abs(d), power=power, alpha=alpha)))


def _known(values: ArrayLike) -> Floats:
    array = np.asarray(values, dtype=np.float64).ravel()
    known: Floats = array[np.isfinite(array)]
    return known


def _pairs(before: ArrayLike, after: ArrayLike) -> tuple[Floats, Floats]:
    first, second = np.asarray(before, dtype=np.float64).ravel(), np.asarray(after, dtype=np.float64).ravel()
    both = np.isfinite(first) & np.isfinite(second)
    return first[both], second[both]


def _too_small(first: Floats, second: Floats) -> Trouble | None:
    sizes = sorted((first.size, second.size))
    if sizes[0] == 0:
        return Trouble.NO_DATA if sizes[1] == 0 else Trouble.EMPTY_GROUP
    return Trouble.TOO_FEW if sizes[0] == 1 else None


def _needs_exact(values: Floats) -> bool:
    if values.size >= LARGE or values.size < 3 or float(np.ptp(values)) < _TINY:
        return False
    return float(stats.shapiro(values).pvalue) < _ALPHA


def _mean_difference(second: Floats, first: Floats, axis: int = -1) -> Any:
    return np.mean(second, axis=axis) - np.mean(first, axis=axis)


def _seeded() -> dict[str, Any]:
    """The same data give the same p, however often they are looked at."""
    return {"n_resamples": _RESAMPLES, "rng": np.random.default_rng(0), "vectorized": True}


def _effect_interval(t: float, df: float, scale: float) -> Interval | None:
    """Of d, by the noncentral t distribution: ``scale`` turns its parameter into d."""
    low, high = special.nctdtrinc(df, 1 - _ALPHA / 2, t), special.nctdtrinc(df, _ALPHA / 2, t)
    return _interval(low * scale, high * scale)


def _interval(low: SupportsFloat, high: SupportsFloat) -> Interval | None:
    ends = finite(low), finite(high)
    return None if ends[0] is None or ends[1] is None else Interval(ends[0], ends[1])
