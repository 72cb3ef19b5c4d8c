"""What a long run found: one small file of JSON for each row of a table in docs/reliability.md.

Kept where ``CCMM_TEST_FIGURES`` names a folder (`scripts/test-reliability` does), and before the run is judged: a page that shows
good figures alone would be worth nothing. :mod:`scripts.reliability_page` makes the tables.
"""

from __future__ import annotations

import json
import os
import platform
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

FOLDER = os.environ.get("CCMM_TEST_FIGURES")


def keep(table: str, row: str, figures: Mapping[str, str | int]) -> None:
    """A row by its name. ``figures``: what stands in it, by the heading of its column, in their order."""
    if not FOLDER:
        return
    folder = Path(FOLDER)
    folder.mkdir(parents=True, exist_ok=True)
    said = {
        "table": table,
        "row": row,
        "at": f"{datetime.now(UTC):%Y-%m-%d %H:%M}",
        "machine": machine(),
        "load": f"{os.getloadavg()[1]:.1f}",
        "figures": dict(figures),
    }
    folder.joinpath(f"{table}.{row}.json").write_text(json.dumps(said, indent=2, ensure_ascii=False) + "\n", "utf-8")


def machine() -> str:
    """As far as it matters: no name, no address."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    cpuinfo = Path("/proc/cpuinfo")
    model = re.search(r"^model name\s*: (.+)$", cpuinfo.read_text() if cpuinfo.is_file() else "", re.MULTILINE)
    return (
        f"{os.cpu_count()} cores ({model[1] if model else platform.machine()}), {memory:.0f} GB, Python {platform.python_version()}"
    )
