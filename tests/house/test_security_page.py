"""docs/security.md goes through every requirement of ASVS 5.0.0 at levels 1 and 2, and what it points to is there."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "security.md"
#: How many requirements of levels 1 and 2 each section has; within a section they come before those of level 3.
SECTIONS = {
    1: (2, 9, 11, 3, 2),
    2: (3, 3, 4, 1),
    3: (0, 2, 4, 6, 5, 0, 2),
    4: (3, 1, 2, 4),
    5: (1, 3, 2, 3),
    6: (3, 12, 4, 4, 5, 3, 0, 4),
    7: (3, 4, 2, 5, 2, 2),
    8: (2, 3, 1, 1),
    9: (3, 4),
    10: (2, 2, 4, 11, 5, 2, 3),
    11: (2, 3, 3, 4, 1, 1),
    12: (3, 2, 4),
    13: (1, 5, 2, 5),
    14: (2, 4, 3),
    15: (3, 3, 7),
    16: (1, 5, 4, 3, 3),
    17: (1, 4, 2),
}
REQUIREMENTS = {
    f"{chapter}.{section}.{number}"
    for chapter, counts in SECTIONS.items()
    for section, count in enumerate(counts, 1)
    for number in range(1, count + 1)
}
#: What a row may say instead of pointing somewhere: that there is nothing of the kind.
NOTHING = re.compile(r"\bnone\b|\bno\b|there are none|standard error alone|`secrets`|mypy|OpenSSL|age|SHA", re.IGNORECASE)


def rows() -> list[list[str]]:
    return [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in PAGE.read_text(encoding="utf-8").splitlines()
        if re.match(r"\| \d+\.\d+\.\d+", line)
    ]


def test_every_requirement_of_levels_1_and_2_is_on_the_page_once() -> None:
    named = Counter(number for row in rows() for number in row[0].split(", "))
    assert set(named) == REQUIREMENTS
    assert [number for number, count in named.items() if count > 1] == []


def test_every_row_says_how_it_is_met_or_what_is_missing() -> None:
    assert [row[0] for row in rows() if len(row) > 2 and not re.search(r"`|\]\(", row[3]) and not NOTHING.search(row[3])] == []


@pytest.mark.parametrize("name", sorted(set(re.findall(r"`([a-z_/]+\.(?:py|js))`", PAGE.read_text(encoding="utf-8")))))
def test_every_file_it_names_is_there(name: str) -> None:
    assert (ROOT / "tests" / name).is_file() or (ROOT / "src" / "ccmm_bot" / name).is_file() or (ROOT / name).is_file()
