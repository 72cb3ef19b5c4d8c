"""Evaluation at the command line: a file to try things on, its tables, and an export out of a store."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from ccmm_bot.cli import app
from ccmm_bot.errors import CcmmError

RUNNER = CliRunner()


def run(*words: str) -> Result:
    return RUNNER.invoke(app, list(words), catch_exceptions=True)


def test_made_up_people_are_analysed_from_their_file_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    made = run("evaluation", "synthetic", "made.zip", "--people", "150", "--seed", "4")
    assert made.exit_code == 0, made.output
    found = run("evaluation", "analyse", "made.zip", "--by", "household_composition")
    assert found.exit_code == 0, found.output
    assert "Scale items, entry and exit" in found.output
    assert "Has a family doctor" in found.output
    assert "hidden: fewer than 10 people" in found.output
    assert "nan" not in found.output.lower().split()
    assert list(tmp_path.iterdir()) == [tmp_path / "made.zip"]  # no database was needed, and none was made


def test_how_many_pairs_a_study_needs() -> None:
    assert "90 complete pairs" in run("evaluation", "power", "0.3").output


def test_an_export_says_what_it_left_out_and_writes_over_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CCMM_DATABASE_URL", f"sqlite:///{tmp_path}/ccmm.sqlite3")
    monkeypatch.setenv("CCMM_SECRET_KEY_FILE", str(tmp_path / "secret.key"))
    done = run("export", "final", "--out", "out.zip", "--purpose", "Trying it out before the study")
    assert done.exit_code == 0, done.output
    assert "0 people, 0 answers" in done.output
    with zipfile.ZipFile("out.zip") as archive:
        assert {"people.csv", "runs.csv", "responses.csv", "wide.csv", "codebook.html", "datapackage.json"} == set(
            archive.namelist()
        )
        assert 'lang="ar"' in archive.read("codebook.html").decode()
    again = run("export", "final", "--out", "out.zip", "--purpose", "Trying it out before the study")
    assert isinstance(again.exception, CcmmError)
    assert "--replace" in str(again.exception)
    assert "Who answered" in run("evaluation", "analyse", "out.zip").output


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("report", "--out", "report.docx"), "ends neither in .html nor in .pdf"),
        (("report", "--out", "report.pdf", "--from", "2027-01-02", "--to", "2027-01-01"), "is after --to"),
        (("evaluation", "analyse", "nothing.zip"), "There is no file nothing.zip."),
        (("evaluation", "analyse", "broken.zip"), "no ZIP file, or a broken one"),
    ],
)
def test_what_cannot_be_done_is_said(words: tuple[str, ...], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("broken.zip").write_text("no archive", encoding="utf-8")
    done = run(*words)
    assert done.exit_code == 1
    assert isinstance(done.exception, CcmmError)
    assert said in str(done.exception)
    assert [each.name for each in tmp_path.iterdir()] == ["broken.zip"]
