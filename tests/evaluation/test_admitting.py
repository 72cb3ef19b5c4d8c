"""Whoever keeps yesterday's report, or has an agency's beside a study's, finds no small group by subtracting one from another."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest

from ccmm_bot.evaluation.admitting import admitted, quarter
from ccmm_bot.evaluation.counting import cases_of
from ccmm_bot.evaluation.dataset import Dataset, answers_of, one_run_each
from ccmm_bot.evaluation.disclosure import SMALL
from ccmm_bot.evaluation.instruments import ENTRY, EXIT, WAVES, Instrument
from ccmm_bot.evaluation.pairing import paired
from ccmm_bot.evaluation.synthetic import Plan, synthetic
from ccmm_bot.evaluation.tables import all_tables

AGENCIES = ("Agency A", "Agency B", "Agency C")
#: Every week over a year and more, and one long after.
DAYS = [*(date(2026, 2, 1) + timedelta(days=7 * n) for n in range(70)), date(2031, 1, 1)]


@pytest.fixture(scope="module")
def data(defined: tuple[Instrument, ...]) -> Dataset:
    return synthetic(Plan(people=700, seed=5, original=0.3, agencies=AGENCIES), defined)


def known_on(data: Dataset, today: date) -> Dataset:
    """What the store held on the morning of a day: surveys half filled in have no end, cases no exit."""
    before = pd.Timestamp(today, tz="UTC")
    people = data.people.assign(exit_on=data.people["exit_on"].where(data.people["exit_on"] < before.tz_localize(None)))
    there = (data.people["opened_on"] < before.tz_localize(None)).to_numpy()
    runs = data.runs.assign(ended_at=data.runs["ended_at"].where(data.runs["ended_at"] < before))
    known = replace(data, people=people, runs=runs).only(there)
    return known.with_runs((known.runs["started_at"] < before).to_numpy())


def of_agencies(data: Dataset, *names: str) -> Dataset:
    return data.only(data.people["agency"].isin(names).to_numpy())


def counted(data: Dataset) -> dict[str, int]:
    """Every number of people that a report says, before anything small is hidden in it."""
    found = {"people": len(data.people), "cases": len(cases_of(data)), "ends": int(data.people["exit_on"].notna().sum())}
    for wave in WAVES:
        answers = answers_of(data, one_run_each(data, wave)).notna().sum()
        found |= {f"{wave} {item}": int(n) for item, n in answers.items()}
    pairs = paired(data, ENTRY, EXIT)
    both = (pairs.before.notna() & pairs.after.notna()).sum()
    return found | {f"pairs {item}": int(n) for item, n in both.items()}


def small(one: dict[str, int], other: dict[str, int]) -> list[tuple[str, int]]:
    """What subtracting tells of fewer than ten."""
    left = {name: one.get(name, 0) - other.get(name, 0) for name in one.keys() | other.keys()}
    return [(name, n) for name, n in left.items() if 0 < abs(n) < SMALL]


def test_no_two_days_reports_can_be_subtracted_to_tell_of_fewer_than_ten(data: Dataset) -> None:
    moments = [counted(admitted(known_on(data, day), day)) for day in DAYS]
    assert len({tuple(sorted(each.items())) for each in moments}) > 20  # reports change all the time
    for (earlier, later), day in zip(itertools.pairwise(moments), DAYS[1:], strict=True):
        assert small(later, earlier) == [], day
    # Without waiting, a week's newcomers can be told.
    plain = [counted(known_on(data, day)) for day in DAYS[20:26]]
    assert any(small(later, earlier) for earlier, later in itertools.pairwise(plain))


def test_an_agencys_own_report_beside_a_studys_tells_of_nobody_small(data: Dataset) -> None:
    for day in DAYS[10::20]:
        known = known_on(data, day)
        study = counted(admitted(known, day))
        for names in ((one,) for one in AGENCIES):
            own = counted(admitted(of_agencies(known, *names), day))
            assert small(study, own) == [], (day, names)
            earlier = day - timedelta(days=10)
            then = counted(admitted(of_agencies(known_on(data, earlier), *names), earlier))
            assert small(study, then) == [], (day, names)


def test_whoever_was_let_in_stays_the_same(data: Dataset) -> None:
    runs: set[str] = set()
    for day in DAYS[::10]:
        now = set(admitted(known_on(data, day), day).runs["run"])
        assert runs <= now
        runs = now
    assert len(runs) > 0.8 * len(data.runs)


def test_a_small_agency_that_joins_a_study_is_not_in_it_before_there_are_ten(data: Dataset) -> None:
    few = np.zeros(len(data.people), dtype=bool)
    few[np.flatnonzero((data.people["agency"] == "Agency C").to_numpy())[:9]] = True
    study = data.only(few | (data.people["agency"] == "Agency A").to_numpy())
    shown = admitted(study, DAYS[-1])
    assert set(shown.people["agency"]) == {"Agency A"}
    assert shown.waiting


def test_somebody_who_agrees_later_comes_in_with_others_of_that_time(data: Dataset) -> None:
    some = str(data.people["person"].iloc[0])
    late: Any = (date(2030, 5, 1) - date(1970, 1, 1)).days
    shown = admitted(replace(data, agreed_on={some: late}), date(2030, 5, 2))
    assert some not in set(shown.people["person"])
    assert some not in set(shown.runs["person"])
    assert some in set(admitted(data, date(2030, 5, 2)).people["person"])


def test_nothing_waits_in_vain_and_nobody_is_an_answer_too(data: Dataset, defined: tuple[Instrument, ...]) -> None:
    nobody = admitted(synthetic(Plan(people=0), defined), DAYS[-1])
    assert all_tables(nobody) == all_tables(synthetic(Plan(people=0), defined))
    few = admitted(synthetic(Plan(people=9), defined), DAYS[-1])
    assert few.people.empty
    assert few.waiting
    assert all_tables(few)
    assert [quarter(day) for day in (date(2026, 1, 1), date(2026, 3, 31), date(2026, 12, 31))] == [
        date(2026, 1, 1), date(2026, 1, 1), date(2026, 10, 1),
    ]  # fmt: skip
