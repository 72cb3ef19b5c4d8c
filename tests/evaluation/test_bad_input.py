"""Nobody, one person, everything skipped, several versions, the same answer from everybody: words everywhere, and never a NaN."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from ccmm_bot.evaluation import formats
from ccmm_bot.evaluation.dataset import Dataset
from ccmm_bot.evaluation.exports import read_export, write_export
from ccmm_bot.evaluation.instruments import ENTRY, EXIT, FOLLOW_UP, Instrument
from ccmm_bot.evaluation.report import data_tables, report_page, translator
from ccmm_bot.evaluation.report_pdf import report_pdf
from ccmm_bot.evaluation.shown import as_text
from ccmm_bot.evaluation.synthetic import Plan, synthetic
from tests.evaluation.conftest import ROOT

EVERYBODY = {ENTRY: 1.0, EXIT: 1.0, FOLLOW_UP: 1.0}
Defined = tuple[Instrument, ...]


def nobody(defined: Defined) -> Dataset:
    return synthetic(Plan(people=0), defined)


def one(defined: Defined) -> Dataset:
    return synthetic(Plan(people=1, reached=EVERYBODY), defined)


def without_surveys(defined: Defined) -> Dataset:
    return synthetic(Plan(people=30, reached=dict.fromkeys(EVERYBODY, 0.0)), defined)


def all_skipped(defined: Defined) -> Dataset:
    return synthetic(Plan(people=40, reached=EVERYBODY, skipped=1.0), defined)


def mixed_versions(defined: Defined) -> Dataset:
    data = synthetic(Plan(people=40, reached=EVERYBODY), defined)
    runs, responses = data.runs.copy(), data.responses.copy()
    runs["instrument_version"] = np.arange(len(runs)) % 3 + 1
    responses["instrument_version"] = (
        responses["run"].astype("object").map(dict(zip(runs["run"].astype("object"), runs["instrument_version"], strict=True)))
    )
    responses["wording_version"] = ("v" + responses["instrument_version"].astype(str)).astype("category")
    return replace(data, runs=runs, responses=responses, equivalent={})


def constant(defined: Defined) -> Dataset:
    data = synthetic(Plan(people=40, reached=EVERYBODY, skipped=0, partial=0, original=0.5), defined)
    responses, people = data.responses.copy(), data.people.copy()
    responses["value"] = responses["value"].astype("object")
    for kind, value in (("scale", "4"), ("yes_no", "yes")):
        responses.loc[responses["type"] == kind, "value"] = value
    for name in [each for each in people.columns if each.startswith("need_")]:
        people[name] = 1.0
    return replace(data, people=people, responses=responses)


CASES: list[Callable[[Defined], Dataset]] = [nobody, one, without_surveys, all_skipped, mixed_versions, constant]
each_case = pytest.mark.parametrize("case", CASES, ids=lambda each: each.__name__)


def seen(text: str) -> set[str]:
    """The words a reader sees."""
    return set(re.split(r"[\s:;,()\[\]]+", re.sub(r"<style.*?</style>|<[^>]*>", " ", text, flags=re.DOTALL)))


@each_case
def test_every_table_has_numbers_or_words(case: Callable[[Defined], Dataset], defined: Defined) -> None:
    tables = data_tables(case(defined))
    assert len(tables) > 10
    for table in tables:
        for row in table.rows:
            assert set(row) <= set(table.columns), table.key
            for name, value in row.items():
                assert value is None or isinstance(value, (int, str)) or math.isfinite(value), (table.key, name)
            if row.get("p") is None and "p" in row:
                assert row["words"] or row["size"] is not None, (table.key, row)  # why there is none
        text = as_text(table)
        assert not {"nan", "NaN", "None", "inf", "nat", "NaT"} & seen(text), table.key
        assert table.rows or "There is nothing to show" in text


@each_case
def test_every_picture_and_page_is_made(case: Callable[[Defined], Dataset], defined: Defined) -> None:
    data, say = case(defined), translator(ROOT / "locales", "fr")
    page = report_page(data, data_tables(data), say, "fr")
    assert not {"nan", "NaN", "None", "inf", "NaT"} & seen(page)
    assert page.count("<svg ") == page.count("data:image/png;base64,iVBOR")


@pytest.mark.parametrize("case", [nobody, one, constant], ids=lambda each: each.__name__)
def test_the_pdf_is_made(case: Callable[[Defined], Dataset], defined: Defined) -> None:
    data = case(defined)
    assert report_pdf(data, data_tables(data)[:7], translator(ROOT / "locales", "en"), "en").startswith(b"%PDF-")


@each_case
@pytest.mark.parametrize("form", formats.FORMATS)
@pytest.mark.parametrize("shape", ["both", "wide"])
def test_every_export_is_written_and_the_same_when_read(
    case: Callable[[Defined], Dataset], defined: Defined, tmp_path: Path, form: str, shape: str
) -> None:
    data = case(defined)
    write_export(data, defined, tmp_path / "export.zip", form=form, shape=shape)
    if shape == "both":
        again = read_export(tmp_path / "export.zip")
        assert (len(again.people), len(again.runs), len(again.responses)) == (len(data.people), len(data.runs), len(data.responses))
        assert [table.rows for table in data_tables(again)[:4]] == [table.rows for table in data_tables(data)[:4]]
