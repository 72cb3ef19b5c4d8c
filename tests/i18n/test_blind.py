"""The blind pass: what the reader gets, what is laid beside the English, and what the counts count."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from ccmm_bot.cli.locale import app
from ccmm_bot.i18n import blind, blind_report, pofiles
from ccmm_bot.i18n.languages import LANGUAGES, language
from ccmm_bot.settings import Settings

ROOT = Path(__file__).resolve().parents[2]


class Pass:
    """A French catalogue of three texts, and the commands run on it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.write({"a.hello.say": ("Hello.", "Bonjour."), "a.bye.say": ("Goodbye.", "Bonjour encore."), "a.no.say": ("No.", "")})

    def write(self, texts: dict[str, tuple[str, str]]) -> None:
        catalog = pofiles.new(language("fr"), "dialogues")
        for key, (english, french) in texts.items():
            catalog.add(english, french, context=key)
        path = pofiles.path_of(self.folder, language("fr"), "dialogues")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(pofiles.dump(catalog))

    def run(self, *arguments: str) -> Result:
        folders = ["--locales", str(self.folder), "--results", str(self.folder / "results")]
        return CliRunner().invoke(app, [*arguments, "--language", "fr", *folders])

    def sheet(self, *flags: str) -> list[list[str]]:
        return list(csv.reader(io.StringIO(self.run("blind", *flags).stdout, newline="")))

    def back(self, translated: dict[str, str], *flags: str) -> Result:
        """A reader translates back what the sheet holds."""
        rows = self.sheet(*flags)
        path = self.folder / "back.csv"
        with path.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([rows[0], *([number, text, translated.get(text, "")] for number, text, _ in rows[1:])])
        return self.run("blind-compare", str(path))

    def results(self) -> dict[str, blind.Result]:
        return {one.key: one for one in blind.load(self.folder / "results" / "fr.csv")}

    def decide(self, key: str, **cells: str) -> None:
        path = self.folder / "results" / "fr.csv"
        rows = list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8"), newline="")))
        for row in rows:
            if row["key"] == key:
                row.update(cells)
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, blind.COLUMNS)
            writer.writeheader()
            writer.writerows(rows)


@pytest.fixture
def french(tmp_path: Path) -> Pass:
    return Pass(tmp_path)


def test_the_reader_gets_numbers_and_translations_and_no_english(french: Pass) -> None:
    rows = french.sheet()
    assert rows[0] == ["number", "text", "back_translation"]
    assert [text for _, text, _ in rows[1:]] == ["Bonjour.", "Bonjour encore."]
    assert all(number.isdecimal() and len(number) == 8 for number, _, _ in rows[1:])
    assert "Hello" not in french.run("blind").stdout
    assert "a.hello" not in french.run("blind").stdout


def test_a_number_stays_the_same_when_other_texts_come_and_go(french: Pass) -> None:
    before = french.sheet()[1]
    french.write({"x.new.say": ("New.", "Nouveau."), "a.hello.say": ("Hello.", "Bonjour.")})
    assert before in french.sheet()


def test_back_translations_lie_beside_the_english(french: Pass) -> None:
    result = french.back({"Bonjour.": "Hello.", "Bonjour encore.": "Hello again."})
    assert result.exit_code == 0
    assert "2 back-translations taken, 0 of 2" in result.output
    found = french.results()["a.bye.say"]
    assert (found.english, found.translation, found.back_translation) == ("Goodbye.", "Bonjour encore.", "Hello again.")


def test_a_corrected_text_is_read_again_beside_its_first_reading(french: Pass) -> None:
    french.back({"Bonjour.": "Hello.", "Bonjour encore.": "Hello again."})
    french.decide("a.hello.say", verdict="same")
    french.decide("a.bye.say", verdict="differs", note="greets instead of parting")
    french.write({"a.hello.say": ("Hello.", "Bonjour."), "a.bye.say": ("Goodbye.", "Au revoir.")})
    assert [text for _, text, _ in french.sheet("--changed")[1:]] == ["Au revoir."]
    french.back({"Au revoir.": "Goodbye."}, "--changed")
    french.decide("a.bye.say", later_verdict="same")
    found = french.results()["a.bye.say"]
    assert (found.verdict, found.back_translation, found.later_translation) == ("differs", "Hello again.", "Au revoir.")
    assert blind.counts(french.results().values()) == blind.Counts(read=2, differed=1, differ=0, undecided=0)


