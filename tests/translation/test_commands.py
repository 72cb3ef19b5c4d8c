"""``ccmm-bot translate``: install what one has, see what it opens, and know whether it works."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from ccmm_bot.cli import app
from ccmm_bot.errors import CcmmError
from tests.translation.toy import FOLDER


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CCMM_TRANSLATION_DIR", str(tmp_path / "models"))
    monkeypatch.chdir(tmp_path)
    return tmp_path / "models"


def run(*words: str) -> str:
    done = CliRunner().invoke(app, ["translate", *words], catch_exceptions=True)
    if isinstance(done.exception, CcmmError):
        raise done.exception
    return f"{done.exit_code}\n{done.output}"


def test_a_model_is_installed_listed_checked_and_removed(folder: Path) -> None:
    assert "No model is installed" in run("list")
    assert "Installed es-en 1.0" in run("install", str(FOLDER / "toy_es_en.argosmodel"))
    run("install", str(FOLDER / "toy_en_fr.argosmodel"))
    listed = run("list")
    assert "into en: es" in listed
    assert "into fr: en, es" in listed
    checked = run("check")
    assert checked.startswith("0")
    assert "es-en 1.0: ok" in checked
    assert "Removed es-en" in run("remove", "es", "en")
    assert "into en" not in run("list")


def test_a_broken_model_is_told_and_ends_with_1(folder: Path) -> None:
    run("install", str(FOLDER / "toy_es_en.argosmodel"))
    (folder / "es_en" / "model" / "model.bin").write_bytes(b"broken")
    checked = run("check")
    assert checked.startswith("1")
    assert "es-en 1.0: error" in checked


def test_what_is_no_model_is_one_sentence(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "x.argosmodel").write_text("no")
    with pytest.raises(CcmmError, match="zip archive"):
        run("install", str(tmp_path / "x.argosmodel"))
    with pytest.raises(CcmmError, match="no such file"):
        run("install", str(tmp_path / "missing"))
    with pytest.raises(CcmmError, match="No model is installed"):
        run("check")
    with pytest.raises(CcmmError, match="no such model"):
        run("remove", "ti", "en")
