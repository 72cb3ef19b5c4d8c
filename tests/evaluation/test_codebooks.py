"""Codebooks of instruments: for people as a page and on paper, for programs as DDI and as a data package."""

from __future__ import annotations

import csv
import io
import json
import re
import subprocess
import zipfile
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from xml.etree import ElementTree

import pytest
from typer.testing import CliRunner

from ccmm_bot.cli import app
from ccmm_bot.dialogue.loader import Loaded, load_program
from ccmm_bot.evaluation.book import Book, UnknownInstrument, books
from ccmm_bot.evaluation.book_data import data_package_of, ddi
from ccmm_bot.evaluation.book_page import book_page
from ccmm_bot.evaluation.book_pdf import book_pdf
from ccmm_bot.evaluation.exports import write_export
from ccmm_bot.evaluation.instruments import WAVES, Instrument
from ccmm_bot.evaluation.synthetic import Plan, synthetic
from ccmm_bot.i18n.catalogues import Catalogues
from ccmm_bot.i18n.interface import speaking
from ccmm_bot.i18n.languages import TAGS
from tests.evaluation.conftest import ROOT

NOW = datetime(2026, 11, 20, tzinfo=UTC)
NAMES = sorted(load_program(ROOT / "dialogues").instruments)


@cache
def loaded() -> tuple[Loaded, Catalogues]:
    return load_program(ROOT / "dialogues"), Catalogues.load(ROOT / "locales")


def book(name: str, *tags: str) -> Book:
    (made,) = books(*loaded(), [name], tags or ("en",))
    return made


def page(*made: Book, tag: str = "en") -> str:
    return book_page(made, speaking(ROOT / "locales", tag).gettext, tag)


def text(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))


# --- for people -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_every_instrument_has_words_and_codes_in_every_language(name: str) -> None:
    made = book(name, *TAGS)
    for item in made.items:
        assert set(item.wordings) == set(TAGS), item.name
        assert all(set(answer.words) == set(TAGS) for answer in item.answers), item.name
    assert page(made).count("<h3><code>") == len(made.items)


def test_the_page_says_what_was_asked_how_it_is_scored_and_where_it_comes_from() -> None:
    said = text(page(book("entry_survey", "en", "ar"), book("follow_up", "en")))
    assert "Client survey at entry entry_survey , version 1. Source: Final report, BC Settlement Case Management Service" in said
    assert "a scale, 1–5; higher, or yes, is better; measures: satisfaction with settlement." in said
    assert "yes or no; lower, or no, is better; measures: basic needs." in said
    assert "ما مدى رضاكم عن إيجاد الخدمات" in said
    assert "1: the same as now: has_safe_stable_housing" in said
    assert "In SPSS files -8 stands for skipped and -9 for not asked." in said
    assert 'dir="rtl">ما' in page(book("entry_survey", "ar"))


def test_what_a_person_writes_in_her_own_words_is_said_to_stay_in_the_service() -> None:
    said = text(page(book("intake_request")))
    assert "a town; neither end is the better one; never exported" in said
    assert "Column: city" not in said
    assert "( no answer)" in text(page(book("household"))).replace("(no answer)", "( no answer)")


def test_the_page_can_be_read_in_french() -> None:
    said = text(page(book("entry_survey", "fr"), tag="fr"))
    assert "Livre des codes" in said
    assert "better" not in said
    assert "comme maintenant : has_safe_stable_housing" in text(page(book("follow_up", "fr"), tag="fr"))
    for english in ("measures", "never exported", "the same as now", "no answer"):
        assert english not in text(page(book("entry_survey", "fr"), book("follow_up", "fr"), tag="fr"))


def test_the_paper_is_the_same_each_time_and_holds_every_script(tmp_path: Path) -> None:
    made = [book("household", "en", "ar", "ti", "pa", "hi", "uk")]
    content = book_pdf(made, str, "en", NOW)
    assert content == book_pdf(made, str, "en", NOW)
    assert content.startswith(b"%PDF-")
    fonts = set(re.findall(rb"/BaseFont /[A-Z]+\+(\w+)", content))
    assert fonts >= {b"NotoSans", b"NotoSansArabic", b"NotoSansEthiopic", b"NotoSansGurmukhi", b"NotoSansDevanagari"}
    for tag in ("en", "ar", "ti", "uk"):
        assert made[0].items[0].wordings[tag][0] in _words_of(content, tmp_path)


def _words_of(content: bytes, folder: Path) -> str:
    path = folder / "book.pdf"
    path.write_bytes(content)
    try:
        return subprocess.run(["pdftotext", str(path), "-"], capture_output=True, text=True, check=True).stdout
    except FileNotFoundError:
        pytest.skip("pdftotext is not installed")


# --- for programs ---------------------------------------------------------------------------------------------------------

NS = {"d": "ddi:codebook:2_5"}
#: The order of the parts of a variable in the schema of DDI-Codebook 2.5 (varType).
ORDER = ["labl", "qstn", "valrng", "invalrng", "txt", "catgry", "concept", "varFormat", "notes"]


