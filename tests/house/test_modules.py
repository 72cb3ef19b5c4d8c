"""Modules stay small enough to hold one idea."""

from __future__ import annotations

from tests.house.conftest import ROOT

LONGEST = 300  # lines that are not blank


def test_no_module_is_longer_than_one_idea() -> None:
    # A migration is a record of what was done, in one piece.
    written = [path for path in (ROOT / "src").rglob("*.py") if path.parent.name != "versions"]
    sources = {path: path.read_text("utf-8").splitlines() for path in written}
    assert len(sources) > 30, "the sources were not found"
    lengths = {str(path.relative_to(ROOT)): sum(1 for line in lines if line.strip()) for path, lines in sources.items()}
    assert {path: length for path, length in lengths.items() if length > LONGEST} == {}, "split them by meaning"
