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
#: The day of what has none.
NEVER: Final = np.iinfo(np.int64).max

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
#: Those of the responses that tables are made from: a report reads no others.
COUNTED: Final = ("run", "instrument", "item", "type", "value", "skipped", "wording_version", "asked_at", "answered_at")


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Which part is looked at; empty means all. Days are UTC, both included."""

    since: date | None = None
    until: date | None = None
    models: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    agencies: tuple[str, ...] = ()  # names

    @property
    def narrows(self) -> bool:
        """Whether this is not simply everything."""
        return self != Selection()

    def attributes(self) -> dict[str, tuple[str, ...]]:
        """Column of the people → what is wanted of it."""
        return {"model": self.models, "language": self.languages, "agency": self.agencies}

    def days(self, days: Any) -> Any:
        """Which of these days (since 1970) lie in the period."""
        first = date(1970, 1, 1)
        inside = np.full(len(days), True)
        if self.since is not None:
            inside &= (days >= (self.since - first).days) & (days < NEVER)
        if self.until is not None:
            inside &= days <= (self.until - first).days
        return inside

    def starts(self, column: Any) -> Any:
        """Which of a column of moments lie in the period."""
        inside = column.notna()
        if self.since is not None:
            inside &= column >= pd.Timestamp(datetime.combine(self.since, time(), UTC))
        if self.until is not None:
            inside &= column < pd.Timestamp(datetime.combine(self.until, time(), UTC)) + pd.Timedelta(days=1)
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
    mixed: bool = False  # whether a part holds parcels of both models, so that comparing them could give a small group away
    left_out: bool = False  # whether some of the selection are not in it, because a small group would be given away
    #: (instrument, version) → the items whose answers mean what they mean in today's version; see evaluation.pairing
    equivalent: Mapping[tuple[str, int], frozenset[str]] = field(default_factory=dict)
    agreed_on: Mapping[str, int] = field(default_factory=dict)  # person → the day (since 1970) since which she agrees
    as_of: date | None = None  # what was let in before this day is in it; see evaluation.admitting
    waiting: bool = False  # whether some are not in it yet, because they would be fewer than ten
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
        """The people of a model, language or agency, with all that is theirs. Of a period: see :meth:`within`."""
        inside = np.full(len(self.people), True)
        for name, values in selection.attributes().items():
            if values:
                inside &= self.people[name].isin(values).to_numpy()
        return replace(self.only(inside), selection=selection)

    def only(self, inside: Any) -> Dataset:
        """The people of some lines, with all that is theirs."""
        if inside.all():
            return self
        people = self.people[inside].reset_index(drop=True)
        return self.with_runs(self.runs["person"].isin(set(people["person"])).to_numpy()).with_people(people)

    def known(self, **said: Any) -> Dataset:
        """The same tables, of which something else is said: what was worked out of them stays."""
        made = replace(self, **said)
        made._made.update(self._made)
        return made

    def with_people(self, people: Any) -> Dataset:
        """The same runs; the table of people is another."""
        made = replace(self, people=people)
        made._made.update({key: grid for key, grid in self._made.items() if isinstance(grid, Grid)})
        return made

    def with_runs(self, inside: Any) -> Dataset:
        """Only some of the runs, with their answers."""
        if inside.all():
            return self
        runs = self.runs[inside].reset_index(drop=True)
        keep = set(runs["run"])
        made = replace(self, runs=runs, responses=self.responses[self.responses["run"].isin(keep)].reset_index(drop=True))
        for key, grid in self._made.items():
            if isinstance(grid, Grid):  # picked out of what is there already
                made._made[key] = grid.only(grid.runs["run"].isin(keep).to_numpy())
        return made

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
            name: union_categoricals(_of_one_type([each[name].astype("category") for each in parts]))
            if isinstance(parts[0][name].dtype, pd.CategoricalDtype)
            else pd.concat([each[name] for each in parts], ignore_index=True)
            for name in columns
        }
        return frame(pd.DataFrame(made), columns)
    return frame(parts[0].reset_index(drop=True) if parts else [], columns)


def _of_one_type(columns: Sequence[Any]) -> list[Any]:
    """A part in which nobody has said anything has no text, which is another type than some."""
    told = next((each.cat.categories.dtype for each in columns if len(each.cat.categories)), None)
    if told is None:
        return list(columns)
    return [each if len(each.cat.categories) else each.cat.set_categories(pd.Index([], dtype=told)) for each in columns]


def one_run_each(data: Dataset, instrument: str) -> Any:
    """One run of an instrument for each person: the first entry survey, the last of anything else, among those with an answer."""

    def work() -> Any:
        grid = data.grid(instrument)
        runs = grid.runs[grid.answered.any(axis=1)]
        return runs.drop_duplicates("person", keep="first" if instrument == ENTRY else "last")

    return data.once(f"one run each {instrument}", work)


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