def test_a_verdict_is_not_overwritten_by_another_reading_of_the_same_text(french: Pass) -> None:
    french.back({"Bonjour.": "Hello."})
    french.decide("a.hello.say", verdict="same")
    french.back({"Bonjour.": "Good day."})
    assert french.results()["a.hello.say"].back_translation == "Hello."
    assert french.results()["a.hello.say"].verdict == "same"


def test_back_translations_of_a_text_that_changed_meanwhile_are_refused_and_the_others_kept(french: Pass) -> None:
    rows = french.sheet()
    french.write({"a.hello.say": ("Hello.", "Salut."), "a.bye.say": ("Goodbye.", "Bonjour encore.")})
    path = french.folder / "late.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([rows[0], *([number, text, "Hello"] for number, text, _ in rows[1:])])
    result = french.run("blind-compare", str(path))
    assert result.exit_code == 1
    assert "1 rows are of texts that have changed" in result.output
    assert list(french.results()) == ["a.bye.say"]


def test_a_changed_english_text_begins_anew(french: Pass) -> None:
    french.back({"Bonjour.": "Hello."})
    french.write({"a.hello.say": ("Hello there.", "Bonjour.")})
    french.back({"Bonjour.": "Hello."})
    assert french.results()["a.hello.say"].english == "Hello there."
    assert french.results()["a.hello.say"].verdict == ""


@pytest.mark.parametrize(
    "content", ["number,text\n1,a\n", "number,text,back_translation\n1,a,b\n1,a,b\n", "number,text,back_translation\n1\n"]
)
def test_a_file_that_is_not_a_sheet_is_refused(french: Pass, content: str) -> None:
    path = french.folder / "x.csv"
    path.write_text(content, encoding="utf-8")
    result = french.run("blind-compare", str(path))
    assert result.exit_code == 1
    assert "Traceback" not in result.output


def test_a_verdict_is_same_or_differs(french: Pass) -> None:
    french.back({"Bonjour.": "Hello."})
    french.decide("a.hello.say", verdict="perhaps")
    with pytest.raises(blind.BrokenSheet, match="same or differs"):
        french.results()


def test_the_report_counts_before_and_after(french: Pass) -> None:
    french.back({"Bonjour.": "Hello.", "Bonjour encore.": "Hello again."})
    french.decide("a.bye.say", verdict="differs", note="greets | parts")
    results = french.folder / "results"
    assert CliRunner().invoke(app, ["blind-report", "--results", str(results)]).exit_code == 0
    page = (results / "fr.md").read_text(encoding="utf-8")
    assert "Of 2 texts 1 differed in meaning before corrections and 1 after. 1 have not been compared yet." in page
    assert "greets \\| parts | not corrected |" in page
    assert "| [`fr`](fr.md) | French | 2 | 1 | 1 | 1 |" in (results / "README.md").read_text(encoding="utf-8")


def test_the_committed_pages_count_what_the_committed_results_say() -> None:
    folder = ROOT / "docs" / "translations"
    found = {entry.tag: blind.load(blind.results_path(folder, entry.tag)) for entry in LANGUAGES}
    for tag, rows in found.items():
        if rows:
            assert (folder / f"{tag}.md").read_text(encoding="utf-8") == blind_report.page(tag, rows), tag
    if any(found.values()):
        assert (folder / "README.md").read_text(encoding="utf-8") == blind_report.index(found)


def test_committed_results_are_of_texts_there_are() -> None:
    folder = ROOT / "docs" / "translations"
    for entry in LANGUAGES:
        results = blind.load(blind.results_path(folder, entry.tag))
        known = {(one.key, one.english) for one in blind.passages(Settings().locales_dir, entry.tag)} if results else set()
        assert [one.key for one in results if (one.key, one.english) not in known] == [], entry.tag
