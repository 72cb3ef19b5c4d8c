"""What leaves the service can be analysed by itself, in every format, and runs nothing in a spreadsheet."""

from __future__ import annotations

import json
import zipfile
from dataclasses import replace
from datetime import date
from pathlib import Path

import pandas as pd
import pyreadstat
import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook

from ccmm_bot.evaluation import formats, sheets
from ccmm_bot.evaluation.codebook import NOT_ASKED, SKIPPED, codebook_page
from ccmm_bot.evaluation.dataset import Dataset, Selection
from ccmm_bot.evaluation.exports import UnusableExport, read_export, write_export
from ccmm_bot.evaluation.instruments import Instrument
from ccmm_bot.evaluation.synthetic import Plan, synthetic
from ccmm_bot.evaluation.tables import all_tables


@pytest.fixture
def data(defined: tuple[Instrument, ...]) -> Dataset:
    return synthetic(Plan(people=80, original=0.4), defined)


@pytest.mark.parametrize("form", formats.FORMATS)
def test_the_tables_come_out_of_the_file_alone_as_they_do_out_of_the_store(
    tmp_path: Path, data: Dataset, defined: tuple[Instrument, ...], form: str
) -> None:
    told: list[str] = []
    digest = write_export(data, defined, tmp_path / "export.zip", form=form, tell=told.append)
    assert len(digest) == 64
    assert [each.split(":")[0] for each in told] == ["people", "runs", "responses", "wide"]
    again = read_export(tmp_path / "export.zip")
    assert all_tables(again) == all_tables(data)


@pytest.mark.parametrize("form", formats.FORMATS)
def test_nobody_at_all_is_an_export_too(tmp_path: Path, defined: tuple[Instrument, ...], form: str) -> None:
    empty = synthetic(Plan(people=0), defined)
    write_export(empty, defined, tmp_path / "export.zip", form=form)
    assert all_tables(read_export(tmp_path / "export.zip")) == all_tables(empty)


def test_an_spss_file_has_labels_and_says_what_was_skipped(tmp_path: Path, data: Dataset, defined: tuple[Instrument, ...]) -> None:
    write_export(data, defined, tmp_path / "export.zip", form="sav", shape="wide")
    with zipfile.ZipFile(tmp_path / "export.zip") as archive:
        archive.extract("wide.sav", tmp_path)
    table, about = pyreadstat.read_sav(str(tmp_path / "wide.sav"), user_missing=True)
    assert about.column_names_to_labels["exit_has_family_doctor"] == "Exit: Do you have a family doctor?"
    assert about.variable_value_labels["exit_has_family_doctor"] == {1: "Yes", 0: "No", SKIPPED: "Skipped", NOT_ASKED: "Not asked"}
    assert about.variable_value_labels["exit_service_access"][5] == "Very satisfied"
    assert about.missing_ranges["exit_service_access"] == [{"lo": NOT_ASKED, "hi": SKIPPED}]
    mine = data.responses[(data.responses["instrument"] == "exit_survey") & (data.responses["item"] == "service_access")]
    assert (table["exit_service_access"] == SKIPPED).sum() == mine["skipped"].sum()
    assert (table["exit_service_access"] > 0).sum() == (~mine["skipped"]).sum()


def test_the_data_package_names_every_column(tmp_path: Path, data: Dataset, defined: tuple[Instrument, ...]) -> None:
    write_export(data, defined, tmp_path / "export.zip")
    with zipfile.ZipFile(tmp_path / "export.zip") as archive:
        about = json.loads(archive.read("datapackage.json"))
        for resource in about["resources"]:
            with archive.open(resource["path"]) as file:
                table = pd.read_csv(file)
            assert list(table.columns) == [each["name"] for each in resource["schema"]["fields"]]
        page = archive.read("codebook.html").decode()
    assert "Do you have a family doctor?" in page
    assert "Yes is worse." in page


