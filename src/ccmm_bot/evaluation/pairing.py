"""The same people at two surveys: matched by person, and item by item where both answers mean the same.

Two answers mean the same where the instruments' definitions say so: each was given under today's version, or under an earlier
one whose item is declared to be the same (``earlier`` in ``dialogues/instruments``). Where the definitions know nothing of a
version, the words decide: the question has to be worded the same both times.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ccmm_bot.evaluation.dataset import Dataset, answers_of, one_run_each
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
    before_runs = one_run_each(data, first)
    after_runs = one_run_each(data, second)
    together = before_runs.merge(after_runs, on="person", suffixes=("_before", "_after"))
    together = together[together["started_at_before"] <= together["started_at_after"]]
    both = set(together["person"])
    before_runs, after_runs = before_runs[before_runs["person"].isin(both)], after_runs[after_runs["person"].isin(both)]
    before, after = answers_of(data, before_runs), answers_of(data, after_runs)
    items = [item for item in before.columns if item in set(after.columns)]
    people = sorted(both)
    before, after = (each.reindex(index=people, columns=items).astype("float64") for each in (before, after))
    worded = [
        answers_of(data, runs, "wording_version").reindex(index=people, columns=items).to_numpy(dtype=object)
        for runs in (before_runs, after_runs)
    ]
    same, other = zip(*(_meant(data, runs, people, items) for runs in (before_runs, after_runs)), strict=True)
    comparable = (same[0] & same[1]) | ((other[0] == other[1]) & (worded[0] == worded[1]))
    answered = ~np.isnan(before.to_numpy(dtype=np.float64)) & ~np.isnan(after.to_numpy(dtype=np.float64))
    left_out = answered & ~comparable
    versions = together["instrument_version_before"].astype(str) + "→" + together["instrument_version_after"].astype(str)
    return Paired(
        before=before.mask(left_out),
        after=after.mask(left_out),
        only_before=len(_people_in(data, first) - both),
        only_after=len(_people_in(data, second) - both),
        not_comparable=int(left_out.sum()),
        versions={str(name): int(n) for name, n in versions.value_counts().items()},
    )


def _meant(data: Dataset, runs: Any, people: Sequence[str], items: Sequence[str]) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """People × items: whether the answer means what it means today; and whether it is declared to mean something else."""
    same = np.zeros((len(people), len(items)), dtype=bool)
    other = same.copy()
    if not len(runs):
        return same, other
    instrument = str(runs["instrument"].iloc[0])
    given = runs.set_index(runs["person"].astype("object"))["instrument_version"].reindex(people).to_numpy()
    for version in np.unique(given):
        known = data.equivalent.get((instrument, int(version)))
        if known is not None:
            means = np.array([item in known for item in items], dtype=bool)
            same[given == version] = means
            other[given == version] = ~means
    return same, other


def _people_in(data: Dataset, instrument: str) -> set[str]:
    return set(one_run_each(data, instrument)["person"])
