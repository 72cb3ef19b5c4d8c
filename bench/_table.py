"""One row of the table, how large a run is, and what else the machine had to do meanwhile."""

from __future__ import annotations

import os
import statistics
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

WIDTHS = (84, 30, 24, 22, 11, 13)
HEADINGS = ("", "figure (min–max)", "floor (min–max)", "ratio (min–max)", "target", "load, steal")


@dataclass(frozen=True, kw_only=True)
class Plan:
    """How large a run is. The quick one takes minutes, the full one most of an hour."""

    rounds: int = 5
    people: int = 500
    sizes: tuple[int, ...] = (0, 100_000, 1_000_000, 5_000_000)
    quick: bool = False

    @classmethod
    def read(cls, quick: bool) -> Plan:
        """By the command line, and by ``BENCH_ROUNDS``, ``BENCH_PEOPLE`` and ``BENCH_SIZES`` (messages, separated by commas)."""
        usual = cls(rounds=2, people=100, sizes=(0, 100_000), quick=True) if quick else cls()
        sizes = os.environ.get("BENCH_SIZES")
        return cls(
            rounds=int(os.environ.get("BENCH_ROUNDS", usual.rounds)),
            people=int(os.environ.get("BENCH_PEOPLE", usual.people)),
            sizes=tuple(sorted(int(part) for part in sizes.split(","))) if sizes else usual.sizes,
            quick=quick,
        )


@dataclass(frozen=True, kw_only=True)
class Target:
    """What a figure or a ratio has to be: at least (``more``) or at most so much."""

    bound: float
    more: bool
    of_ratio: bool = True

    def __str__(self) -> str:
        return f"{'≥' if self.more else '≤'} {_number(self.bound)}"

    def met(self, row: Row) -> bool:
        """Whether it is."""
        found = row.ratio if self.of_ratio else statistics.median(row.values)
        return found is not None and (found >= self.bound if self.more else found <= self.bound)


def at_least(bound: float, *, of_ratio: bool = True) -> Target:
    """A target."""
    return Target(bound=bound, more=True, of_ratio=of_ratio)


def at_most(bound: float, *, of_ratio: bool = True) -> Target:
    """A target."""
    return Target(bound=bound, more=False, of_ratio=of_ratio)


@dataclass(kw_only=True)
class Row:
    """A figure of each round, and the figure it is compared with, of the same rounds in the same order."""

    name: str
    unit: str
    values: Sequence[float] = ()
    floors: Sequence[float] = ()
    target: Target | None = None
    said: str = ""  # instead of a figure: "not run: why"
    load: str = field(default="")

    @property
    def ratios(self) -> list[float]:
        """Of each round: what disturbed one disturbed the other as well."""
        if len(self.floors) == len(self.values):
            return [value / floor for value, floor in zip(self.values, self.floors, strict=True)]
        return [value / statistics.median(self.floors) for value in self.values] if self.floors else []

    @property
    def ratio(self) -> float | None:
        """The median."""
        return statistics.median(self.ratios) if self.ratios else None

    def cells(self) -> tuple[str, ...]:
        """As the table shows it."""
        target = ""
        if self.target is not None and self.values:
            target = f"{self.target} {'✓' if self.target.met(self) else '✗'}"
        figure = f"{_spread(self.values)} {self.unit}" if self.values else self.said
        return (self.name, figure, _spread(self.floors), _spread(self.ratios), target, self.load)

    def line(self) -> str:
        """One line of the table."""
        cells = self.cells()
        return (
            cells[0].ljust(WIDTHS[0]) + "".join(cell.rjust(width) for cell, width in zip(cells[1:], WIDTHS[1:], strict=True))
        ).rstrip()


def heading() -> str:
    """The table's first line."""
    return HEADINGS[0].ljust(WIDTHS[0]) + "".join(name.rjust(width) for name, width in zip(HEADINGS[1:], WIDTHS[1:], strict=True))


def _number(value: float) -> str:
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}" if value < 10 else f"{value:.1f}"


def _spread(values: Sequence[float]) -> str:
    if not values:
        return ""
    middle = _number(statistics.median(values))
    return middle if len(values) == 1 else f"{middle} ({_number(min(values))}–{_number(max(values))})"


@contextmanager
def loaded() -> Iterator[list[Row]]:
    """Rows measured together; what the machine had to do besides is noted in them: load average, time stolen by the host."""
    rows: list[Row] = []
    before = _jiffies()
    yield rows
    after = _jiffies()
    total = sum(after) - sum(before)
    stolen = 100 * (after[7] - before[7]) / total if total else 0.0
    for row in rows:
        row.load = f"{os.getloadavg()[0]:.1f}, {stolen:.1f} %"


def _jiffies() -> list[int]:
    """user, nice, system, idle, iowait, irq, softirq, steal."""
    try:
        first = Path("/proc/stat").read_text("ascii").partition("\n")[0]
    except OSError:
        return [0] * 8
    return [int(part) for part in first.split()[1:9]]