@pytest.mark.parametrize("name", NAMES)
def test_the_ddi_has_its_parts_in_the_order_of_the_schema(name: str) -> None:
    root = ElementTree.fromstring(ddi([book(name, *TAGS)], date(2026, 11, 20)))
    assert root.tag == "{ddi:codebook:2_5}codeBook"
    assert [child.tag.split("}")[1] for child in root][:2] == ["docDscr", "stdyDscr"]
    assert root.find("d:stdyDscr/d:citation/d:titlStmt/d:titl", NS) is not None
    files = {each.get("ID") for each in root.findall("d:fileDscr", NS)}
    variables = root.findall("d:dataDscr/d:var", NS)
    assert variables
    ids = [each.get("ID") for each in variables]
    assert len(set(ids)) == len(ids)
    for group in root.findall("d:dataDscr/d:varGrp", NS):
        assert set((group.get("var") or "").split()) <= set(ids)
    for variable in variables:
        assert variable.get("files") in files
        parts = [child.tag.split("}")[1] for child in variable]
        assert [part for part in ORDER for _ in range(parts.count(part))] == parts
        assert all(category[0].tag.endswith("catValu") for category in variable.findall("d:catgry", NS))


def test_the_ddi_holds_wordings_codes_missing_answers_and_scoring() -> None:
    root = ElementTree.fromstring(ddi([book("exit_survey", "en", "ar"), book("household")], date(2026, 11, 20)))
    money = root.find(".//d:var[@name='exit_ran_out_of_money_last_month']", NS)
    assert money is not None
    assert [each.text for each in money.findall("d:catgry/d:catValu", NS)] == ["yes", "no"]
    assert [each.text for each in money.findall("d:catgry/d:txt", NS)] == ["In SPSS files: 1", "In SPSS files: 0"]
    assert money.findtext("d:notes", namespaces=NS) == "lower, or no, is better"
    languages = {each.get("{http://www.w3.org/XML/1998/namespace}lang") for each in money.findall("d:qstn/d:qstnLit", NS)}
    assert languages == {"en", "ar"}
    unsure = root.find(".//d:var[@name='family_contact']/d:catgry[@missing='Y']/d:catValu", NS)
    assert unsure is not None
    assert unsure.text == "not_sure"
    assert root.find(".//d:var[@name='other_own_phone']", NS) is None  # never exported


def test_the_data_package_describes_the_columns_an_export_really_has(tmp_path: Path, defined: tuple[Instrument, ...]) -> None:
    path = tmp_path / "export.zip"
    write_export(synthetic(Plan(people=40), defined), defined, path)
    described = data_package_of([book(name) for name in WAVES])
    (resource,) = described["resources"]
    with zipfile.ZipFile(path) as archive:
        rows = list(csv.DictReader(io.StringIO(archive.read(resource["path"]).decode())))
        about = json.loads(archive.read("datapackage.json"))
    assert len(rows) == 40
    for field in resource["schema"]["fields"]:
        values = {row[field["name"]] for row in rows} - set(resource["schema"]["missingValues"])
        rules = field.get("constraints", {})
        if field["type"] == "integer":
            assert all(rules["minimum"] <= float(value) <= rules["maximum"] for value in values)
        elif "enum" in rules:
            assert values <= set(rules["enum"])
    keys = {each["name"]: each["schema"]["primaryKey"] for each in about["resources"]}
    assert keys == {"people": ["person"], "runs": ["run"], "responses": ["run", "item"], "wide": ["person"]}
    assert about["instruments"][2]["same_as_today"]["2"] == sorted(item.name for item in defined[2].items)


def test_an_instrument_that_has_no_columns_is_described_by_its_lines() -> None:
    (resource,) = data_package_of([book("household")])["resources"]
    assert (resource["path"], resource["schema"]["primaryKey"]) == ("responses.csv", ["run", "item"])
    size = next(each for each in resource["items"] if each["item"] == "household_size")
    assert size["constraints"] == {"minimum": 1, "maximum": 30}


# --- the command -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("form", "start"), [("html", b"<!doctype html>"), ("pdf", b"%PDF"), ("ddi", b"<?xml"), ("package", b"{")])
def test_the_command_writes_each_form(form: str, start: bytes, tmp_path: Path) -> None:
    path = tmp_path / "book"
    done = CliRunner().invoke(
        app, ["evaluation", "codebook", "household", "--format", form, "--languages", "en,ti", "-o", str(path)]
    )
    assert done.exit_code == 0, done.output
    assert path.read_bytes().startswith(start)
    assert "1 instruments, 8 items, in 2 languages" in done.output


def test_an_unknown_instrument_or_language_is_said() -> None:
    with pytest.raises(UnknownInstrument, match='There is no instrument "moods"'):
        book("moods")
    done = CliRunner().invoke(app, ["evaluation", "codebook", "--languages", "tlh", "-o", "/dev/null"])
    assert "is not one of our languages" in f"{done.output}{done.exception}"
