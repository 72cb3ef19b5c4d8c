"""Which part of a study may be looked at by itself, so that no two reports differ by a small group.

Whoever may ask for any period, language, model and agency can subtract one report from another. So everybody is put into one
parcel that is never divided: a language, within it a model, an agency, a stretch of time, as fine as every number about a parcel is
nobody's, or ten people's and more. Languages, models and agencies too small for that share a parcel. A report is about whole
parcels, and so is the difference of any two reports. Who is in a parcel of which only a part was asked for is left out, and the
report says so.

A person belongs to the day of the exit survey, or of the exit; where there is none, of the entry survey, or of the beginning.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ccmm_bot.errors import CcmmError
from ccmm_bot.evaluation.batches import Lines, cuts, fine
from ccmm_bot.evaluation.dataset import NEVER, Dataset, Selection, answers_of, one_run_each
from ccmm_bot.evaluation.instruments import ENTRY, EXIT
from ccmm_bot.evaluation.pairing import paired

#: In the order in which people are told apart: what comes first is kept finest.
TOLD_APART: Final = ("language", "model", "agency")
_DAY: Final = 86_400 * 10**6


class TooFewPeople(CcmmError):
    """A part of the data set is fewer than ten people, or would give such a group away."""


def part_of(data: Dataset, selection: Selection) -> Dataset:
    """The people of a selection who may be looked at, with all they answered. Raises :class:`TooFewPeople` where nobody is left."""
    if not selection.narrows or data.people.empty:
        return replace(data, selection=selection)
    parcel, days = parcels(data)
    inside = selection.days(days)
    for name, values in selection.attributes().items():
        if values:
            inside &= data.people[name].isin(values).to_numpy()
    whole = inside & ~np.isin(parcel, parcel[~inside])
    if not whole.any():
        raise TooFewPeople("This part is not shown alone: it is fewer than 10 people, or gives such a part away.")
    mixed = pd.Series(data.people["model"].astype("object").to_numpy()[whole]).groupby(parcel[whole]).nunique(dropna=False)
    part = data.only(whole)
    return replace(part, selection=selection, left_out=bool((inside & ~whole).any()), mixed=bool((mixed > 1).any()))


def parcels(data: Dataset) -> tuple[Lines, Lines]:
    """For each line of the people: the number of its parcel, and the day it belongs to (days since 1970)."""

    def work() -> tuple[Lines, Lines]:
        days, counted = _days(data), _counted(data)
        found = np.zeros(len(data.people), dtype=np.int64)
        for number, lines in enumerate(_split(data.people, days, counted, np.arange(len(found)), TOLD_APART)):
            found[lines] = number
        return found, days

    return data.once("parcels", work)


def whole_parcels(table: Any, days: Lines, counted: Any, selection: Selection) -> NDArray[np.bool_]:
    """The same for what happened in the case files: which lines of a table with an ``agency`` are in whole parcels of a selection.

    ``counted``: lines × everything that is counted of them.
    """
    inside: NDArray[np.bool_] = selection.days(days)
    if selection.agencies:
        inside &= table["agency"].isin(selection.agencies).to_numpy()
    if not selection.narrows:
        return inside
    parcel = np.zeros(len(table), dtype=np.int64)
    for number, lines in enumerate(_split(table, days, counted, np.arange(len(table)), ("agency",))):
        parcel[lines] = number
    return inside & ~np.isin(parcel, parcel[~inside])


def _split(people: Any, days: Lines, counted: Any, lines: Lines, names: tuple[str, ...]) -> Iterator[Lines]:
    if not names:
        yield from _stretches(days, counted, lines)
        return
    values = people[names[0]].astype("object").fillna("").to_numpy()[lines]
    groups = sorted((lines[values == value] for value in sorted(set(values))), key=len, reverse=True)
    large = [group for group in groups if fine(counted[group].sum(axis=0))]
    rest = [group for group in groups if not fine(counted[group].sum(axis=0))]
    while rest and large and not fine(counted[np.concatenate(rest)].sum(axis=0)):
        rest.append(large.pop())  # the smallest of them: others hide behind it
    for group in large:
        yield from _split(people, days, counted, group, names[1:])
    if rest:
        yield from _split(people, days, counted, np.sort(np.concatenate(rest)), names[1:])


def _stretches(days: Lines, counted: Any, lines: Lines) -> Iterator[Lines]:
    """Time, cut wherever what lies between two cuts is enough. No day is divided."""
    lines = lines[np.argsort(days[lines], kind="stable")]
    ends = cuts(days[lines], counted[lines])
    ends = [*ends[:-1], len(lines)]  # what is left in the end goes with the last stretch
    for start, end in itertools.pairwise([0, *ends]):
        yield lines[start:end]


def _counted(data: Dataset) -> NDArray[np.int64]:
    """People × everything that a report counts people of: whether this one is among them."""
    people = pd.Index(data.people["person"].astype("object"))
    pairs = paired(data, ENTRY, EXIT)
    tables = [answers_of(data, one_run_each(data, wave)).notna() for wave in (ENTRY, EXIT)]
    tables.append(pairs.before.notna() & pairs.after.notna())
    columns = [np.ones((len(people), 1), dtype=bool)]
    columns += [each.reindex(people, fill_value=False).to_numpy(dtype=bool) for each in tables if len(each.columns)]
    with_case = data.people["case"].notna().to_numpy()
    columns.append(with_case[:, None])
    columns += [(with_case & data.people[f"need_{moment}_other"].notna().to_numpy())[:, None] for moment in ("entry", "exit")]
    return np.concatenate(columns, axis=1).astype(np.int64)


def _days(data: Dataset) -> Lines:
    people = pd.Index(data.people["person"].astype("object"))
    found = np.full(len(people), NEVER)
    for wave, column in ((ENTRY, "opened_on"), (EXIT, "exit_on")):
        for moments in (data.people[column].to_numpy(dtype="datetime64[us]"), _begun(data, wave, people)):
            known = ~np.isnat(moments)
            found[known] = moments[known].astype(np.int64) // _DAY
    return found


def _begun(data: Dataset, wave: str, people: Any) -> Any:
    runs = one_run_each(data, wave)
    moments = pd.Series(
        runs["started_at"].dt.tz_localize(None).to_numpy(dtype="datetime64[us]"), index=runs["person"].astype("object")
    )
    return moments.reindex(people).to_numpy(dtype="datetime64[us]")
