"""What of a study its reports are about today: people and surveys are let in ten and more at a time, and then stay.

Whoever asks for the same report again a while later could subtract the first from the second: what is left is who came in
between. So whoever comes waits. In every agency, people, the surveys of each kind and the ends of cases each stand in a line by the
day on which they were over. The end of a day closes a group as soon as everything that a report counts of it (each item answered,
at one survey and at both) is nobody, or ten and more. Groups depend only on what came before them, so that nothing that comes later
changes them. And as they are of one agency each, a report on several agencies minus one on some of them is whole groups, too.

What tells smaller groups apart (parts, and tables by language and the like) is as of the beginning of a quarter.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ccmm_bot.evaluation.batches import Lines, cuts
from ccmm_bot.evaluation.dataset import DOMAINS, NEVER, Dataset, one_run_each
from ccmm_bot.evaluation.instruments import ENTRY, EXIT, FOLLOW_UP, WAVES
from ccmm_bot.evaluation.pairing import paired

#: Survey → the one before, with which it is compared.
_BEFORE: Final = {EXIT: ENTRY, FOLLOW_UP: EXIT}
_ENDING: Final = ("exit_on", "exit_reason", "settlement_referral", *(f"need_exit_{domain}" for domain in DOMAINS))
_DAY: Final = 86_400 * 10**6

Mask = NDArray[np.bool_]


def quarter(today: date) -> date:
    """The first day of the quarter."""
    return date(today.year, today.month - (today.month - 1) % 3, 1)


def admitted(data: Dataset, today: date) -> Dataset:
    """What is let in before a day (UTC)."""
    if data.people.empty:
        return replace(data, as_of=today)
    over = data.runs["ended_at"].notna().to_numpy()
    settled = data if over.all() else data.once("over", lambda: data.with_runs(over))
    let_in = _let_in(settled)
    limit = (today - date(1970, 1, 1)).days
    masks = {name: days < limit for name, days in let_in.items()}
    if masks["people"].all() and masks["runs"].all() and masks["ends"][_has_ended(settled)].all():
        return settled.known(waiting=not over.all(), as_of=today)
    # Who is in stays in: as many are the same.
    as_many = ", ".join(str(int(mask.sum())) for mask in masks.values())
    return settled.once(f"let in: {as_many}", lambda: _kept(settled, masks)).known(waiting=True, as_of=today)


def _kept(data: Dataset, masks: Mapping[str, Mask]) -> Dataset:
    kept = data.with_runs(masks["runs"]).only(masks["people"])
    return _without_ends(kept, masks["ends"][masks["people"]])


def alike(one: Dataset, other: Dataset) -> bool:
    """Whether two days let in the same of a data set: what a later one has besides can be counted."""
    return all(len(getattr(one, name)) == len(getattr(other, name)) for name in ("people", "runs")) and (
        int(_has_ended(one).sum()) == int(_has_ended(other).sum())
    )


def _let_in(data: Dataset) -> dict[str, Lines]:
    """People, runs and ends, line by line: the day on which its group was full; :data:`NEVER` for what waits."""

    def work() -> dict[str, Lines]:
        people = data.people
        names = pd.Index(people["person"].astype("object"))
        agency = people["agency"].astype("object").fillna("").to_numpy()
        runs = data.runs
        whose = names.get_indexer(runs["person"].astype("object"))
        came = _days(people["opened_on"])
        np.minimum.at(came, whose, _days(runs["started_at"].dt.tz_localize(None)))
        came[came == NEVER] = 0
        agreed = np.array([data.agreed_on.get(name, 0) for name in names], dtype=np.int64)
        with_case = people["case"].notna().to_numpy()
        first = _grouped(np.maximum(came, agreed), np.column_stack([np.ones(len(people)), with_case]), agency)
        ends = np.full(len(people), NEVER)
        left = _has_ended(data)
        ends[left] = _grouped(np.maximum(_days(people["exit_on"]), first)[left], np.ones((int(left.sum()), 1)), agency[left])
        days = np.maximum(_days(runs["ended_at"].dt.tz_localize(None)), first[whose])
        found = np.full(len(runs), NEVER)
        for wave in WAVES:
            mine = np.flatnonzero((runs["instrument"] == wave).to_numpy())
            before = np.flatnonzero((runs["instrument"] == _BEFORE.get(wave)).to_numpy())
            since = np.zeros(len(people), dtype=np.int64)  # a pair comes in with its second survey: not before its first
            np.maximum.at(since, whose[before], found[before])
            if len(mine):
                ready = np.maximum(days[mine], since[whose[mine]])
                found[mine] = _grouped(ready, _counted(data, wave, runs.iloc[mine]), agency[whose[mine]])
        other = ~runs["instrument"].isin(WAVES).to_numpy()
        found[other] = days[other]  # no table is about them
        return {"people": first, "runs": found, "ends": ends}

    return data.once("let in", work)


def _counted(data: Dataset, wave: str, runs: Any) -> NDArray[np.int64]:
    """Runs × what a report counts of them: each, each item answered, and each answered here and at the survey before."""
    grid = data.grid(wave)
    made = [np.ones((len(runs), 1), dtype=bool), grid.answered[grid.lines(runs)]]
    if wave in _BEFORE:
        pairs = paired(data, _BEFORE[wave], wave)
        both = pairs.before.notna() & pairs.after.notna()
        if len(both.columns):
            flags = both.reindex(runs["person"].astype("object"), fill_value=False).to_numpy(dtype=bool)
            made.append(flags & runs["run"].isin(one_run_each(data, wave)["run"]).to_numpy()[:, None])
    return np.concatenate(made, axis=1).astype(np.int64)


def _grouped(days: Lines, counted: Any, agency: Any) -> Lines:
    """For each line the last day of its group; every agency by itself."""
    found = np.full(len(days), NEVER)
    for name in sorted(set(agency)):
        mine = np.flatnonzero((agency == name) & (days < NEVER))
        mine = mine[np.argsort(days[mine], kind="stable")]
        start = 0
        for end in cuts(days[mine], np.asarray(counted, dtype=np.int64)[mine]):
            found[mine[start:end]] = days[mine[end - 1]]
            start = end
    return found


def _days(column: Any) -> Lines:
    moments = column.to_numpy(dtype="datetime64[us]")
    return np.where(np.isnat(moments), NEVER, moments.astype(np.int64) // _DAY)


def _has_ended(data: Dataset) -> Mask:
    found: Mask = data.people["exit_on"].notna().to_numpy()
    return found


def _without_ends(data: Dataset, ended: Mask) -> Dataset:
    """Of whose end waits, nothing of it is known yet."""
    hidden = _has_ended(data) & ~ended
    if not hidden.any():
        return data
    return data.with_people(data.people.assign(**{name: data.people[name].mask(hidden) for name in _ENDING}))
