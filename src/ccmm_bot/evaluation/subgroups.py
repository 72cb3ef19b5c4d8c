"""Groups of people (by language, length of stay, family) side by side, and which parts of a data set may be looked at alone."""

from __future__ import annotations

from typing import Final

from ccmm_bot.errors import CcmmError
from ccmm_bot.evaluation import statistics, words
from ccmm_bot.evaluation.dataset import Dataset, Selection, paired
from ccmm_bot.evaluation.disclosure import SMALL, shown_groups
from ccmm_bot.evaluation.instruments import ENTRY, EXIT
from ccmm_bot.evaluation.results import Trouble
from ccmm_bot.evaluation.tables import Row, Table
from ccmm_bot.evaluation.texts import N_

#: What the people are told apart by.
BY: Final = {
    "language": N_("Language"),
    "length_of_stay_at_start": words.FIELDS["length_of_stay_at_start"],
    "household_composition": words.FIELDS["household_composition"],
}
_TITLES: Final = {
    "language": N_("Change from entry to exit, by language"),
    "length_of_stay_at_start": N_("Change from entry to exit, by length of stay"),
    "household_composition": N_("Change from entry to exit, by household"),
}


class TooFewPeople(CcmmError):
    """A part of the data set, or what is left without it, is fewer than ten people."""


def subgroups(data: Dataset, by: str) -> Table:
    """The change from entry to exit in every group: n, mean change (of yes/no items the change of the share), interval, d.

    A group with fewer than ten answers is hidden, with as many others as keep it from being worked out of the whole.
    """
    pairs = paired(data, ENTRY, EXIT)
    change = pairs.after - pairs.before
    whose = data.people.set_index("person")[by].astype("object").reindex(change.index)
    groups = sorted(each for each in whose.dropna().unique())
    items = [name for name in words.ITEMS if name in change]
    rows: list[Row] = []
    for item in items:
        values = {group: change.loc[(whose == group).to_numpy(), item].dropna() for group in groups}
        unknown = int(change.loc[whose.isna().to_numpy(), item].notna().sum())
        sizes = {group: [len(each)] for group, each in values.items()}
        shown = shown_groups(sizes | ({"": [unknown]} if unknown else {}))
        for group in groups:
            named = {"item": words.ITEMS[item], "group": words.OPTIONS.get(by, {}).get(group, group)}
            if group not in shown:
                rows.append(named | {"n": None, "change": None, "low": None, "high": None, "size": None, "words": words.HIDDEN})
                continue
            found = statistics.describe(values[group])
            rows.append(
                named
                | {
                    "n": found.n,
                    "change": found.mean,
                    "low": found.interval and found.interval.low,
                    "high": found.interval and found.interval.high,
                    "size": found.mean / found.sd if found.mean is not None and found.sd else None,
                    "words": "" if found.n else words.TROUBLES[Trouble.NO_DATA],
                }
            )
    return Table(
        key=f"by_{by}",
        title=_TITLES[by],
        query=f"pairs of {ENTRY} and {EXIT}, by {by}; groups under {SMALL} hidden",
        columns={
            "item": N_("Item"),
            "group": BY[by],
            "n": "n",
            "change": N_("Difference"),
            "low": N_("95 % from"),
            "high": N_("to"),
            "size": "d",
            "words": N_("Remarks"),
        },
        rows=tuple(rows),
    )


def check_selection(data: Dataset, selection: Selection) -> None:
    """Raise :class:`TooFewPeople` where tables of the selection would be about fewer than ten people, or give such a group away.

    Of one attribute alone exactly: its groups are protected as in a table. Of several together: neither the chosen people, nor
    those left out of any one of them, may be few.
    """
    people = data.people
    chosen = {"model": selection.models, "language": selection.languages, "agency": selection.agencies}
    inside = people["person"].notna()
    for name, values in chosen.items():
        if not values:
            continue
        counts = people[name].astype("object").fillna("").value_counts()
        shown = shown_groups({str(group): [int(n)] for group, n in counts.items()})
        if not set(values) <= shown:
            raise TooFewPeople("This part is not shown alone: it is fewer than 10 people, or gives such a part away.")
        inside &= people[name].isin(values)
    for name, values in chosen.items():
        if values:
            alone = people[name].isin(values)
            if 0 < int((alone & ~inside).sum()) < SMALL:
                raise TooFewPeople("What this selection leaves out is fewer than 10 people.")
    if 0 < int(inside.sum()) < SMALL:
        raise TooFewPeople("This selection is fewer than 10 people.")
