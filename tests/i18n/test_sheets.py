"""The reviewers' spreadsheet goes out with everything a reviewer needs, and comes back without losing or breaking anything."""

from __future__ import annotations

from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook, load_workbook
from typer.testing import CliRunner, Result

from ccmm_bot.cli.locale import app
from ccmm_bot.i18n import blind, maintenance, pofiles, review, sheets, sheets_back
from ccmm_bot.i18n.languages import language

PROGRAM = Path(__file__).parents[1] / "conversation" / "program"
RED = "hello.colour.options.red"


class Desk:
    """A catalogue in one language, and the spreadsheet of a reviewer."""

    def __init__(self, folder: Path, tag: str = "fr") -> None:
        self.locales, self.file, self.tag = folder / "locales", folder / "review.xlsx", tag
        self.results = folder / "results"
        maintenance.init(maintenance.Folders(dialogues=PROGRAM, locales=self.locales), tag)
        self.translate({RED: "Rouge", "hello.colour.options.blue": "Bleu", "hello.colour.text": "Rouge ou bleu ?"})

    def po(self, domain: str = "dialogues") -> Path:
        return pofiles.path_of(self.locales, language(self.tag), domain)

    def translate(self, texts: Mapping[str, str], english: Mapping[str, str] | None = None) -> None:
        catalogue = pofiles.read(self.po(), language(self.tag))
        made = pofiles.new(language(self.tag), "dialogues")
        for message in pofiles.entries(catalogue):
            source = (english or {}).get(str(message.context), str(message.id))
            made.add(
                source,
                texts.get(str(message.context), message.string),
                context=message.context,
                user_comments=message.user_comments,
            )
        self.po().write_bytes(pofiles.dump(made))

    def text(self, key: str) -> str:
        catalogue = pofiles.read(self.po(), language(self.tag))
        return next(str(one.string) for one in pofiles.entries(catalogue) if one.context == key)

    def run(self, *arguments: str, dialogues: bool = False) -> Result:
        folders = ["--locales", str(self.locales), "--results", str(self.results)]
        more = ["--dialogues", str(PROGRAM)] if dialogues else []
        return CliRunner().invoke(app, [*arguments, "--language", self.tag, *folders, *more])

    def export(self) -> Any:
        result = self.run("export", "-o", str(self.file), dialogues=True)
        assert result.exit_code == 0, result.output
        return load_workbook(self.file)[sheets.REVIEW]

    def fill(self, rows: Mapping[str, Mapping[str, str]]) -> None:
        """What the reviewer writes, by key and column."""
        book = load_workbook(self.file)
        sheet = book[sheets.REVIEW]
        columns = {cell.value: cell.column or 0 for cell in sheet[1]}
        for line in sheet.iter_rows(min_row=2):
            for name, value in rows.get(str(line[0].value), {}).items():
                sheet.cell(row=line[0].row or 0, column=columns[name]).value = value
        book.save(self.file)

    def take(self, *flags: str) -> Result:
        return self.run("import", str(self.file), *flags)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def _row(sheet: Any, key: str) -> dict[str, Any]:
    heads = [cell.value for cell in sheet[1]]
    return next(dict(zip(heads, line, strict=True)) for line in sheet.iter_rows(min_row=2) if line[0].value == key)


def test_a_row_has_the_english_its_place_its_limit_and_its_looks(desk: Desk) -> None:
    row = _row(desk.export(), RED)
    assert row["English"].value == "Red"
    assert row["where"].value == "hello / colour\nanswer"
    assert row["before"].value == "Red or blue?"
    assert row["limit"].value == "20 letters; now 5"
    assert row["translation"].value == "Rouge"


def test_a_message_looks_as_it_does_on_a_phone_with_its_answers(tmp_path: Path) -> None:
    folders = maintenance.Folders(dialogues=PROGRAM, locales=tmp_path / "locales")
    desk = Desk(tmp_path)
    for domain in pofiles.DOMAINS:
        catalogue = pofiles.read(desk.po(domain), language("fr"))
        for message in pofiles.entries(catalogue):
            message.string = message.string or f"FR {message.id}"
        desk.po(domain).write_bytes(pofiles.dump(catalogue))
    assert folders.locales.is_dir()
    assert _row(desk.export(), RED)["as it looks"].value == "Rouge ou bleu ?\n1. Rouge\n2. Bleu\nFR 0 = skip"


