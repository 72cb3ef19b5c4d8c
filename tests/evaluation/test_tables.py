"""The tables of the report, from made-up answers whose result is known."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from ccmm_bot.evaluation import words
from ccmm_bot.evaluation.dataset import Dataset
from ccmm_bot.evaluation.disclosure import SMALL
from ccmm_bot.evaluation.instruments import ENTRY, EXIT, FOLLOW_UP, Instrument
from ccmm_bot.evaluation.pairing import paired
from ccmm_bot.evaluation.subgroups import BY, subgroups
from ccmm_bot.evaluation.synthetic import Plan, synthetic
from ccmm_bot.evaluation.table import Table
from ccmm_bot.evaluation.tables import all_tables


def row(table: Table, item: str, compared: str) -> dict[str, Any]:
    return next(each for each in table.rows if each["item"] == words.ITEMS.get(item, item) and each["compared"] == compared)


def named(data: Dataset) -> dict[str, Table]:
    return {table.key: table for table in all_tables(data)}


def answered(data: Dataset, instrument: str, item: str, yes: int, n: int) -> Dataset:
    """The same data, with ``n`` answers to an item, ``yes`` of them yes."""
    responses = data.responses.copy()
    mine = responses.index[(responses["instrument"] == instrument) & (responses["item"] == item)]
    responses["value"] = responses["value"].astype("object")
    responses.loc[mine, "skipped"] = np.arange(len(mine)) >= n
    responses.loc[mine, "value"] = np.where(np.arange(len(mine)) < yes, "yes", "no")
    return replace(data, responses=responses)


def test_the_published_counts_give_the_published_numbers(defined: tuple[Instrument, ...]) -> None:
    # CCMM report: 873 entry and 607 exit surveys; denominators differ by item because items are skipped
    data = synthetic(Plan(people=900, reached={ENTRY: 1, EXIT: 1, FOLLOW_UP: 0}, skipped=0, partial=0), defined)
    for wave, doctor, recommend in ((ENTRY, (233, 715), (784, 805)), (EXIT, (220, 320), (343, 348))):
        data = answered(data, wave, "has_family_doctor", *doctor)
        data = answered(data, wave, "recommends_case_management", *recommend)
    table = named(data)["yes_no_entry_exit"]
    doctor_row = row(table, "has_family_doctor", "everybody")
    assert (doctor_row["n0"], doctor_row["count0"], doctor_row["n1"], doctor_row["count1"]) == (715, 233, 320, 220)
    assert (round(100 * doctor_row["share0"], 1), round(100 * doctor_row["share1"], 1)) == (32.6, 68.8)
    assert round(doctor_row["statistic"], 2) == 117.46
    assert doctor_row["p"] < 0.001
    assert round(row(table, "recommends_case_management", "everybody")["statistic"], 2) == 1.51


def test_known_effects_are_found_and_where_there_is_none_none_is(defined: tuple[Instrument, ...]) -> None:
    tables = named(synthetic(Plan(people=1500, seed=3), defined))
    scale = tables["scale_entry_exit"]
    access, language = row(scale, "service_access", "the same people"), row(scale, "language_improvement", "the same people")
    assert access["low"] < 0.59 < access["high"]  # the means of the distributions they are drawn from
    assert access["p_holm"] < 0.001
    assert language["low"] < 0 < language["high"]
    assert row(tables["needs"], "Housing", "the same people")["size"] < 0.1


def test_the_models_are_compared_at_exit(defined: tuple[Instrument, ...]) -> None:
    data = synthetic(Plan(people=900, original=0.4), defined)
    table = named(data)["scale_models"]
    found = row(table, "case_management_satisfaction", "everybody")
    assert found["n0"] + found["n1"] == found["n_pairs"]
    assert found["test"] == "Welch's t"
    assert found["se"] > 0
    assert found["low"] < found["difference"] < found["high"]


@pytest.mark.parametrize("people", [0, 1, 2, 5, 12])
@pytest.mark.parametrize("skipped", [0.0, 1.0])
def test_however_few_there_are_there_are_tables_without_nan(defined: tuple[Instrument, ...], people: int, skipped: float) -> None:
    data = synthetic(Plan(people=people, skipped=skipped, original=0.3), defined)
    tables = [*all_tables(data), *(subgroups(data, by) for by in BY)]
    for table in tables:
        for each in table.rows:
            for name, value in each.items():
                assert not (isinstance(value, float) and not math.isfinite(value)), (table.key, name)
                assert name in table.columns


def test_everybody_answering_the_same_is_said_in_words(defined: tuple[Instrument, ...]) -> None:
    data = synthetic(Plan(people=60, reached={ENTRY: 1, EXIT: 1, FOLLOW_UP: 0}, skipped=0, partial=0), defined)
    responses = data.responses.copy()
    scale = responses["type"] == "scale"
    responses["value"] = responses["value"].astype("object")
    responses.loc[scale, "value"] = "4"
    found = row(named(replace(data, responses=responses))["scale_entry_exit"], "service_access", "the same people")
    assert (found["n0"], found["mean0"], found["p"]) == (60, 4.0, None)
    assert found["words"] == "nobody's answer changed"


def test_no_row_is_about_fewer_than_ten_people(defined: tuple[Instrument, ...]) -> None:
    for people in (8, 14, 40):
        for table in all_tables(synthetic(Plan(people=people, original=0.3), defined)):
            for each in table.rows:
                shown = [each[name] for name in ("n", "n0", "n1", "n_pairs") if each.get(name)]
                assert all(n >= SMALL for n in shown), (table.key, each)
                options = [value for name, value in each.items() if name.endswith("_n") and value]
                assert all(n >= SMALL for n in options), (table.key, each)


@pytest.mark.parametrize("by", sorted(BY))
def test_hidden_groups_cannot_be_worked_out_of_the_whole(defined: tuple[Instrument, ...], by: str) -> None:
    data = synthetic(Plan(people=260, seed=5), defined)
    pairs = paired(data, ENTRY, EXIT)
    change = pairs.after - pairs.before
    table = subgroups(data, by)
    for item in words.ITEMS:
        rows = [each for each in table.rows if each["item"] == words.ITEMS[item]]
        if item not in change or not rows:
            continue
        whole = change[item].dropna()
        known = [(each["n"], each["change"]) for each in rows if each["n"]]
        left = len(whole) - sum(n for n, _ in known)  # what a reader gets by subtracting
        assert left == 0 or left >= SMALL
        hidden = [each for each in rows if each["n"] is None]
        assert len(hidden) != 1 or left >= SMALL
