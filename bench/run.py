"""Runs the measurements of this folder and prints one table: every module here that has ``rows(plan)``, a row as it is found.

``python bench/run.py`` runs them all, ``python bench/run.py hot_path growth`` some, ``--quick`` with smaller sizes.
``BENCH_ROUNDS``, ``BENCH_PEOPLE`` and ``BENCH_SIZES`` (messages in the store, separated by commas) change them one by one.
``--save FOLDER`` also writes the table (``performance.txt``) and the plot of cost against size (``performance.svg``) there. A
measurement that raises is reported and the others still run; the exit code is then 1.
"""

from __future__ import annotations

import argparse
import os
import platform
import sqlite3
import sys
import traceback
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent)]

import _plot  # noqa: E402 - after the folder is on the path
from _table import Plan, heading  # noqa: E402

#: What the table shows first.
ORDER = ("hot_path", "postgres", "service", "growth", "staff_pages", "reply", "engine", "reading", "evaluation")


def measurements(folder: Path = HERE) -> list[str]:
    """The names of all measurements, in the order of the table; new ones come last."""
    found = [
        path.stem
        for path in folder.glob("*.py")
        if path.stem != "run" and not path.stem.startswith("_") and "\ndef rows(" in path.read_text("utf-8")
    ]
    return sorted(found, key=lambda name: (ORDER.index(name) if name in ORDER else len(ORDER), name))


def machine() -> str:
    """What the figures were measured on, as far as it matters."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    versions = f"Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}"
    now = f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC"
    return f"{now}; {os.cpu_count()} cores ({platform.machine()}), {memory:.0f} GB of memory; {versions}"


def run(names: list[str], plan: Plan, save: Path | None = None) -> int:
    """Print the table; returns the exit code."""
    known = measurements()
    if unknown := [name for name in names if name not in known]:
        print(f"No such measurement: {', '.join(unknown)}. There are: {', '.join(known)}.", file=sys.stderr)
        return 2
    lines: list[str] = []

    def say(line: str) -> None:
        lines.append(line)
        print(line, flush=True)

    say(f"{machine()}; {plan.rounds} rounds, {plan.people} people, load {os.getloadavg()[0]:.1f}")
    say(heading())
    failed = []
    for name in names or known:
        try:
            for row in import_module(name).rows(plan):
                say(row.line())
        except Exception:
            traceback.print_exc()
            failed.append(name)
    if save is not None:
        save.mkdir(parents=True, exist_ok=True)
        save.joinpath("performance.txt").write_text("\n".join(lines) + "\n", "utf-8")
        _plot.draw(save / "performance.svg")
    if failed:
        print(f"\nFailed: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


def main() -> int:
    """Read the command line."""
    parser = argparse.ArgumentParser(description="Measures the service beside its floor and its peers, and prints one table.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"only these of: {', '.join(measurements())}")
    parser.add_argument("--quick", action="store_true", help="smaller sizes: minutes instead of most of an hour")
    parser.add_argument("--save", type=Path, metavar="FOLDER", help="also write the table and the plot into this folder")
    given = parser.parse_args()
    return run(given.names, Plan.read(given.quick), given.save)


if __name__ == "__main__":
    sys.exit(main())