def test_the_codebook_has_the_wording_of_every_language(data: Dataset, defined: tuple[Instrument, ...]) -> None:
    page = codebook_page(data, defined, {"fr": {"options.texts.has_family_doctor": "Avez-vous un médecin de famille ?"}})
    assert '<dt>fr</dt><dd lang="fr" dir="auto">Avez-vous un médecin de famille ?</dd>' in page


def test_a_period_holds_those_who_began_something_in_it_with_what_came_before(
    tmp_path: Path, data: Dataset, defined: tuple[Instrument, ...]
) -> None:
    part = data.chosen(Selection(since=date(2027, 4, 1), until=date(2027, 6, 30)))
    write_export(part, defined, tmp_path / "export.zip")
    again = read_export(tmp_path / "export.zip")
    assert 0 < len(again.people) < len(data.people)
    assert again.selection == part.selection
    assert again.runs["started_at"].max() < pd.Timestamp("2027-07-01", tz="UTC")
    assert again.runs["started_at"].min() < pd.Timestamp("2027-04-01", tz="UTC")


# --- what a spreadsheet would run --------------------------------------------------------------------------------------

PHONES = ["+1 604 555 0100", "+16045550100", "-5", "604-555-0100", "+44 (20) 7946 0018"]
FORMULAS = ['=HYPERLINK("http://example.org")', "+cmd|' /C calc'!A0", "@SUM(1+1)", "-2+3+cmd|' /C calc'!A0", "\t=1+1", "=1+1"]
#: The same in other widths and sizes, and behind what programs cut away as they import.
FOLDED = ["＝1+1", "＋1+cmd|' /C calc'!A0", "－1+cmd", "＠SUM(1)", "﹦1+1", "﹢1+a", "⁻1+a", "\u22121+a", "｜cmd"]
BEHIND = [" =1+1", "\u00a0=1+1", '"=1+1', "\u201c=1+1", "\ufeff=1+1", "\u200b＝1+1", "\x00=1+1", "\r\n=1+1", ' " \t＠SUM(1)']
WORDS = ["Bonjour", "— a dash", "'quoted'", " indented", "\u202eمرحبا", "１＋１", "(=1)", "? =1", ""]


@pytest.mark.parametrize("form", formats.FORMATS)
def test_formulas_are_neutralised_and_telephone_numbers_stay(
    tmp_path: Path, data: Dataset, defined: tuple[Instrument, ...], form: str
) -> None:
    names = [*PHONES, *FORMULAS, "＝1+1", ' "=1+1']
    people = data.people.copy()
    people["agency"] = pd.Series([names[n % len(names)] for n in range(len(people))], dtype="category")
    write_export(replace(data, people=people), defined, tmp_path / "export.zip", form=form)
    assert set(read_export(tmp_path / "export.zip").people["agency"]) == set(names)
    with zipfile.ZipFile(tmp_path / "export.zip") as archive:
        archive.extractall(tmp_path)
    if form == "csv":
        seen = set(pd.read_csv(tmp_path / "people.csv", dtype=str)["agency"])
        assert set(PHONES) <= seen
        assert not set(FORMULAS) & seen
    if form == "xlsx":
        sheet = load_workbook(tmp_path / "people.xlsx").worksheets[0]
        assert {cell.data_type for row in sheet.iter_rows(min_row=2, min_col=2, max_col=2) for cell in row} == {"s"}


@pytest.mark.parametrize("text", [*FORMULAS, *FOLDED, *BEHIND])
def test_no_text_begins_a_formula_whatever_a_spreadsheet_folds_into_one(text: str) -> None:
    assert formats.safe(text) == f"'{text}"


@pytest.mark.parametrize("text", [*PHONES, *WORDS])
def test_words_and_numbers_stay_as_they_are(text: str) -> None:
    assert formats.safe(text) == text


@given(st.text())
def test_a_safe_text_is_no_formula_and_can_be_undone(text: str) -> None:
    safe = formats.safe(text)
    assert safe in (text, f"'{text}")
    if safe == text and text[:1] in ("=", "@", "\t", "\r"):
        pytest.fail("a spreadsheet would run this")
    assert formats.safe(safe) == safe


# --- bad files -----------------------------------------------------------------------------------------------------------


