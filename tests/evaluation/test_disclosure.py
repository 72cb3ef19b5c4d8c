"""Nobody gets a small group back out of what is published."""

from __future__ import annotations

import itertools

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from ccmm_bot.evaluation.disclosure import SMALL, Hidden, protect, shown_groups

Cell = tuple[int, int]


def margins(rows: int, columns: int) -> list[frozenset[Cell]]:
    everything = frozenset(itertools.product(range(rows), range(columns)))
    return [
        *(frozenset((row, column) for column in range(columns)) for row in range(rows)),
        *(frozenset((row, column) for row in range(rows)) for column in range(columns)),
        everything,
    ]


@st.composite
def tables(draw: st.DrawFn) -> dict[Cell, int]:
    rows, columns = draw(st.integers(1, 4)), draw(st.integers(1, 4))
    return {cell: draw(st.integers(0, 30)) for cell in itertools.product(range(rows), range(columns))}


def by_differences(cells: dict[Cell, int], sums: list[frozenset[Cell]], hidden: Hidden[Cell]) -> set[Cell]:
    """Subtract what is shown from every total, and totals from totals, as long as something new comes out."""
    unknown = [
        (members & hidden.cells, sum(cells[key] for key in members & hidden.cells))
        for n, members in enumerate(sums)
        if n not in hidden.sums
    ]
    equations = {members: total for members, total in unknown if members}
    grew = True
    while grew and len(equations) < 400:
        grew = False
        for (small, less), (large, more) in itertools.permutations(list(equations.items()), 2):
            if small < large and large - small not in equations:
                equations[large - small] = more - less
                grew = True
    found = {next(iter(members)) for members in equations if len(members) == 1}
    found |= {key for members, total in equations.items() if total == 0 for key in members}
    return found | {key for members, total in equations.items() if total < SMALL for key in members}


def by_algebra(cells: dict[Cell, int], sums: list[frozenset[Cell]], hidden: Hidden[Cell]) -> set[Cell]:
    """The least and the most each hidden cell can be, by linear programming."""
    names = sorted(hidden.cells)
    known = [members for n, members in enumerate(sums) if n not in hidden.sums and members & hidden.cells]
    if not names or not known:
        return set()
    matrix = np.array([[name in members for name in names] for members in known], dtype=float)
    totals = np.array([sum(cells[name] for name in members & hidden.cells) for members in known], dtype=float)
    found = set()
    for n, name in enumerate(names):
        ends = []
        for sign in (1, -1):
            goal = np.zeros(len(names))
            goal[n] = sign
            solved = linprog(goal, A_eq=matrix, b_eq=totals, bounds=(0, None))
            ends.append(float("inf") if solved.status == 3 else solved.fun * sign)
        if ends[1] - ends[0] < 0.5 or ends[1] < SMALL - 0.5:
            found.add(name)
    return found


@settings(max_examples=120, deadline=None)
@given(tables())
def test_no_small_cell_comes_back_by_differences_or_algebra(cells: dict[Cell, int]) -> None:
    rows, columns = max(row for row, _ in cells) + 1, max(column for _, column in cells) + 1
    sums = margins(rows, columns)
    hidden = protect(cells, sums)
    small = {key for key, count in cells.items() if 0 < count < SMALL}
    assert small <= hidden.cells
    assert not small & by_differences(cells, sums, hidden)
    assert not small & by_algebra(cells, sums, hidden)


def test_one_small_cell_takes_its_smallest_neighbours_with_it() -> None:
    cells = {(0, 0): 40, (0, 1): 3, (0, 2): 25, (1, 0): 50, (1, 1): 30, (1, 2): 20}
    hidden = protect(cells, margins(2, 3))
    assert hidden.cells == {(0, 1), (0, 2), (1, 1), (1, 2)}
    assert not hidden.sums


def test_two_small_groups_that_are_small_together_take_a_third() -> None:
    assert shown_groups({"ar": [200], "so": [4], "es": [3], "ti": [60], "uk": [12]}) == {"ar", "ti"}


def test_nothing_is_hidden_where_every_group_is_large_or_empty() -> None:
    assert shown_groups({"ar": [200, 90], "ti": [60, 10], "kar": [0, 0]}) == {"ar", "ti", "kar"}


def test_a_group_is_hidden_with_all_its_numbers_when_one_of_them_is_small() -> None:
    assert shown_groups({"ar": [200, 90], "ti": [60, 40], "so": [30, 9]}) == {"ar"}


def test_where_all_together_are_few_there_is_no_breakdown() -> None:
    assert shown_groups({"ar": [4], "ti": [3]}) == frozenset()
    assert shown_groups({}) == frozenset()


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(st.sampled_from(["ar", "prs", "en", "ti", "ps", "fa", "ru"]), st.integers(0, 40), max_size=7))
def test_groups_that_are_hidden_are_ten_people_together_or_more(sizes: dict[str, int]) -> None:
    hidden = set(sizes) - shown_groups({group: [n] for group, n in sizes.items()})
    together = sum(sizes[group] for group in hidden)
    everybody = sum(sizes.values())
    assert together == 0 or together >= SMALL or everybody < SMALL
    if together and everybody >= SMALL:
        assert len([group for group in hidden if sizes[group]]) > 1 or together >= SMALL
