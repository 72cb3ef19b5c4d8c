"""Whatever parts of a study are asked for, nobody finds a small group by subtracting one report from another."""

from __future__ import annotations

import itertools
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ccmm_bot.evaluation.comparing import means_over_time
from ccmm_bot.evaluation.dataset import Dataset, Selection, answers_of, one_run_each
from ccmm_bot.evaluation.disclosure import SMALL
from ccmm_bot.evaluation.instruments import ENTRY, EXIT, Instrument
from ccmm_bot.evaluation.pairing import paired
from ccmm_bot.evaluation.parts import TooFewPeople, parcels, part_of
from ccmm_bot.evaluation.report import data_tables
from ccmm_bot.evaluation.synthetic import Plan, synthetic

DAYS = [
    date(2026, 1, 1),
    date(2027, 3, 15),
    date(2027, 3, 16),
    date(2027, 5, 1),
    date(2027, 5, 8),
    date(2027, 7, 31),
    date(2028, 1, 1),
]
PERIODS = [(None, None), *itertools.pairwise(DAYS), (DAYS[1], DAYS[3]), (DAYS[2], DAYS[5]), (None, DAYS[3]), (DAYS[2], None)]
LANGUAGES = ("ar", "prs", "ps", "fa", "so", "am")  # large and small


def every_part(data: Dataset) -> dict[Selection, Dataset]:
    """Each language, model, agency and period, alone and together, as far as it is given out."""
    languages = [(), *((name,) for name in LANGUAGES)]
    models = [(), ("enhanced",), ("original",)]
    agencies = [(), ("Agency A",), ("Agency B",)]
    given_out = {}
    for language, model, agency, (since, until) in itertools.product(languages, models, agencies, PERIODS):
        selection = Selection(since=since, until=until, models=model, languages=language, agencies=agency)
        try:
            given_out[selection] = part_of(data, selection)
        except TooFewPeople:
            continue
    return given_out


def counted(data: Dataset) -> dict[str, Any]:
    """Everything a report counts people of: name → whether each person is among them."""
    people = pd.Index(data.people["person"].astype("object"))
    pairs = paired(data, ENTRY, EXIT)
    tables = {wave: answers_of(data, one_run_each(data, wave)).notna() for wave in (ENTRY, EXIT)}
    tables["pairs"] = pairs.before.notna() & pairs.after.notna()
    found = {f"{name} {item}": table[item].reindex(people, fill_value=False) for name, table in tables.items() for item in table}
    return {"people": np.full(len(people), True)} | {name: each.to_numpy(dtype=bool) for name, each in found.items()}


@pytest.fixture(scope="module")
def data(defined: tuple[Instrument, ...]) -> Dataset:
    return synthetic(Plan(people=1500, seed=11, original=0.3), defined)


def test_no_combination_of_reports_tells_of_fewer_than_ten(data: Dataset) -> None:
    reports = every_part(data)
    assert len(reports) > 40
    assert {each.languages for each in reports} > {(), ("ar",), ("prs",)}
    people = pd.Index(data.people["person"].astype("object"))
    inside = np.array([people.isin(set(each.people["person"])) for each in reports.values()])
    # People who are in the same reports cannot be told apart by adding and subtracting any of them; every other group can be.
    _, atoms = np.unique(inside, axis=1, return_inverse=True)
    for name, among in counted(data).items():
        sizes = np.bincount(atoms[among], minlength=int(atoms.max()) + 1)
        assert not [n for n in sizes if 0 < n < SMALL], name


def test_subtracting_what_two_reports_say_gives_nothing_small(data: Dataset) -> None:
    reports = {
        selection: {
            (row["item"], row["compared"], name): row[name]
            for row in means_over_time(part, paired(part, ENTRY, EXIT), "", "", ENTRY, EXIT).rows
            for name in ("n0", "n1", "n_pairs")
            if row[name] is not None
        }
        for selection, part in every_part(data).items()
        if selection.models == ()
        and selection.languages in ((), ("ar",), ("prs",))
        and selection.since in (None, DAYS[1], DAYS[2])
        and selection.until in (None, DAYS[4])
    }
    assert len(reports) > 10
    for (one, first), (other, second) in itertools.permutations(reports.items(), 2):
        if wider(one, other):
            left = {first[key] - second[key] for key in first.keys() & second.keys()}
            assert not [n for n in left if 0 < n < SMALL], (one, other)


def wider(one: Selection, other: Selection) -> bool:
    """Whether everybody of the other is in the one."""
    alike = all(
        not mine or mine == theirs for mine, theirs in zip(one.attributes().values(), other.attributes().values(), strict=True)
    )
    since = one.since is None or (other.since is not None and other.since >= one.since)
    until = one.until is None or (other.until is not None and other.until <= one.until)
    return alike and since and until


def test_a_part_says_that_some_are_left_out_and_a_small_one_is_refused(data: Dataset) -> None:
    everybody = part_of(data, Selection())
    assert (len(everybody.people), everybody.left_out) == (1500, False)
    assert part_of(data, Selection(languages=("ar",))).left_out is False
    small = data.people["language"].value_counts().idxmin()
    with pytest.raises(TooFewPeople):
        part_of(data, Selection(languages=(str(small),)))
    with pytest.raises(TooFewPeople):
        part_of(data, Selection(since=date(2031, 1, 1)))


def test_counts_of_a_part_are_to_the_nearest_five(data: Dataset) -> None:
    part = part_of(data, Selection(languages=("ar",)))
    shown = [
        value
        for table in data_tables(part)
        if table.key in ("background", "service", "ending")
        for row in table.rows
        for name, value in row.items()
        if name.endswith("_n") and value is not None
    ]
    assert shown
    assert {n % 5 for n in shown} == {0}
    assert {table.key for table in data_tables(part)}.isdisjoint({"by_language", "quality_language", "drop_off", "scale_follow_up"})


@settings(max_examples=6, deadline=None)
@given(st.integers(0, 300), st.integers(0, 1000), st.floats(0, 0.5), st.integers(1, 4))
def test_every_parcel_is_nobody_or_ten_and_more(
    defined: tuple[Instrument, ...], people: int, seed: int, skipped: float, agencies: int
) -> None:
    data = synthetic(Plan(people=people, seed=seed, skipped=skipped, original=0.2, agencies="ABCD"[:agencies]), defined)
    parcel, days = parcels(data)
    assert len(parcel) == len(days) == people
    if len(set(parcel)) < 2:
        return  # everybody, or nobody
    for name, among in counted(data).items():
        sizes = np.bincount(parcel[among], minlength=int(parcel.max()) + 1)
        assert not [n for n in sizes if 0 < n < SMALL], name