def test_a_file_that_is_no_export_is_refused_in_one_sentence(
    tmp_path: Path, data: Dataset, defined: tuple[Instrument, ...]
) -> None:
    (tmp_path / "text.zip").write_text("hello")
    with zipfile.ZipFile(tmp_path / "other.zip", "w") as archive:
        archive.writestr("datapackage.json", "{}")
    write_export(data, defined, tmp_path / "wide.zip", shape="wide")
    write_export(data, defined, tmp_path / "book.zip", form="xlsx", shape="long")
    with zipfile.ZipFile(tmp_path / "book.zip") as book, zipfile.ZipFile(tmp_path / "broken.zip", "w") as broken:
        for name in book.namelist():
            broken.writestr(name, b"no book" if name.endswith(".xlsx") else book.read(name))
    for name in ("text.zip", "other.zip", "missing.zip", "wide.zip", "broken.zip"):
        with pytest.raises(UnusableExport):
            read_export(tmp_path / name)
    with pytest.raises(UnusableExport):
        write_export(data, defined, tmp_path / "x.zip", form="doc")


def test_what_one_sheet_does_not_hold_goes_on_in_the_next(
    tmp_path: Path, data: Dataset, defined: tuple[Instrument, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sheets, "SHEET_ROWS", 1_000)  # of a spreadsheet program 1,048,576
    write_export(data, defined, tmp_path / "export.zip", form="xlsx", shape="long")
    assert all_tables(read_export(tmp_path / "export.zip")) == all_tables(data)
    with zipfile.ZipFile(tmp_path / "export.zip") as archive:
        archive.extract("responses.xlsx", tmp_path)
    book = load_workbook(tmp_path / "responses.xlsx")
    assert [sheet.title for sheet in book][:2] == ["data", "data 2"]
    assert sum(sheet.max_row - 1 for sheet in book) == len(data.responses)
    assert {tuple(cell.value for cell in sheet[1]) for sheet in book} == {tuple(data.responses.columns)}
    assert max(sheet.max_row for sheet in book) == 1_000


def test_a_spreadsheet_gives_back_midnights_empty_cells_and_yes_beside_one(tmp_path: Path) -> None:
    moments = pd.to_datetime(["2026-03-01T00:00:00Z", "2026-03-01T12:30:00.250Z", None], format="ISO8601")
    table = pd.DataFrame(
        {"at": moments, "day": pd.to_datetime(["2026-03-01", None, "2026-12-31"]), "n": [0.0, 1.0, None], "said": ["", "1", "TRUE"]}
    ).assign(skipped=[True, False, True])
    sheets.write_sheets(table, tmp_path / "book.xlsx")
    back = sheets.read_sheets(tmp_path / "book.xlsx")
    assert list(pd.to_datetime(back["at"], utc=True).dropna()) == list(moments.dropna())
    assert list(pd.to_datetime(back["day"]).dropna()) == list(table["day"].dropna())
    assert back["n"].tolist() == [0.0, 1.0, None]
    assert back["said"].tolist() == [None, "1", "TRUE"]
    assert back["skipped"].tolist() == [True, False, True]


def test_a_spreadsheet_has_days_moments_and_numbers_as_what_they_are(
    tmp_path: Path, data: Dataset, defined: tuple[Instrument, ...]
) -> None:
    write_export(data, defined, tmp_path / "export.zip", form="xlsx", shape="long")
    with zipfile.ZipFile(tmp_path / "export.zip") as archive:
        archive.extractall(tmp_path)
    people, answers = (pd.read_excel(tmp_path / f"{name}.xlsx", engine="openpyxl") for name in ("people", "responses"))
    assert list(people["opened_on"]) == list(data.people["opened_on"])
    assert list(people["household_size"].dropna()) == list(data.people["household_size"].dropna())
    assert answers["skipped"].tolist() == data.responses["skipped"].tolist()
    late = (answers["answered_at"] - data.responses["answered_at"].dt.tz_localize(None)).abs().max()
    assert late <= pd.Timedelta(milliseconds=1)  # what a spreadsheet's number of days holds
