"""Small cells are hidden, and enough beside them that nobody subtracts them back.

A published table is cells and the sums that stand beside them. Whoever reads it knows every shown cell, every sum, and that no
count is negative; linear programming says what can be worked out from that. A small cell is safe when, for all its reader can
tell, it might as well be ten or more.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

import numpy as np
from scipy.optimize import linprog

#: Groups of fewer people are not shown.
SMALL: Final = 10
_SLACK: Final = 1e-6

K = TypeVar("K", bound=Hashable)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hidden(Generic[K]):
    """What is not shown: cells, and sums by their number (where hiding cells alone could not protect)."""

    cells: frozenset[K]
    sums: frozenset[int]


def protect(cells: Mapping[K, int], sums: Sequence[frozenset[K]], *, small: int = SMALL) -> Hidden[K]:
    """What of a table has to be hidden. ``sums`` are the sets of cells whose totals stand in the table.

    A total that is small itself is hidden too. The smallest neighbours are hidden first; a total only where every cell under it is.
    """
    hidden = {key for key, count in cells.items() if 0 < count < small}
    gone = {n for n, members in enumerate(sums) if 0 < sum(cells[key] for key in members) < small}
    while weak := _weakest(cells, sums, hidden, gone, small):
        open_sums = [n for n in range(len(sums)) if n not in gone]
        # A sum over one hidden cell tells it. Else the sum over the weak cell whose hidden cells are fewest people says most.
        alone = [n for n in open_sums if len(sums[n] & hidden) == 1 and len(sums[n]) > 1]
        around = [n for n in open_sums if weak in sums[n]]
        said = {n: sum(cells[key] for key in sums[n] & hidden) for n in open_sums}
        for n in (*sorted(alone, key=lambda n: said[n]), *sorted(around, key=lambda n: said[n])):
            choice = [key for key in sums[n] - hidden if cells[key] > 0]
            if choice:
                hidden.add(min(choice, key=lambda key: (cells[key], str(key))))
                break
        else:
            gone.add(min(around, key=lambda n: said[n]))
    return Hidden(cells=frozenset(hidden), sums=frozenset(gone))


def highest(cells: Mapping[K, int], sums: Sequence[frozenset[K]], hidden: Hidden[K], key: K) -> float:
    """The most people a reader can think are in a hidden cell; infinite where nothing says."""
    names = list(hidden.cells)
    known = [members for n, members in enumerate(sums) if n not in hidden.sums and members & hidden.cells]
    if not any(key in members for members in known):
        return float("inf")
    matrix = np.array([[name in members for name in names] for members in known], dtype=float)
    left = np.array([sum(cells[name] for name in members if name in hidden.cells) for members in known], dtype=float)
    goal = np.array([-1.0 if name == key else 0.0 for name in names])
    found = linprog(goal, A_eq=matrix, b_eq=left, bounds=(0, None))
    return float("inf") if found.status == 3 else -float(found.fun)


def _weakest(cells: Mapping[K, int], sums: Sequence[frozenset[K]], hidden: set[K], gone: set[int], small: int) -> K | None:
    """A small cell that could be told to be small; ``None`` when there is no such."""
    now = Hidden(cells=frozenset(hidden), sums=frozenset(gone))
    for key in sorted(hidden, key=lambda name: (cells[name], str(name))):
        if 0 < cells[key] < small and highest(cells, sums, now, key) < small - _SLACK:
            return key
    return None


def shown_groups(sizes: Mapping[str, Sequence[int]]) -> frozenset[str]:
    """The groups of a breakdown that may be shown: for each, how many people every one of its numbers is about.

    The whole over all groups is taken to be published beside it, for each of the numbers.
    """
    groups = list(sizes)
    hidden: set[str] = set()
    for n in range(max((len(each) for each in sizes.values()), default=0)):
        found = protect({group: sizes[group][n] for group in groups}, [frozenset(groups)])
        hidden |= found.cells
        if found.sums:  # too few people over all: there is no breakdown
            hidden |= {group for group in groups if sizes[group][n]}
    return frozenset(groups) - hidden
