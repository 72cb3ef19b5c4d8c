"""Whether completing depends on channel and language, and who does not answer the follow-up: found where it is, and not else."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest

from ccmm_bot.evaluation import effects, nonresponse, words
from ccmm_bot.evaluation.dataset import RUNS, Dataset, frame
from ccmm_bot.evaluation.disclosure import SMALL
from ccmm_bot.evaluation.effects import completion_effects
from ccmm_bot.evaluation.instruments import ENTRY, EXIT, FOLLOW_UP, Instrument
from ccmm_bot.evaluation.nonresponse import non_response
from ccmm_bot.evaluation.synthetic import Plan, synthetic
from ccmm_bot.evaluation.table import Table

Defined = tuple[Instrument, ...]
#: channel, language, people, of whom completed
Cells = list[tuple[str, str, int, int]]


def with_runs(data: Dataset, cells: Cells) -> Dataset:
    """Entry surveys of these channels and languages."""
    rows = [(channel, language, n < done) for channel, language, people, done in cells for n in range(people)]
    started = pd.Timestamp(data.made_at)
    runs = [
        {
            "run": f"r{n}",
            "person": f"p{n}",
            "instrument": ENTRY,
            "instrument_version": 1,
            "dialogue": ENTRY,
            "language": language,
            "channel": channel,
            "started_at": started,
            "ended_at": started + timedelta(minutes=5),
            "outcome": "completed" if done else "partial",
        }
        for n, (channel, language, done) in enumerate(rows)
    ]
    return replace(data, runs=frame(pd.DataFrame(runs, columns=list(RUNS)), RUNS))


@pytest.fixture(scope="module")
def empty(defined: Defined) -> Dataset:
    return synthetic(Plan(people=0), defined)


def rows_of(table: Table, column: str) -> dict[tuple[str, str], dict[str, Any]]:
    """(what is compared by, group) → the row. No table holds a small count, or a number that is none."""
    for row in table.rows:
        assert set(row) <= set(table.columns)
        for name, value in row.items():
            assert value is None or isinstance(value, str) or math.isfinite(value), name
        for name in ("n", "reached", "answered"):
            assert row.get(name) is None or row[name] == 0 or row[name] >= SMALL
        assert row.get("p") is not None or row["words"] or row["group"] != effects.TOGETHER
    return {(row[column], row["group"]): row for row in table.rows}


def effect_of(data: Dataset, cells: Cells) -> dict[tuple[str, str], dict[str, Any]]:
    return rows_of(completion_effects(with_runs(data, cells)), "factor")


def test_an_effect_of_the_channel_is_found_and_none_of_the_language(empty: Dataset) -> None:
    found = effect_of(
        empty, [("sms", "ar", 300, 270), ("sms", "ti", 100, 90), ("telegram", "ar", 150, 75), ("telegram", "ti", 50, 25)]
    )
    channel = found["Channel", "telegram"]
    # Independent of the language by construction, so the odds ratio is that of the two-by-two table.
    assert channel["size"] == pytest.approx((100 / 100) / (360 / 40))
    se = math.sqrt(1 / 100 + 1 / 100 + 1 / 360 + 1 / 40)
    assert channel["size_low"] == pytest.approx(channel["size"] * math.exp(-1.959964 * se), rel=1e-5)
    assert (channel["n"], channel["completed_share"]) == (200, 0.5)
    assert channel["p"] < channel["p_holm"] < 0.001
    assert found["Channel", "sms"]["words"] == effects.REFERENCE
    assert found["Channel", effects.TOGETHER]["words"] == effects.DEPENDS
    assert found["Language", "ti"]["size"] == pytest.approx(1)
    assert found["Language", effects.TOGETHER]["words"] == effects.NO_SIGN


def test_a_language_is_not_blamed_for_its_channel(empty: Dataset) -> None:
    found = effect_of(
        empty, [("sms", "ar", 400, 360), ("sms", "ti", 40, 36), ("telegram", "ar", 40, 20), ("telegram", "ti", 400, 200)]
    )
    assert found["Language", "ti"]["completed_share"] < found["Language", "ar"]["completed_share"] - 0.3
    assert found["Language", "ti"]["size"] == pytest.approx(1)
    assert found["Language", effects.TOGETHER]["words"] == effects.NO_SIGN
    assert found["Channel", effects.TOGETHER]["words"] == effects.DEPENDS


def test_levels_of_few_people_are_one_that_is_never_small(empty: Dataset) -> None:
    found = effect_of(empty, [("sms", "ar", 100, 80), ("sms", "fa", 30, 20), ("sms", "so", 6, 3), ("sms", "my", 3, 1)])
    assert found["Language", effects.OTHERS]["n"] == 39  # nine are too few: the smallest of the rest hides them
    assert {group for factor, group in found if factor == "Language"} == {effects.TOGETHER, "ar", effects.OTHERS}
    assert found["Channel", effects.TOGETHER]["words"] == effects.ONE_LEVEL


def test_where_everybody_of_a_level_completed_there_are_words_and_the_level_counts_in_the_whole(empty: Dataset) -> None:
    found = effect_of(empty, [("sms", "ar", 100, 80), ("sms", "ti", 100, 78), ("telegram", "ar", 60, 0), ("telegram", "ti", 60, 0)])
    assert (found["Channel", "telegram"]["size"], found["Channel", "telegram"]["words"]) == (None, effects.ALWAYS)
    assert found["Channel", effects.TOGETHER]["words"] == effects.DEPENDS
    assert found["Language", "ti"]["size"] == pytest.approx((78 / 22) / (80 / 20))


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        ([("sms", "ar", 1, 1)], words.HIDDEN),
        ([("sms", "ar", 100, 60)], effects.ONE_LEVEL),
        ([("sms", "ar", 50, 50), ("telegram", "ti", 50, 50)], effects.CONSTANT),
        ([("sms", "ar", 50, 47), ("telegram", "ti", 50, 46)], effects.TOO_FEW),
        ([("sms", "ar", 50, 30), ("telegram", "ti", 50, 20)], effects.NOT_APART),
        ([("sms", "ar", 50, 50), ("sms", "ti", 50, 0), ("telegram", "ar", 50, 0), ("telegram", "ti", 50, 50)], effects.COMBINED),
    ],
)
def test_where_there_is_no_result_there_are_words(empty: Dataset, cells: Cells, said: str) -> None:
    found = effect_of(empty, cells)
    assert {found[name, effects.TOGETHER]["words"] for name in ("Channel", "Language")} == {said}
    assert all(row["size"] is None for row in found.values())


def test_perfect_separation_is_no_crash(empty: Dataset) -> None:
    cells = [("sms", "ar", 50, 50), ("sms", "ti", 50, 50), ("telegram", "ar", 50, 0), ("telegram", "ti", 50, 0)]
    found = effect_of(empty, cells)
    assert found["Channel", effects.TOGETHER]["words"] == effects.DEPENDS
    assert found["Language", effects.TOGETHER]["words"] == effects.NO_SIGN
    assert effects.completion_effects(empty).rows == ()


def test_nothing_is_found_where_nothing_is(defined: Defined) -> None:
    """Holm keeps the chance that anything is found in a data set without an effect at 5 %."""
    wrong = 0
    for seed in range(20):
        data = synthetic(Plan(people=300, seed=seed, partial=0.3, reached={ENTRY: 1, EXIT: 0, FOLLOW_UP: 0.4}), defined)
        completed, answered = rows_of(completion_effects(data), "factor"), rows_of(non_response(data), "by")
        wrong += any(row["words"] == effects.DEPENDS for row in completed.values())
        wrong += any(row["words"].startswith(nonresponse.DIFFERS) for row in answered.values())
    assert wrong <= 5  # of 40: two are to be expected


def without_answer(data: Dataset, gone: Any) -> Dataset:
    """The follow-up of these people was never begun."""
    runs = data.runs[~((data.runs["instrument"] == FOLLOW_UP) & data.runs["person"].isin(set(gone))).to_numpy()]
    return replace(data, runs=runs.reset_index(drop=True))


def test_who_does_not_answer_three_months_later_is_seen(defined: Defined) -> None:
    data = synthetic(Plan(people=600, reached={ENTRY: 1, EXIT: 1, FOLLOW_UP: 0.8}, skipped=0, original=0.3), defined)
    data = replace(data, made_at=data.made_at + timedelta(days=5 * 365))
    silent = data.people.loc[data.people["language"] == "ar", "person"]
    rng = np.random.default_rng(4)
    found = rows_of(non_response(without_answer(data, silent[rng.random(len(silent)) < 0.7])), "by")
    arabic, english = found["Language", "ar"], found["Language", "en"]
    assert arabic["n"] == len(silent)
    assert arabic["share"] < 0.35 < 0.65 < english["low_share"]
    assert arabic["answered"] <= arabic["reached"] < arabic["n"]
    assert found["Language", effects.TOGETHER]["words"].startswith(nonresponse.DIFFERS)
    assert found["Model", effects.TOGETHER]["words"].startswith(nonresponse.NO_SIGN)
    assert {group for by, group in found if by == "Model"} == {effects.TOGETHER, "Original model", "Enhanced model"}
    assert found["Channel", effects.TOGETHER]["n"] == 600


def test_a_follow_up_is_due_three_months_after_the_exit(defined: Defined) -> None:
    data = synthetic(Plan(people=100, reached={ENTRY: 1, EXIT: 1, FOLLOW_UP: 0}), defined)
    assert non_response(data).rows == ()  # nobody has left yet
    ended = data.people.copy()
    ended["exit_on"] = pd.Timestamp("2026-05-31")
    for day, due in (("2026-08-30", 0), ("2026-08-31", 100)):
        table = non_response(replace(data, people=ended, made_at=pd.Timestamp(day, tz="UTC").to_pydatetime()))
        assert {row["n"] for row in table.rows if row["group"] == effects.TOGETHER} == ({due} if due else set())
        assert {row["words"] for row in table.rows if row["group"] == effects.TOGETHER} <= {nonresponse.CONSTANT, effects.ONE_LEVEL}


@pytest.mark.parametrize("people", [0, 1, 12, 40])
@pytest.mark.parametrize("answer", [0.0, 1.0])
def test_few_people_and_constant_answers_are_words(defined: Defined, people: int, answer: float) -> None:
    data = synthetic(Plan(people=people, reached=dict.fromkeys((ENTRY, EXIT, FOLLOW_UP), answer)), defined)
    data = replace(data, made_at=data.made_at + timedelta(days=5 * 365))
    rows_of(completion_effects(data), "factor")
    found = rows_of(non_response(data), "by")
    assert bool(found) == bool(people)
    assert all(row.get("p") is None for row in found.values())
    if people == 1:
        assert {row["words"] for row in found.values()} == {words.HIDDEN}