def test_arabic_cells_run_from_right_to_left_and_english_ones_do_not(tmp_path: Path) -> None:
    desk = Desk(tmp_path, "ar")
    row = _row(desk.export(), RED)
    assert (row["translation"].alignment.readingOrder, row["translation"].alignment.horizontal) == (2, "right")
    assert row["English"].alignment.readingOrder == 0
    assert row["translation"].font.name == "Noto Naskh Arabic"


def test_only_the_reviewers_columns_can_be_written_in(desk: Desk) -> None:
    sheet = desk.export()
    row = _row(sheet, RED)
    assert sheet.protection.sheet
    assert {name for name, cell in row.items() if not cell.protection.locked} == {
        "new translation",
        "back-translation",
        "verdict",
        "reviewer",
        "note",
    }


@pytest.mark.parametrize("text", ['=HYPERLINK("http://x","y")', "+1", "-1", "@SUM(A1)"])
def test_what_begins_like_a_formula_goes_out_as_text(desk: Desk, text: str) -> None:
    desk.translate({RED: text})
    cell = _row(desk.export(), RED)["translation"]
    assert (cell.value, cell.data_type, cell.quotePrefix) == (text, "s", True)


def test_a_formula_that_comes_back_is_refused(desk: Desk) -> None:
    desk.export()
    desk.fill({RED: {"new translation": '=CONCATENATE("a","b")', "reviewer": "A. Reader"}})
    result = desk.take()
    assert result.exit_code == 1
    assert "a cell is a formula" in result.output
    assert desk.text(RED) == "Rouge"


def test_going_out_and_coming_back_unchanged_changes_nothing(desk: Desk) -> None:
    before = desk.po().read_bytes()
    desk.export()
    result = desk.take()
    assert result.exit_code == 0
    assert "0 translations changed, 0 texts reviewed" in result.output
    assert desk.po().read_bytes() == before


def test_a_better_translation_is_shown_taken_and_signed(desk: Desk) -> None:
    desk.export()
    desk.fill({RED: {"new translation": "Rouge vif", "verdict": "corrected", "reviewer": "A. Reader"}})
    result = desk.take()
    assert result.exit_code == 0
    assert "  - Rouge\n  + Rouge vif" in result.output
    assert desk.text(RED) == "Rouge vif"
    assert review.marked_by(pofiles.read(desk.po(), language("fr")))[RED].by == "A. Reader"


def test_check_shows_and_writes_nothing(desk: Desk) -> None:
    desk.export()
    desk.fill({RED: {"new translation": "Rouge vif"}})
    before = desk.po().read_bytes()
    assert "1 translations would change" in desk.take("--check").output
    assert desk.po().read_bytes() == before


def test_ok_signs_the_translation_as_it_is(desk: Desk) -> None:
    desk.export()
    desk.fill({RED: {"verdict": "OK", "reviewer": "A. Reader"}})
    assert "0 translations changed, 1 texts reviewed" in desk.take().output
    assert RED in review.marked_by(pofiles.read(desk.po(), language("fr")))


def test_a_catalogue_is_reviewed_when_its_last_text_is(desk: Desk) -> None:
    desk.translate({key: f"FR {key}" for key in _keys(desk)})
    desk.translate({"hello.permission.text": "FR {service_name}", RED: "Rouge"})
    desk.export()
    keys = _keys(desk)
    desk.fill({key: {"verdict": "ok", "reviewer": "A. Reader"} for key in keys[1:]})
    assert desk.take().exit_code == 0
    assert pofiles.read(desk.po(), language("fr")).review_status == "machine-draft"
    desk.export()
    desk.fill({keys[0]: {"verdict": "ok", "reviewer": "B. Reader"}})
    desk.take()
    assert pofiles.read(desk.po(), language("fr")).review_status == "reviewed"


