"""How good the answers are, from the data set: where people leave, how long it takes, whether they read the questions."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import pandas as pd

from ccmm_bot.dialogue.model import ItemType
from ccmm_bot.evaluation import words
from ccmm_bot.evaluation.dataset import NEVER, Dataset
from ccmm_bot.evaluation.disclosure import SMALL, shown_groups
from ccmm_bot.evaluation.effects import completion_effects
from ccmm_bot.evaluation.grids import numbers
from ccmm_bot.evaluation.instruments import WAVES
from ccmm_bot.evaluation.nonresponse import non_response
from ccmm_bot.evaluation.table import Row, Table
from ccmm_bot.evaluation.texts import N_

#: Fewer scale answers than this say nothing about somebody who chose the same point each time.
SCALE_ANSWERS: Final = 4


def quality_tables(data: Dataset, asked: Dataset | None = None) -> tuple[Table, ...]:
    """Every table of response quality that the data set alone gives. ``asked``: the one that has everybody who was asked.

    Whoever answered waits to be let in, whoever did not has nothing to wait with: without ``asked`` nobody would seem to answer.
    """
    by = (filling_in(data, name) for name in ("channel", "language"))
    return (drop_off(data), *by, completion_effects(data), non_response(asked or data))


def drop_off(data: Dataset) -> Table:
    """After which question people left a survey that they had begun."""
    rows: list[Row] = []
    runs = data.runs
    given = data.responses
    names, whose = given["item"].cat.categories, pd.Index(given["run"].cat.categories.astype("object"))
    item, run = given["item"].cat.codes.to_numpy(), given["run"].cat.codes.to_numpy()
    asked, answered = (_moments(given[name]) for name in ("asked_at", "answered_at"))
    for wave in WAVES:
        partial = runs.loc[((runs["instrument"] == wave) & (runs["outcome"] == "partial")).to_numpy(), "run"]
        here = np.flatnonzero((given["instrument"] == wave).to_numpy())
        here = here[np.lexsort((answered[here], asked[here]))]
        last = np.full(len(whose) + 1, -1)
        last[run[here]] = item[here]  # of a run's answers the last one stays
        left_after = last[whose.get_indexer(partial.astype("object"))]
        left = np.bincount(left_after[left_after >= 0], minlength=len(names))
        reached = np.bincount(item[here], minlength=len(names))
        known, place = np.unique(item[here], return_index=True)
        for code in known[np.argsort(place)]:
            name, n, gone = names[code], int(reached[code]), int(left[code])
            secret = 0 < n < SMALL
            rows.append(
                {
                    "survey": words.WAVES[wave],
                    "item": words.ITEMS.get(name, name),
                    "n": None if secret else n,
                    "left": None if secret else gone,
                    "share": None if secret else gone / n,
                    "words": words.HIDDEN if secret else "",
                }
            )
    return Table(
        key="drop_off",
        title=N_("Where people leave a survey"),
        query="answered or skipped items of each survey; runs that ended as partial, by their last item",
        columns={
            "survey": N_("Survey"),
            "item": N_("Item"),
            "n": N_("Reached this question"),
            "left": N_("Left after it"),
            "share": "%",
            "words": N_("Remarks"),
        },
        rows=tuple(rows),
    )


def filling_in(data: Dataset, by: str) -> Table:
    """Completed and usable runs, minutes to complete, and the same point each time, by channel or language."""
    runs = data.once("runs judged", lambda: _judged(data))
    rows: list[Row] = []
    for wave in WAVES:
        mine = runs[(runs["instrument"] == wave).to_numpy()]
        groups = {str(each): mine[(mine[by] == each).to_numpy()] for each in sorted(mine[by].dropna().unique())}
        shown = shown_groups({name: [len(each)] for name, each in groups.items()})
        for name, each in groups.items():
            row: Row = {"survey": words.WAVES[wave], "group": name}
            rows.append(row | (_filled(each) if name in shown else _NOTHING))
    return Table(
        key=f"quality_{by}",
        title={"channel": N_("Response quality by channel"), "language": N_("Response quality by language")}[by],
        query=f"runs of each survey by {by}; usable: at least half of the items answered; straight-lining: {SCALE_ANSWERS} or more "
        "scale answers, all the same",
        columns={
            "survey": N_("Survey"),
            "group": {"channel": N_("Channel"), "language": N_("Language")}[by],
            "n": N_("Started"),
            "completed_share": N_("Completed"),
            "usable_share": N_("Usable"),
            "minutes": N_("Minutes to complete, median"),
            "straight_share": N_("Same point each time"),
            "words": N_("Remarks"),
        },
        rows=tuple(rows),
    )


_NOTHING: Final[Row] = {
    "n": None, "completed_share": None, "usable_share": None, "minutes": None, "straight_share": None, "words": words.HIDDEN,
}  # fmt: skip


def _filled(runs: Any) -> Row:
    done = runs[runs["outcome"] == "completed"]
    judged = runs["straight"].dropna()
    return {
        "n": len(runs),
        "completed_share": len(done) / len(runs),
        "usable_share": float(runs["usable"].mean()),
        "minutes": float(done["minutes"].median()) if len(done) else None,
        "straight_share": float(judged.mean()) if len(judged) else None,
        "words": "",
    }


def _judged(data: Dataset) -> Any:
    """Every run, with how much of it was answered, in how many minutes, and whether each time at the same point."""
    runs = data.runs.copy()
    given = data.responses
    instrument, item, run = (given[name].cat for name in ("instrument", "item", "run"))
    asked = np.zeros((len(instrument.categories) + 1, len(item.categories) + 1), dtype=bool)
    asked[instrument.codes, item.codes] = True
    length = dict(zip(instrument.categories, asked[:-1, :-1].sum(axis=1), strict=True))
    runs["items"] = runs["instrument"].astype("object").map(length).fillna(0)
    line = np.append(pd.Index(runs["run"].astype("object")).get_indexer(run.categories.astype("object")), -1)[run.codes]
    answered = (line >= 0) & ~given["skipped"].to_numpy(dtype=bool)
    runs["answered"] = np.bincount(line[answered], minlength=len(runs))
    runs["usable"] = (runs["answered"] * 2 >= runs["items"]) & (runs["answered"] > 0)
    runs["minutes"] = (runs["ended_at"] - runs["started_at"]).dt.total_seconds() / 60
    scale = answered & (given["type"] == ItemType.SCALE.value).to_numpy()
    runs["straight"] = _straight(line[scale], numbers(given.loc[scale, "value"]).to_numpy(dtype=np.float64), len(runs))
    return runs


def _straight(line: Any, point: Any, runs: int) -> Any:
    """Run by run whether all its scale answers are the same point (1 or 0); nothing of runs with too few of them."""
    line, point = line[~np.isnan(point)], point[~np.isnan(point)]
    least, most = np.full(runs, np.inf), np.full(runs, -np.inf)
    np.minimum.at(least, line, point)
    np.maximum.at(most, line, point)
    return np.where(np.bincount(line, minlength=runs) >= SCALE_ANSWERS, (least == most).astype(np.float64), np.nan)


def _moments(column: Any) -> Any:
    """To be sorted by: what is not known stands at the end."""
    moments = column.dt.tz_localize(None).to_numpy(dtype="datetime64[us]")
    return np.where(np.isnat(moments), NEVER, moments.astype(np.int64))
