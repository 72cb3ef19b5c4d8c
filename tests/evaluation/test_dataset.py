"""Who is in a data set, what is in it of them, and how entry and exit are matched."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pandas as pd
import pytest

from ccmm_bot.evaluation.adherence import adherence_table
from ccmm_bot.evaluation.dataset import RESPONSES, Dataset, Selection
from ccmm_bot.evaluation.instruments import ENTRY, EXIT, FOLLOW_UP, Instrument
from ccmm_bot.evaluation.pairing import paired
from ccmm_bot.evaluation.parts import part_of
from ccmm_bot.evaluation.reach import reach
from ccmm_bot.evaluation.reading import read_dataset
from ccmm_bot.evaluation.releasing import agencies_named
from ccmm_bot.evaluation.synthetic import AFTER, BEFORE, Plan, synthetic
from ccmm_bot.store.session import Store
from ccmm_bot.store.tables import Person
from tests import new
from tests.evaluation.filling import NOW, consent, fill

#: After all that was made up has happened.
LATER = datetime(2031, 1, 1, tzinfo=UTC)
EVERYBODY = {ENTRY: 1.0, EXIT: 1.0, FOLLOW_UP: 1.0}


@pytest.fixture
def few(defined: tuple[Instrument, ...]) -> Dataset:
    return synthetic(Plan(people=12, reached=EVERYBODY, partial=0.2), defined)


def comparable(data: Dataset) -> Any:
    """The answers without the keys, in an order that does not depend on them."""
    columns = [name for name in RESPONSES if name not in ("person", "run")]
    table = data.responses[columns].astype("object").where(lambda each: each.notna(), None)
    return table.sort_values(["instrument", "item", "asked_at", "answered_at"]).reset_index(drop=True)


def test_what_was_answered_is_read_with_everything_that_belongs_to_an_answer(store: Store, few: Dataset) -> None:
    agency = new.agency(store)
    fill(store, agency, few)
    read = read_dataset(store, [agency], "a study", NOW)
    pd.testing.assert_frame_equal(comparable(read), comparable(few), check_dtype=False)
    for name in ("model", "language", "household_composition", "length_of_stay_at_start", "exit_reason", "need_entry_housing"):
        assert sorted(read.people[name].astype(str)) == sorted(few.people[name].astype(str)), name
    assert sorted(read.runs["outcome"]) == sorted(few.runs["outcome"])


def test_nobody_is_named_and_every_study_has_its_own_keys(store: Store, few: Dataset) -> None:
    agency = new.agency(store)
    ids = fill(store, agency, few)
    first, again, other = (read_dataset(store, [agency], study, NOW) for study in ("one", "one", "two"))
    assert list(first.people["person"]) == list(again.people["person"])
    assert not set(first.people["person"]) & set(other.people["person"])
    assert not set(first.runs["run"]) & set(other.runs["run"])
    text = "".join(table.to_csv() for table in (first.people, first.runs, first.responses))
    assert not any(key.hex in text or str(key) in text for key in ids.values())
    assert "Somewhere" not in text  # the case questionnaire's free text
    assert "00000003" not in text  # a person's code


def test_only_people_who_agree_to_research_today_are_in_it(store: Store, few: Dataset) -> None:
    agency = new.agency(store)
    ids = list(fill(store, agency, few, consent=False).values())
    consent(store, agency, ids[0], given=True, at=NOW - timedelta(days=9))
    consent(store, agency, ids[1], given=True, at=NOW - timedelta(days=9))
    consent(store, agency, ids[1], given=False, at=NOW - timedelta(days=1))  # took it back
    consent(store, agency, ids[2], given=False, at=NOW - timedelta(days=9))  # said no, then yes
    consent(store, agency, ids[2], given=True, at=NOW - timedelta(days=1))
    consent(store, agency, ids[3], given=False, at=NOW - timedelta(days=9))
    read = read_dataset(store, [agency], "s", NOW)
    assert len(read.people) == 2
    assert set(read.responses["person"]) <= set(read.people["person"])
    assert (read.withdrawn, read.without_consent) == (1, 9)


def test_an_agency_that_was_not_asked_for_gives_nothing(store: Store, few: Dataset) -> None:
    ours, theirs = new.agency(store, "Ours"), new.agency(store, "Theirs")
    fill(store, ours, few)
    fill(store, theirs, few)
    read = read_dataset(store, [ours], "s", NOW)
    assert set(read.people["agency"]) == {"Ours"}
    assert len(read.responses) == len(few.responses)
    assert len(read_dataset(store, [ours, theirs], "s", NOW).people) == 24


def test_agencies_of_the_same_name_are_told_apart_wherever_they_are_counted(store: Store, few: Dataset) -> None:
    ids = [new.agency(store, name) for name in ("Welcome", "Welcome (2)", "Welcome", "Welcome")]
    names = ["Welcome", "Welcome (2)", "Welcome (3)", "Welcome (4)"]
    for agency in ids:
        fill(store, agency, few)
    assert dict(read_dataset(store, ids, "s", NOW).people["agency"].value_counts()) == dict.fromkeys(names, 12)
    measured = [row["agency"] for row in adherence_table(store, ids, LATER).rows]
    assert list(dict.fromkeys(measured)) == names
    assert set(reach(store, ids, (), LATER)["agency"]) <= set(names)
    assert agencies_named(store, ()) == tuple(ids)
    assert agencies_named(store, ("Welcome (4)", "Welcome")) == (ids[3], ids[0])


def test_entries_that_were_merged_are_one_person(store: Store, few: Dataset) -> None:
    agency = new.agency(store)
    ids = list(fill(store, agency, few).values())
    with store.installation(write=True) as session:
        merged = session.get(Person, ids[0])
        assert merged is not None
        merged.merged_into = ids[1]
        session.add(merged)
    read = read_dataset(store, [agency], "s", NOW)
    assert len(read.people) == 11
    assert read.runs.groupby("person", observed=True).size().max() == 6


def test_an_empty_store_is_an_empty_data_set(store: Store) -> None:
    agency = new.agency(store)
    read = read_dataset(store, [agency], "s", NOW)
    assert (len(read.people), len(read.runs), len(read.responses)) == (0, 0, 0)
    pairs = paired(read, ENTRY, EXIT)
    assert (pairs.people, pairs.only_before, pairs.only_after) == (0, 0, 0)


# --- pairs -------------------------------------------------------------------------------------------------------------


def test_entry_and_exit_are_paired_and_who_is_left_over_is_counted(defined: tuple[Instrument, ...]) -> None:
    data = synthetic(Plan(people=400, reached={ENTRY: 0.8, EXIT: 0.6, FOLLOW_UP: 0.0}, skipped=0), defined)
    pairs = paired(data, ENTRY, EXIT)
    first, second = (set(data.runs.loc[data.runs["instrument"] == name, "person"]) for name in (ENTRY, EXIT))
    assert pairs.people == len(first & second)
    assert (pairs.only_before, pairs.only_after) == (len(first - second), len(second - first))
    assert pairs.versions == {"1→1": pairs.people}
    known = sum(point * (after - before) for point, (before, after) in enumerate(zip(BEFORE, AFTER, strict=True), start=1))
    change = (pairs.after["service_access"] - pairs.before["service_access"]).mean()
    assert change == pytest.approx(known, abs=0.25)


def test_a_question_that_was_worded_differently_is_not_compared(defined: tuple[Instrument, ...]) -> None:
    data = synthetic(Plan(people=30, reached=EVERYBODY, skipped=0, partial=0), defined)
    responses = data.responses.copy()
    responses["wording_version"] = responses["wording_version"].astype("object")
    other = (responses["instrument"] == EXIT) & (responses["item"] == "has_enough_food")
    responses.loc[other, "wording_version"] = "other"
    runs = data.runs.copy()
    runs.loc[runs["instrument"] == EXIT, "instrument_version"] = 2
    pairs = paired(replace(data, responses=responses, runs=runs), ENTRY, EXIT)
    assert pairs.not_comparable == 30
    assert pairs.before["has_enough_food"].notna().sum() == 0
    assert pairs.before["has_basic_income"].notna().sum() == 30
    assert pairs.versions == {"1→2": 30}


def test_what_an_instrument_declares_of_an_earlier_version_decides_what_is_compared(defined: tuple[Instrument, ...]) -> None:
    data = synthetic(Plan(people=30, reached=EVERYBODY, skipped=0, partial=0), defined)
    runs, responses = data.runs.copy(), data.responses.copy()
    runs.loc[runs["instrument"] == EXIT, "instrument_version"] = 2
    responses["wording_version"] = responses["wording_version"].astype("object")
    responses.loc[responses["instrument"] == EXIT, "wording_version"] = "other"
    same = frozenset(item.name for item in defined[0].items) - {"has_enough_food"}
    today = {(ENTRY, 1): same, (ENTRY, 2): same | {"has_enough_food"}, (EXIT, 2): same | {"has_enough_food"}}

    pairs = paired(replace(data, responses=responses, runs=runs, equivalent=today), ENTRY, EXIT)
    assert pairs.not_comparable == 30
    assert pairs.before["has_enough_food"].notna().sum() == 0
    assert pairs.before["has_basic_income"].notna().sum() == 30
    assert pairs.versions == {"1→2": 30}


def test_a_mended_typing_error_in_the_same_version_is_compared(defined: tuple[Instrument, ...]) -> None:
    data = synthetic(Plan(people=30, reached=EVERYBODY, skipped=0, partial=0), defined)
    responses = data.responses.copy()
    responses["wording_version"] = responses["wording_version"].astype("object")
    responses.loc[responses["instrument"] == EXIT, "wording_version"] = "mended"

    assert paired(replace(data, responses=responses), ENTRY, EXIT).not_comparable == 0
    assert paired(replace(data, responses=responses, equivalent={}), ENTRY, EXIT).not_comparable == 30 * 13


def test_a_person_belongs_to_the_period_of_her_exit_survey_with_all_she_answered(defined: tuple[Instrument, ...]) -> None:
    data = synthetic(Plan(people=400, reached=EVERYBODY, skipped=0, agencies=("Agency A",)), defined)
    selection = Selection(since=date(2027, 4, 10), until=date(2027, 7, 20))
    later = part_of(data, selection)
    ended = data.runs[(data.runs["instrument"] == EXIT) & selection.starts(data.runs["started_at"])]
    inside = set(later.people["person"])
    assert inside < set(ended["person"])
    assert len(inside) > len(set(ended["person"])) / 2  # of each language at most a parcel at either end is cut
    assert later.left_out
    assert paired(later, ENTRY, EXIT).people == len(inside)
    assert set(later.runs.loc[later.runs["instrument"] == ENTRY, "person"]) == inside


def test_a_selection_keeps_people_with_all_that_is_theirs(defined: tuple[Instrument, ...]) -> None:
    data = synthetic(Plan(people=100, original=0.5), defined)
    part = data.chosen(Selection(models=("original",), agencies=("Agency A",)))
    assert set(part.people["model"]) == {"original"}
    assert set(part.people["agency"]) == {"Agency A"}
    assert set(part.responses["person"]) <= set(part.people["person"])
    assert len(data.chosen(Selection(languages=("xx",))).responses) == 0
