"""Writes the tables of docs/reliability.md from what the long runs kept in docs/figures.

``python scripts/reliability_page.py`` (`scripts/test-reliability` does so at its end). A table stands between two marks; what is
around them is written by hand. A test compares the page with what this would write.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "reliability.md"
FIGURES = ROOT / "docs" / "figures"
MARKED = re.compile(r"(<!-- figures: (?P<table>[a-z-]+) -->\n).*?(<!-- end of figures -->)", re.DOTALL)
NOT_RUN = "\n(Not run yet.)\n\n"


def page(text: str, folder: Path = FIGURES) -> str:
    """The page with its tables as ``folder`` has them.

    :raises ValueError: there are figures of a table that the page has no place for
    """
    tables: dict[str, list[Mapping[str, Any]]] = {}
    for file in sorted(folder.glob("*.json")):
        kept = json.loads(file.read_text("utf-8"))
        tables.setdefault(kept["table"], []).append(kept)
    places = {found["table"] for found in MARKED.finditer(text)}
    if without := tables.keys() - places:
        raise ValueError(f"docs/reliability.md has no place for: {', '.join(sorted(without))}")
    return MARKED.sub(lambda found: f"{found[1]}{_table(tables.get(found['table'], []))}{found[3]}", text)


def _table(rows: Sequence[Mapping[str, Any]]) -> str:
    if not rows:
        return NOT_RUN
    names = [*dict.fromkeys(name for row in rows for name in row["figures"]), "run", "load"]
    lines = [_line(names), "|" + "---|" * len(names)]
    for row in rows:
        cells = row["figures"] | {"run": row["at"], "load": row["load"]}
        lines.append(_line([_cell(cells.get(name, "")) for name in names]))
    machines = dict.fromkeys(row["machine"] for row in rows)
    return "\n" + "\n".join(lines) + "\n\nOn " + "; ".join(machines) + ".\n\n"


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def _cell(value: str | int) -> str:
    return f"{value:,}" if isinstance(value, int) else value.replace("|", "\\|")


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text("utf-8")), "utf-8")
    print(PAGE.relative_to(ROOT))
