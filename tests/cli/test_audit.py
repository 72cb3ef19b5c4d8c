"""``ccmm-bot audit verify`` says whether the record of who did what is whole."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import create_engine, text
from typer.testing import CliRunner

from ccmm_bot.cli import app


def test_a_record_that_was_changed_is_named_and_ends_with_status_1(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CCMM_DATABASE_URL", f"sqlite:///{tmp_path}/ccmm.sqlite3")
    runner = CliRunner()
    for hours in ("mon-fri 09:00-17:00", "mon-thu 09:00-17:00"):
        assert runner.invoke(app, ["agency", "office-hours", hours]).exit_code == 0
    whole = runner.invoke(app, ["audit", "verify"])
    assert whole.exit_code == 0, whole.output
    assert "whole; last seal" in whole.output
    engine = create_engine(f"sqlite:///{tmp_path}/ccmm.sqlite3")
    with engine.begin() as connection:
        connection.execute(text("UPDATE audit SET action = 'nothing.happened' WHERE seal_no = 2"))
    engine.dispose()
    broken = runner.invoke(app, ["audit", "verify"])
    assert broken.exit_code == 1
    assert "broken at number 2" in broken.output
