"""The data set of a study: pseudonymous people, their runs of instruments, their answers. Three tables that belong together.

Who is in it agrees to research today (CCMM report §5: consent to research is asked for separately). Nothing in it names anybody: a
person is a keyed hash that differs from study to study, and answers in a person's own words are left out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time
from typing import Any, Final, TypeVar

import numpy as np
import pandas as pd
from pandas.api.types import union_categoricals

from ccmm_bot.evaluation.grids import Grid, grid_of
from ccmm_bot.evaluation.instruments import ENTRY

T = TypeVar("T")

#: Columns of the three tables, in their order.
PEOPLE: Final = (
    "person", "agency", "model", "language", "consent_version", "case", "opened_on", "exit_on",
    "household_composition", "household_size", "number_of_children", "immigration_category", "length_of_stay_at_start",
    "interpreter_used", "contact_frequency", "main_contact_method", "home_visits", "accompaniments", "workshops_attended",
    "referrals_made", "exit_reason", "settlement_referral",
)  # fmt: skip
NUMBERS: Final = frozenset(
    {"household_size", "number_of_children", "home_visits", "accompaniments", "workshops_attended", "referrals_made"}
)
DOMAINS: Final = (
    "family", "housing", "education", "financial", "immigration", "benefits", "health", "legal", "labour_market", "adjustment",
    "other",
)  # fmt: skip
NEEDS: Final = tuple(f"need_{moment}_{domain}" for moment in ("entry", "exit") for domain in DOMAINS)
RUNS: Final = (
    "run", "person", "instrument", "instrument_version", "dialogue", "language", "channel", "started_at", "ended_at", "outcome",
)  # fmt: skip
RESPONSES: Final = (
    "person", "run", "instrument", "instrument_version", "item", "type", "value", "skipped", "language", "channel", "wording_key",
    "wording_version", "consent_version", "revision", "asked_at", "answered_at",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Which part is looked at; empty means all. Days are UTC, both included. A pair belongs to the period of its later survey."""

    since: date | None = None
    until: date | None = None
    models: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    agencies: tuple[str, ...] = ()  # names

    def starts(self, column: Any) -> Any:
        """Which of a column of moments lie in the period."""
        inside = column.notna()
        if self.since is not None:
            inside &= column >= pd.Timestamp(datetime.combine(self.since, time(), UTC))
        if self.until is not None:
            inside &= column < pd.Timestamp(datetime.combine(self.until, time(), UTC)) + pd.Timedelta(days=1)
        return inside

    def starts_on(self, column: Any) -> Any:
        """Which of a column of days lie in the period; all of them, also unknown ones, where there is no period."""
        inside = pd.Series(True, index=column.index)
        if self.since is not None:
            inside &= column >= pd.Timestamp(self.since)
        if self.until is not None:
            inside &= column <= pd.Timestamp(self.until)
        return inside


