"""docs/reliability.md shows what the long runs kept, and nothing else."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from scripts.reliability_page import NOT_RUN, PAGE, page

EMPTY = "# A page\n\n<!-- figures: kills -->\n<!-- end of figures -->\n\nProse.\n"


def test_the_page_is_up_to_date() -> None:
    if PAGE.read_text("utf-8") != page(PAGE.read_text("utf-8")):
        pytest.fail("docs/reliability.md is out of date: python scripts/reliability_page.py writes it", pytrace=False)


def test_every_row_that_was_kept_is_in_its_table(tmp_path: Path) -> None:
    for row, killed in (("one", 200), ("two", 10_000)):
        kept = {"table": "kills", "row": row, "at": "2026-11-22 14:00", "machine": "4 cores", "load": "3.9"}
        (tmp_path / f"kills.{row}.json").write_text(json.dumps(kept | {"figures": {"killed": killed, "lost": 0}}))
    once = page(EMPTY, tmp_path)
    assert "| killed | lost | run | load |" in once
    assert "| 10,000 | 0 | 2026-11-22 14:00 | 3.9 |" in once
    assert once.endswith("Prose.\n")
    assert page(once, tmp_path) == once


def test_a_table_without_figures_says_so_and_figures_without_a_table_are_an_error(tmp_path: Path) -> None:
    assert NOT_RUN in page(EMPTY, tmp_path)
    (tmp_path / "other.json").write_text(json.dumps({"table": "other"}))
    with pytest.raises(ValueError, match="no place for: other"):
        page(EMPTY, tmp_path)
