"""Groups of people (by language, length of stay, family) side by side."""

from __future__ import annotations

from typing import Final

import numpy as np

from ccmm_bot.evaluation import statistics, words
from ccmm_bot.evaluation.dataset import Dataset
from ccmm_bot.evaluation.disclosure import SMALL, shown_groups
from ccmm_bot.evaluation.instruments import ENTRY, EXIT
from ccmm_bot.evaluation.pairing import paired
from ccmm_bot.evaluation.results import Trouble
from ccmm_bot.evaluation.table import Row, Table
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


def subgroups(data: Dataset, by: str) -> Table:
    """The change from entry to exit in every group: n, mean change (of yes/no items the change of the share), interval, d.

    A group with fewer than ten answers is hidden, with as many others as keep it from being worked out of the whole.
    """
    pairs = paired(data, ENTRY, EXIT)
    change = pairs.after - pairs.before
    whose = data.people.set_index("person")[by].astype("object").reindex(change.index)
    groups = sorted(each for each in whose.dropna().unique())
    items = [name for name in words.ITEMS if name in change]
    among = {group: (whose == group).to_numpy() for group in groups}
    nowhere = whose.isna().to_numpy()
    rows: list[Row] = []
    for item in items:
        changed = change[item].to_numpy(dtype=np.float64)
        known = ~np.isnan(changed)
        values = {group: changed[inside & known] for group, inside in among.items()}
        unknown = int((nowhere & known).sum())
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