@dataclass(frozen=True, slots=True, kw_only=True)
class Dataset:
    """Everything an evaluator gets, as three pandas tables with the columns above."""

    study: str
    made_at: datetime
    people: Any  # also has NEEDS: 1, 0, or nothing where needs were not written down at that moment
    runs: Any
    responses: Any
    withdrawn: int = 0  # people who agreed once and took it back: their answers are not in here
    without_consent: int = 0  # people with answers who were never asked, or said no
    selection: Selection = field(default_factory=Selection)
    #: (instrument, version) → the items whose answers mean what they mean in today's version; see evaluation.pairing
    equivalent: Mapping[tuple[str, int], frozenset[str]] = field(default_factory=dict)
    _made: dict[str, Any] = field(default_factory=dict, init=False, repr=False, compare=False)  # what was worked out of it once

    def grid(self, instrument: str) -> Grid:
        """The answers to an instrument, run by run."""
        return self.once(f"grid {instrument}", lambda: grid_of(self.runs, self.responses, instrument))

    def once(self, key: str, work: Callable[[], T]) -> T:
        """What ``work`` gives, worked out once for this data set."""
        if key not in self._made:
            self._made[key] = work()
        found: T = self._made[key]
        return found

    def chosen(self, selection: Selection) -> Dataset:
        """The same of some people only. Periods are kept to where tables are made: a pair reaches back before them."""
        wanted = self.people
        for name, values in (("model", selection.models), ("language", selection.languages), ("agency", selection.agencies)):
            if values:
                wanted = wanted[wanted[name].isin(values)]
        if len(wanted) == len(self.people):
            return replace(self, selection=selection)
        keep = set(wanted["person"])
        return replace(
            self,
            people=wanted.reset_index(drop=True),
            runs=self.runs[self.runs["person"].isin(keep)].reset_index(drop=True),
            responses=self.responses[self.responses["person"].isin(keep)].reset_index(drop=True),
            selection=selection,
        )

    def within(self) -> Dataset:
        """Only people who began something in the period, with all they did until its end: what an export of a period holds."""
        selection = self.selection
        if selection.since is None and selection.until is None:
            return self
        until = replace(selection, since=None)
        runs = self.runs[until.starts(self.runs["started_at"])]
        keep = set(runs.loc[selection.starts(runs["started_at"]), "person"])
        runs = runs[runs["person"].isin(keep)].reset_index(drop=True)
        return replace(
            self,
            people=self.people[self.people["person"].isin(keep)].reset_index(drop=True),
            runs=runs,
            responses=self.responses[self.responses["run"].isin(set(runs["run"]))].reset_index(drop=True),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Paired:
    """Two surveys of the same people. ``before`` and ``after``: people × items, as numbers, empty where not answered."""

    before: Any
    after: Any
    only_before: int
    only_after: int
    other_wording: int  # pairs of answers left out, because the question was worded differently the second time
    versions: Mapping[str, int]  # "1→1": how many people

    @property
    def people(self) -> int:
        """How many answered both."""
        return len(self.before)


def frame(rows: Any, columns: tuple[str, ...]) -> Any:
    """A table with exactly these columns, also where there is no row."""
    made = pd.DataFrame(rows, columns=list(columns))
    for name in columns:
        if name in NUMBERS or name in NEEDS:
            made[name] = pd.to_numeric(made[name].astype("object"), errors="coerce").astype("float64")
        elif name.endswith("_at"):
            made[name] = pd.to_datetime(made[name], utc=True).astype("datetime64[us, UTC]")
        elif name.endswith("_on"):
            made[name] = pd.to_datetime(made[name].astype("object")).astype("datetime64[us]")
        elif name in ("instrument_version", "revision"):
            made[name] = made[name].astype("int64")
        elif name == "skipped":
            made[name] = made[name].astype("bool")
        else:
            made[name] = made[name].astype("category")
    return made


def stacked(parts: Sequence[Any], columns: tuple[str, ...]) -> Any:
    """Tables one below the other; what a text column holds stays there once."""
    if len(parts) > 1:
        made = {
            name: union_categoricals([each[name].astype("category") for each in parts])
            if isinstance(parts[0][name].dtype, pd.CategoricalDtype)
            else pd.concat([each[name] for each in parts], ignore_index=True)
            for name in columns
        }
        return frame(pd.DataFrame(made), columns)
    return frame(parts[0].reset_index(drop=True) if parts else [], columns)


def one_run_each(data: Dataset, instrument: str, *, in_period: bool = True) -> Any:
    """One run of an instrument for each person: the first entry survey, the last of anything else, among those with an answer."""
    grid = data.grid(instrument)
    runs = grid.runs[grid.answered.any(axis=1)]
    if in_period:
        runs = runs[data.selection.starts(runs["started_at"])]
    return runs.drop_duplicates("person", keep="first" if instrument == ENTRY else "last")


def answers_of(data: Dataset, runs: Any, column: str | None = None) -> Any:
    """People × items of the given runs of one instrument: answers as numbers, or what a ``column`` of the responses holds."""
    if not len(runs):
        return pd.DataFrame()
    grid = data.grid(str(runs["instrument"].iloc[0]))
    lines = grid.lines(runs)
    cells = grid.value[lines] if column is None else grid.text(column, lines)
    given = np.asarray(grid.answered[lines].any(axis=0))  # only what anybody answered is a column
    items = [name for name, there in zip(grid.items, given, strict=True) if there]
    return pd.DataFrame(cells[:, given], index=pd.Index(runs["person"].astype("object"), name="person"), columns=items)


def paired(data: Dataset, first: str, second: str) -> Paired:
    """The same people at two surveys, matched by person; answers to a question that was worded differently are not compared."""
    return data.once(f"paired {first} {second}", lambda: _paired(data, first, second))


def _paired(data: Dataset, first: str, second: str) -> Paired:
    before_runs = one_run_each(data, first, in_period=False)
    after_runs = one_run_each(data, second)
    together = before_runs.merge(after_runs, on="person", suffixes=("_before", "_after"))
    together = together[together["started_at_before"] <= together["started_at_after"]]
    both = set(together["person"])
    before_runs, after_runs = before_runs[before_runs["person"].isin(both)], after_runs[after_runs["person"].isin(both)]
    before, after = answers_of(data, before_runs), answers_of(data, after_runs)
    items = [item for item in before.columns if item in set(after.columns)]
    people = sorted(both)
    before, after = (each.reindex(index=people, columns=items).astype("float64") for each in (before, after))
    wordings = [
        answers_of(data, runs, "wording_version").reindex(index=people, columns=items).to_numpy(dtype=object)
        for runs in (before_runs, after_runs)
    ]
    answered = ~np.isnan(before.to_numpy(dtype=np.float64)) & ~np.isnan(after.to_numpy(dtype=np.float64))
    other = answered & (wordings[0] != wordings[1])
    versions = together["instrument_version_before"].astype(str) + "→" + together["instrument_version_after"].astype(str)
    return Paired(
        before=before.mask(other),
        after=after.mask(other),
        only_before=len(_people_in(data, first) - both),
        only_after=len(set(one_run_each(data, second)["person"]) - both),
        other_wording=int(other.sum()),
        versions={str(name): int(n) for name, n in versions.value_counts().items()},
    )


def _people_in(data: Dataset, instrument: str) -> set[str]:
    return set(one_run_each(data, instrument)["person"])