def _keys(desk: Desk) -> list[str]:
    return [str(one.context) for one in pofiles.entries(pofiles.read(desk.po(), language("fr")))]


REFUSED = [
    ({"verdict": "ok"}, "nobody signed"),
    ({"verdict": "fine", "reviewer": "A"}, "a verdict is ok, corrected, wrong"),
    ({"verdict": "corrected", "reviewer": "A"}, "no new translation"),
    ({"verdict": "ok", "reviewer": "A", "new translation": "Autre"}, "which of the two"),
    ({"verdict": "ok", "reviewer": "A (B)"}, "without parentheses"),
    ({"new translation": "Rouge {service_name}"}, "L101"),
    ({"new translation": "Bleu"}, "L112"),
    ({"new translation": "Красный"}, "L105"),
]


@pytest.mark.parametrize(("cells", "why"), REFUSED)
def test_a_row_that_breaks_a_rule_is_refused_with_why_and_the_others_are_taken(
    desk: Desk, cells: Mapping[str, str], why: str
) -> None:
    desk.export()
    desk.fill({RED: cells, "hello.colour.text": {"new translation": "Lequel : rouge ou bleu ?"}})
    result = desk.take()
    assert result.exit_code == 1
    assert why in result.output
    assert desk.text(RED) == "Rouge"
    assert desk.text("hello.colour.text") == "Lequel : rouge ou bleu ?"


def test_a_row_whose_english_has_changed_since_is_refused(desk: Desk) -> None:
    desk.export()
    desk.fill({RED: {"new translation": "Rouge vif"}})
    desk.translate({}, english={RED: "Crimson"})
    result = desk.take()
    assert result.exit_code == 1
    assert "the English text has changed since" in result.output
    assert desk.text(RED) == "Rouge"


def test_a_row_whose_translation_somebody_else_has_changed_since_is_refused(desk: Desk) -> None:
    desk.export()
    desk.fill({RED: {"new translation": "Rouge vif"}})
    desk.translate({RED: "Vermeil"})
    assert "the translation has changed since" in desk.take().output
    assert desk.text(RED) == "Vermeil"


def test_what_is_found_wrong_without_a_better_wording_is_listed(desk: Desk) -> None:
    desk.export()
    desk.fill({RED: {"verdict": "wrong", "reviewer": "A"}})
    result = desk.take()
    assert f"{RED}: found wrong" in result.output
    assert desk.text(RED) == "Rouge"


def test_the_blind_readers_file_has_no_english_and_comes_back_into_the_results(desk: Desk) -> None:
    assert desk.run("export", "--blind", "-o", str(desk.file)).exit_code == 0
    book = load_workbook(desk.file)
    assert book.sheetnames == [sheets.BLIND]
    cells = [str(cell.value) for line in book[sheets.BLIND].iter_rows() for cell in line]
    assert "Red" not in cells
    assert not any(RED in cell for cell in cells)
    for line in book[sheets.BLIND].iter_rows(min_row=2):
        book[sheets.BLIND].cell(row=line[0].row or 0, column=3).value = "back"
    book.save(desk.file)
    assert "3 back-translations taken" in desk.take().output
    assert {one.back_translation for one in blind.load(desk.results / "fr.csv")} == {"back"}


@pytest.mark.parametrize("content", [b"", b"not a workbook", b"PK\x03\x04broken"])
def test_what_is_no_workbook_is_refused_in_one_line(desk: Desk, content: bytes) -> None:
    desk.file.write_bytes(content)
    result = desk.take()
    assert result.exit_code == 1
    assert "not an XLSX workbook" in result.output
    assert "Traceback" not in result.output


def test_a_workbook_without_the_columns_is_refused() -> None:
    book, buffer = Workbook(), BytesIO()
    book.create_sheet(sheets.REVIEW).append(["key", "English"])
    book.save(buffer)
    with pytest.raises(sheets_back.BrokenWorkbook, match="no column translation"):
        sheets_back.read_review(buffer.getvalue())
