"""No help line grows old in silence."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from ccmm_bot.conversation.help_lines import check_help_lines

REAL = Path(__file__).parents[2] / "dialogues" / "agencies.yaml"
LINE = 'help_lines:\n  - {id: nurses, phone: "8-1-1", for: "health", source: "its page", status: verified, %s}\n'


def codes(folder: Path, fields: str, today: date) -> list[str]:
    file = folder / "agencies.yaml"
    file.write_text(LINE % fields, encoding="utf-8")
    return [one.code for one in check_help_lines(file, today)]


@pytest.mark.parametrize(("today", "found"), [(date(2027, 5, 31), []), (date(2027, 6, 1), ["D701"])])
def test_one_past_its_review_date_fails(tmp_path: Path, today: date, found: list[str]) -> None:
    assert codes(tmp_path, "verified_on: 2026-11-01, review_by: 2027-05-31", today) == found


def test_one_without_a_review_date_fails(tmp_path: Path) -> None:
    assert codes(tmp_path, "verified_on: 2026-11-01", date(2026, 11, 22)) == ["D701"]


def test_one_known_from_third_parties_is_a_warning_that_names_what_to_confirm(tmp_path: Path) -> None:
    file = tmp_path / "agencies.yaml"
    file.write_text((LINE % "verified_on: null, review_by: 2027-05-31").replace("verified,", "unverified,"), encoding="utf-8")

    (one,) = check_help_lines(file, date(2026, 11, 22))

    assert one.code == "D702"
    assert "8-1-1" in one.message
    assert one.severity == "warning"


def test_every_real_help_line_says_where_it_comes_from_and_is_reviewed_in_time() -> None:
    today = date(2026, 11, 22)

    assert [one.code for one in check_help_lines(REAL, today) if one.severity == "error"] == []
