"""The same people at two surveys: matched by person, and item by item where both answers mean the same.

Two answers mean the same where the instruments' definitions say so: each was given under today's version, or under an earlier
one whose item is declared to be the same (``earlier`` in ``dialogues/instruments``). Where the definitions know nothing of a
version, the words decide: the question has to be worded the same both times.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ccmm_bot.evaluation.dataset import Dataset, one_run_each
from ccmm_bot.evaluation.grids import Grid
from ccmm_bot.evaluation.instruments import Instrument

#: (instrument, version) → the items whose answers mean what they mean in today's version.
Equivalent = Mapping[tuple[str, int], frozenset[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Paired:
    """Two surveys of the same people. ``before`` and ``after``: people × items, as numbers, empty where not answered."""

    before: Any
    after: Any
    only_before: int
    only_after: int
    not_comparable: int  # pairs of answers left out: given to versions, or to wordings, that are not declared to be the same
    versions: Mapping[str, int]  # "1→1": how many people

    @property
    def people(self) -> int:
        """How many answered both."""
        return len(self.before)


def equivalent(defined: Sequence[Instrument]) -> Equivalent:
    """What the definitions say of today's versions and of those before."""
    known: dict[tuple[str, int], frozenset[str]] = {}
    for instrument in defined:
        known[instrument.name, instrument.version] = frozenset(item.name for item in instrument.items)
        known |= {(instrument.name, each.version): each.same for each in instrument.earlier}
    return MappingProxyType(known)


def paired(data: Dataset, first: str, second: str) -> Paired:
    """The same people at two surveys; answers that do not mean the same are not compared, and counted."""
    return data.once(f"paired {first} {second}", lambda: _paired(data, first, second))


def _paired(data: Dataset, first: str, second: str) -> Paired:
    grids = data.grid(first), data.grid(second)
    runs = one_run_each(data, first), one_run_each(data, second)
    began = [each["started_at"].dt.tz_localize(None).to_numpy(dtype="datetime64[us]") for each in runs]
    names = pd.Index(runs[0]["person"].astype("object"))
    also = pd.Index(runs[1]["person"].astype("object")).get_indexer(names)
    there = np.flatnonzero(also >= 0)
    there = there[began[0][there] <= began[1][also[there]]]
    there = there[names[there].argsort()]
    lines = [grid.lines(each)[mine] for grid, each, mine in zip(grids, runs, (there, also[there]), strict=True)]
    given = [_given(grid, mine) for grid, mine in zip(grids, lines, strict=True)]
    items = [name for name in given[0] if name in given[1]]
    places = [[each[name] for name in items] for each in given]
    value = [grid.value[mine][:, place] for grid, mine, place in zip(grids, lines, places, strict=True)]
    worded = _worded(grids, lines, places)
    versions = [each["instrument_version"].to_numpy()[mine] for each, mine in zip(runs, (there, also[there]), strict=True)]
    same, other = zip(*(_meant(data, name, each, items) for name, each in zip((first, second), versions, strict=True)), strict=True)
    comparable = (same[0] & same[1]) | ((other[0] == other[1]) & (worded[0] == worded[1]))
    left_out = ~np.isnan(value[0]) & ~np.isnan(value[1]) & ~comparable
    index = pd.Index(names[there], dtype="object", name="person")
    before, after = (pd.DataFrame(np.where(left_out, np.nan, each), index=index, columns=items) for each in value)
    return Paired(
        before=before,
        after=after,
        only_before=len(runs[0]) - len(there),
        only_after=len(runs[1]) - len(there),
        not_comparable=int(left_out.sum()),
        versions=Counter(f"{one}→{two}" for one, two in zip(*(each.tolist() for each in versions), strict=True)),
    )


def _given(grid: Grid, lines: Any) -> dict[str, int]:
    """Item → its place, of those to which any of these people gave an answer."""
    said = grid.answered[lines].any(axis=0)
    return {name: n for n, name in enumerate(grid.items) if said[n]}


def _worded(grids: Sequence[Grid], lines: Sequence[Any], places: Sequence[Any]) -> tuple[Any, Any]:
    """People × items at both surveys: a number for each wording, the same for the same words."""
    column = "wording_version"
    first, second = (grid.codes[column][mine][:, place] for grid, mine, place in zip(grids, lines, places, strict=True))
    known = pd.Index(grids[0].texts[column]).get_indexer(grids[1].texts[column])
    return first, np.append(np.where(known < 0, -2, known), -1)[second]


def _meant(data: Dataset, instrument: str, given: Any, items: Sequence[str]) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """People × items: whether the answer means what it means today; and whether it is declared to mean something else.

    ``given``: the version each of the people answered.
    """
    same = np.zeros((len(given), len(items)), dtype=bool)
    other = same.copy()
    for version in np.unique(given):
        known = data.equivalent.get((instrument, int(version)))
        if known is not None:
            means = np.array([item in known for item in items], dtype=bool)
            same[given == version] = means
            other[given == version] = ~means
    return same, other
