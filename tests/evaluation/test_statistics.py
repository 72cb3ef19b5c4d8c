"""The statistics say what scipy says, reproduce what was published, hold their error rate, and have words for everything else."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.effect_size import _noncentrality_t
from statsmodels.stats.meta_analysis import effectsize_smd
from statsmodels.stats.weightstats import DescrStatsW

from ccmm_bot.evaluation import statistics
from ccmm_bot.evaluation.results import Remark, Summary, Test, Trouble

answers = st.lists(st.integers(1, 5), max_size=80)
pairs = st.lists(st.tuples(st.integers(1, 5), st.integers(1, 5)), max_size=80)
binary = st.lists(st.tuples(st.integers(0, 1), st.integers(0, 1)), max_size=120)


def numbers(result: Test | Summary) -> list[float]:
    found: list[float] = []
    for value in dataclasses.astuple(result):
        found += [each for each in (value if isinstance(value, tuple) else (value,)) if isinstance(each, float)]
    return found


# --- published ---------------------------------------------------------------------------------------------------------


def test_family_doctors_at_entry_and_exit_are_as_published() -> None:
    # CCMM report, client surveys: 233 of 715 at entry, 220 of 320 at exit, χ² = 117.46, p < 0.001
    found = statistics.compare_shares(233, 715, 220, 320)
    assert (found.name, found.n) == ("pearson_chi2", (715, 320))
    assert found.statistic == pytest.approx(117.46, abs=0.005)
    assert found.p is not None
    assert found.p < 0.001
    assert statistics.share(233, 715).share == pytest.approx(0.326, abs=0.0005)
    assert statistics.share(220, 320).share == pytest.approx(0.688, abs=0.0005)


def test_recommendations_at_entry_and_exit_are_as_published() -> None:
    assert statistics.compare_shares(784, 805, 343, 348).statistic == pytest.approx(1.51, abs=0.005)


# --- the same as scipy -------------------------------------------------------------------------------------------------


@settings(max_examples=60, deadline=None)
@given(pairs)
def test_paired_means_are_scipys_paired_t(each: list[tuple[int, int]]) -> None:
    before, after = [a for a, _ in each], [b for _, b in each]
    found = statistics.paired_means(before, after)
    assert all(math.isfinite(number) for number in numbers(found))
    if found.trouble is not None:
        assert found.p is None
        return
    theirs = stats.ttest_rel(after, before)
    assert found.statistic == pytest.approx(theirs.statistic)
    assert found.difference == pytest.approx(np.mean(after) - np.mean(before))
    if Remark.NOT_NORMAL not in found.remarks:
        assert found.p == pytest.approx(theirs.pvalue)
    low, high = theirs.confidence_interval()
    assert found.interval is not None
    assert (found.interval.low, found.interval.high) == pytest.approx((low, high))
    change = np.subtract(after, before)
    assert found.size == pytest.approx(change.mean() / change.std(ddof=1))


@settings(max_examples=60, deadline=None)
@given(answers, answers)
def test_independent_means_are_scipys_welch_t(first: list[int], second: list[int]) -> None:
    found = statistics.independent_means(first, second)
    assert all(math.isfinite(number) for number in numbers(found))
    if found.trouble is not None:
        assert found.p is None
        return
    if len(set(first)) > 1 and len(set(second)) > 1:
        theirs = stats.ttest_ind(second, first, equal_var=False)
        assert found.statistic == pytest.approx(theirs.statistic)
        if Remark.NOT_NORMAL not in found.remarks:
            assert found.p == pytest.approx(theirs.pvalue)
        assert found.se == pytest.approx(
            abs((np.mean(second) - np.mean(first)) / theirs.statistic) if theirs.statistic else found.se
        )


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 60), st.integers(0, 60), st.integers(0, 60), st.integers(0, 60))
def test_shares_are_scipys_chi2_without_continuity_correction(yes: int, no: int, yes2: int, no2: int) -> None:
    found = statistics.compare_shares(yes, yes + no, yes2, yes2 + no2)
    assert all(math.isfinite(number) for number in numbers(found))
    if found.trouble is not None:
        assert found.p is None
        return
    table = [[yes, no], [yes2, no2]]
    if found.name == "pearson_chi2":
        theirs = stats.chi2_contingency(table, correction=False)
        assert (found.statistic, found.p) == pytest.approx((theirs.statistic, theirs.pvalue))
        assert theirs.expected_freq.min() >= statistics.EXPECTED
    else:
        assert found.remarks == (Remark.SMALL_EXPECTED,)
        assert found.p == pytest.approx(stats.fisher_exact(table).pvalue)


@settings(max_examples=60, deadline=None)
@given(binary)
def test_paired_yes_and_no_is_a_binomial_test_of_those_who_changed(each: list[tuple[int, int]]) -> None:
    found = statistics.paired_yes_no([a for a, _ in each], [b for _, b in each])
    assert all(math.isfinite(number) for number in numbers(found))
    gained, lost = sum(pair == (0, 1) for pair in each), sum(pair == (1, 0) for pair in each)
    if found.trouble is not None:
        assert gained + lost == 0
    elif gained + lost < statistics.DISCORDANT:
        assert found.p == pytest.approx(stats.binomtest(gained, gained + lost).pvalue)
        assert found.remarks == (Remark.FEW_DISCORDANT,)
    else:
        assert found.statistic == pytest.approx((gained - lost) ** 2 / (gained + lost))
        assert found.p == pytest.approx(stats.chi2.sf(found.statistic, 1))


@settings(max_examples=40, deadline=None)
@given(pairs)
def test_paired_ranks_are_scipys_wilcoxon(each: list[tuple[int, int]]) -> None:
    before, after = [a for a, _ in each], [b for _, b in each]
    found = statistics.paired_ranks(before, after)
    assert all(math.isfinite(number) for number in numbers(found))
    if found.trouble is None and Remark.EXACT_RANKS not in found.remarks:
        assert found.p == pytest.approx(stats.wilcoxon(after, before, method="asymptotic").pvalue)
    if found.size is not None:
        assert -1 <= found.size <= 1


@settings(max_examples=40, deadline=None)
@given(answers, answers)
def test_independent_ranks_are_scipys_mann_whitney(first: list[int], second: list[int]) -> None:
    found = statistics.independent_ranks(first, second)
    assert all(math.isfinite(number) for number in numbers(found))
    if found.trouble is None and Remark.EXACT_RANKS not in found.remarks:
        theirs = stats.mannwhitneyu(second, first, method="asymptotic")
        assert (found.statistic, found.p) == pytest.approx((theirs.statistic, theirs.pvalue))
    if found.size is not None:
        assert 0 <= found.size <= 1


@given(answers)
def test_descriptions_are_numpys(values: list[int]) -> None:
    found = statistics.describe(values)
    assert found.n == len(values)
    assert found.mean == (pytest.approx(np.mean(values)) if values else None)
    assert found.sd == (pytest.approx(np.std(values, ddof=1)) if len(values) > 1 else None)


# --- small groups get exact tests, and are told so ------------------------------------------------------------------------


def test_few_people_whose_changes_are_not_normal_get_a_permutation_test_that_repeats_itself() -> None:
    before, after = [1] * 9, [1, 1, 1, 1, 1, 1, 2, 2, 5]
    found = statistics.paired_means(before, after)
    assert found.name == "paired_permutation"
    assert found.remarks == (Remark.NOT_NORMAL,)
    assert found.p == 0.25  # 3 of 9 changed, all upward: 2 of the 8 ways to turn their signs are as extreme
    assert statistics.paired_means(before, after) == found


def test_small_groups_of_ranks_are_compared_exactly() -> None:
    assert statistics.paired_ranks([1, 1, 1, 1, 1], [2, 3, 3, 4, 5]).p == 2 / 2**5
    assert statistics.independent_ranks([1, 2, 3], [4, 5, 5]).p == pytest.approx(2 / math.comb(6, 3))


# --- bad input -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("compare", "first", "second", "trouble"),
    [
        (statistics.paired_means, [], [], Trouble.NO_DATA),
        (statistics.paired_means, [math.nan, 3], [2, math.nan], Trouble.NO_DATA),
        (statistics.paired_means, [3], [4], Trouble.TOO_FEW),
        (statistics.paired_means, [3, 3], [3, 3], Trouble.NO_CHANGE),
        (statistics.paired_means, [3, 4], [4, 5], Trouble.SAME_CHANGE),
        (statistics.independent_means, [], [], Trouble.NO_DATA),
        (statistics.independent_means, [], [1, 2], Trouble.EMPTY_GROUP),
        (statistics.independent_means, [1], [1, 2], Trouble.TOO_FEW),
        (statistics.independent_means, [4, 4, 4], [5, 5, 5], Trouble.CONSTANT),
        (statistics.independent_ranks, [4, 4, 4], [4, 4, 4], Trouble.CONSTANT),
        (statistics.independent_ranks, [], [4], Trouble.EMPTY_GROUP),
        (statistics.paired_ranks, [], [], Trouble.NO_DATA),
        (statistics.paired_ranks, [4, 4], [4, 4], Trouble.NO_CHANGE),
        (statistics.paired_yes_no, [], [], Trouble.NO_DATA),
        (statistics.paired_yes_no, [1], [1], Trouble.NO_CHANGE),
    ],
)
def test_where_there_is_no_result_there_is_a_word(
    compare: Callable[[list[float], list[float]], Test], first: list[float], second: list[float], trouble: Trouble
) -> None:
    found = compare(first, second)
    assert found.trouble is trouble
    assert found.p is None


def test_one_changed_answer_is_a_result() -> None:
    found = statistics.paired_yes_no([0], [1])
    assert (found.p, found.trouble, found.size) == (1.0, None, None)


def test_shares_of_nobody_and_of_everybody() -> None:
    assert statistics.compare_shares(0, 0, 0, 0).trouble is Trouble.NO_DATA
    assert statistics.compare_shares(0, 0, 3, 5).trouble is Trouble.EMPTY_GROUP
    assert statistics.compare_shares(5, 5, 7, 7).trouble is Trouble.CONSTANT
    assert statistics.share(0, 0).share is None


# --- many tests, error rates, power ------------------------------------------------------------------------------------


def test_corrected_ps_leave_out_what_has_none() -> None:
    assert statistics.corrected([0.01, None, 0.04, 0.03]) == pytest.approx((0.03, None, 0.06, 0.06))
    assert statistics.corrected([0.01, 0.04, 0.03], "fdr_bh") == pytest.approx((0.03, 0.04, 0.04))
    assert statistics.corrected([None, None]) == (None, None)


@pytest.mark.parametrize(
    "name", ["paired_means", "independent_means", "paired_ranks", "independent_ranks", "shares", "paired_yes_no"]
)
def test_where_nothing_differs_five_in_a_hundred_are_significant(name: str) -> None:
    random = np.random.default_rng(20_261_123)
    weights = [0.1, 0.2, 0.3, 0.25, 0.15]
    significant = 0
    for _ in range(2000):
        if name == "shares":
            found = statistics.compare_shares(int(random.binomial(300, 0.4)), 300, int(random.binomial(250, 0.4)), 250)
        elif name == "paired_yes_no":
            found = statistics.paired_yes_no(random.random(400) < 0.4, random.random(400) < 0.4)
        else:
            first, second = (random.choice([1, 2, 3, 4, 5], 120, p=weights) for _ in range(2))
            found = getattr(statistics, name)(first, second)
        assert found.p is not None
        significant += found.p < 0.05
    assert 0.04 <= significant / 2000 <= 0.06


def test_pairs_needed_find_the_change_as_often_as_was_asked() -> None:
    needed = statistics.pairs_needed(0.3)
    assert needed == 90  # G*Power gives the same
    random = np.random.default_rng(7)
    found = [statistics.paired_means(np.zeros(needed), random.normal(0.3, 1, needed)).p for _ in range(1000)]
    assert 0.77 <= sum(p is not None and p < 0.05 for p in found) / 1000 <= 0.83


# --- effects, by another way than ours ----------------------------------------------------------------------------------


@settings(max_examples=40, deadline=None)
@given(pairs)
def test_d_of_pairs_is_the_mean_change_in_standard_deviations_with_the_librarys_interval(each: list[tuple[int, int]]) -> None:
    found = statistics.paired_means([a for a, _ in each], [b for _, b in each])
    if found.size is None:
        return
    change = DescrStatsW(np.subtract([b for _, b in each], [a for a, _ in each]))
    assert found.size == pytest.approx(change.mean / np.sqrt(change.var_ddof(1)))
    if found.size_interval is not None:
        theirs = _noncentrality_t(change.ttest_mean(0)[0], len(each) - 1).confint / math.sqrt(len(each))
        assert (found.size_interval.low, found.size_interval.high) == pytest.approx(tuple(theirs))


@settings(max_examples=40, deadline=None)
@given(answers, answers)
def test_d_of_groups_is_statsmodels_without_its_correction_for_few(first: list[int], second: list[int]) -> None:
    found = statistics.independent_means(first, second)
    if found.size is None:
        return
    described = [(np.mean(each), np.std(each, ddof=1), len(each)) for each in (second, first)]
    hedges, _ = effectsize_smd(*described[0], *described[1])
    assert found.size == pytest.approx(hedges / (1 - 3 / (4 * (len(first) + len(second)) - 9)))


@settings(max_examples=40, deadline=None)
@given(pairs)
def test_the_rank_biserial_is_the_ranks_up_less_the_ranks_down(each: list[tuple[int, int]]) -> None:
    found = statistics.paired_ranks([a for a, _ in each], [b for _, b in each])
    if found.size is None:
        return
    change = np.array([b - a for a, b in each if a != b])
    ranks = stats.rankdata(np.abs(change))
    assert found.size == pytest.approx((ranks[change > 0].sum() - ranks[change < 0].sum()) / ranks.sum())


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(1, 5), max_size=25), st.lists(st.integers(1, 5), max_size=25))
def test_superiority_is_the_share_of_all_pairings_in_which_the_second_is_higher(first: list[int], second: list[int]) -> None:
    found = statistics.independent_ranks(first, second)
    if found.size is None:
        return
    higher = [(b > a) + (b == a) / 2 for a in first for b in second]
    assert found.size == pytest.approx(np.mean(higher))


@given(st.integers(1, 40), st.integers(1, 40), st.integers(1, 40), st.integers(1, 40))
def test_phi_is_the_correlation_of_yes_and_group(yes: int, no: int, yes2: int, no2: int) -> None:
    found = statistics.compare_shares(yes, yes + no, yes2, yes2 + no2)
    group = [0] * (yes + no) + [1] * (yes2 + no2)
    answer = [1] * yes + [0] * no + [1] * yes2 + [0] * no2
    assert found.size == pytest.approx(abs(np.corrcoef(group, answer)[0, 1]), abs=1e-9)
