"""``ccmm-bot db``: an operator sees where the database stands."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from ccmm_bot.cli.db import app
from ccmm_bot.store import migrations


@pytest.fixture
def url(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """An installation in an empty folder."""
    found = f"sqlite:///{tmp_path}/ccmm.sqlite3"
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CCMM_DATABASE_URL", found)
    monkeypatch.setenv("CCMM_SECRET_KEY_FILE", str(tmp_path / "secret.key"))
    return found


def run(command: str) -> tuple[int, str]:
    """Exit status and what it said, errors included."""
    result = CliRunner().invoke(app, [command])
    return result.exit_code, f"{result.output}{result.exception or ''}"


def test_an_empty_database_is_said_to_be_empty_upgraded_and_then_right(url: str) -> None:
    assert run("current") == (0, f"database: empty; newest: {migrations.head()}\n")
    status, said = run("check")
    assert status == 1
    assert "ccmm-bot db upgrade" in said
    assert run("upgrade") == (0, f"The database is at revision {migrations.head()}.\n")
    assert run("check") == (0, "The database has the tables of this version.\n")


def test_a_server_that_does_not_answer_is_named_without_its_password(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CCMM_DATABASE_URL", "postgresql://ccmm:secret@127.0.0.1:1/ccmm")
    for command in ("upgrade", "current", "check"):
        status, said = run(command)
        assert status == 1
        assert "127.0.0.1:1" in said
        assert "secret" not in said
