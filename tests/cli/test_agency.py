"""``ccmm-bot agency``: confirming help lines, and which dialogues a speaker must have read first."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from ccmm_bot.cli import app


@pytest.fixture(autouse=True)
def _installation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CCMM_DATABASE_URL", f"sqlite:///{tmp_path}/db.sqlite3")
    monkeypatch.setenv("CCMM_SECRET_KEY_FILE", str(tmp_path / "secret.key"))
    monkeypatch.setenv("CCMM_AGENCY_NAME", "Hillside")


def agency(*words: str) -> Result:
    return CliRunner().invoke(app, ["agency", *words])


def test_help_lines_are_listed_confirmed_and_taken_back() -> None:
    assert "9 of 10 wait for a confirmation" in agency("help-lines", "list").stdout
    assert "2 confirmed" in agency("help-lines", "confirm", "nurses", "bc211", "--by", "A. Name").stdout
    listed = agency("help-lines", "list").stdout
    assert "by A. Name" in listed
    assert "7 of 10 wait for a confirmation" in listed
    assert "7 confirmed" in agency("help-lines", "confirm", "all", "--by", "A. Name").stdout
    assert "none of 10 waits" in agency("help-lines", "list").stdout
    assert "taken back" in agency("help-lines", "withdraw", "nurses").stdout
    assert "It was not confirmed" in agency("help-lines", "withdraw", "nurses").stdout


def test_what_is_no_help_line_is_refused() -> None:
    answer = agency("help-lines", "confirm", "invented", "--by", "A. Name")
    assert answer.exit_code != 0
    assert "There is no such help line" in f"{answer.output}{answer.exception}"


def test_the_dialogues_a_speaker_must_have_read_are_kept_and_shown() -> None:
    assert agency("require-reviewed", "consent, safety").exit_code == 0
    assert "a language waits for a speaker's review of: consent,safety" in agency("show").stdout
    wrong = agency("require-reviewed", "invented")
    assert "There is no such dialogue: invented" in f"{wrong.output}{wrong.exception}"
    assert agency("require-reviewed", "").exit_code == 0
    assert "waits for a speaker" not in agency("show").stdout
