"""Who answers the survey three months after the exit, and who does not, by what was known of them before."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import pandas as pd
from scipy import stats
from scipy.stats import contingency

from ccmm_bot.evaluation import statistics, words
from ccmm_bot.evaluation.dataset import Dataset
from ccmm_bot.evaluation.disclosure import SMALL, shown_groups
from ccmm_bot.evaluation.effects import ALPHA, ONE_LEVEL, OTHERS, TOGETHER, correct, merged
from ccmm_bot.evaluation.instruments import FOLLOW_UP
from ccmm_bot.evaluation.results import Remark, finite
from ccmm_bot.evaluation.table import Row, Table
from ccmm_bot.evaluation.texts import N_

MONTHS: Final = 3
UNKNOWN: Final = N_("not known")
DIFFERS: Final = N_("answering differs")
NO_SIGN: Final = N_("no sign that answering differs")
CONSTANT: Final = N_("everybody answered, or nobody")
#: What people are told apart by; the channel is that of the last survey before.
BY: Final = {
    "language": N_("Language"),
    "channel": N_("Channel"),
    "model": N_("Model"),
    "length_of_stay_at_start": words.FIELDS["length_of_stay_at_start"],
}
_LABELS: Final = {"model": words.MODELS, "length_of_stay_at_start": words.OPTIONS["length_of_stay_at_start"]}


def non_response(data: Dataset) -> Table:
    """Due, reached and answered in each group, and whether answering differs between the groups."""
    due = _due(data)
    rows: list[Row] = []
    for by in BY if len(due) else ():
        rows += _rows(due, by)
    for row in correct(rows):
        row["words"] = "; ".join(filter(None, (DIFFERS if row["p_holm"] < ALPHA else NO_SIGN, row["words"])))
    return Table(
        key="non_response",
        title=N_("Who answers three months later, and who does not"),
        query=f"people whose exit was {MONTHS} months ago or who began the {FOLLOW_UP}; reached: it was begun; answered: at least "
        f"one answer; channel of the last survey before; groups under {SMALL} in any column together, in the test "
        f"those under {SMALL} due",
        columns={
            "by": N_("Compared by"),
            "group": N_("Group"),
            "n": N_("Were due"),
            "reached": N_("Reached"),
            "answered": N_("Answered"),
            "share": "%",
            "low_share": N_("95 % from"),
            "high_share": N_("to"),
            "size": N_("Cramér's V"),
            "test": N_("Test"),
            "statistic": N_("Statistic"),
            "p": N_("p"),
            "p_holm": N_("p, Holm"),
            "p_bh": N_("p, Benjamini–Hochberg"),
            "words": N_("Remarks"),
        },
        rows=tuple(rows),
    )


_NOTHING: Final[Row] = dict.fromkeys(("n", "reached", "answered", "share", "low_share", "high_share", "size")) | {"words": ""}


def _due(data: Dataset) -> Any:
    """One line for each person whose follow-up was due: what tells them apart, reached and answered (1 or 0)."""
    people, runs = data.people, data.runs.sort_values("started_at", kind="stable")
    later = runs[runs["instrument"] == FOLLOW_UP]
    before = runs[runs["instrument"] != FOLLOW_UP].drop_duplicates("person", keep="last")
    run = data.responses["run"].cat
    given = set(run.categories[np.unique(run.codes.to_numpy()[~data.responses["skipped"].to_numpy(dtype=bool)])])
    person = people["person"].astype("object")
    # Made-up people live after the day on which they were made.
    now = max([pd.Timestamp(data.made_at), *later["started_at"].tail(1)]).tz_convert("UTC").tz_localize(None)
    made = pd.DataFrame({name: people[name].astype("object").to_numpy() for name in BY if name != "channel"})
    channel = dict(zip(before["person"].astype("object"), before["channel"].astype("object"), strict=True))
    made["channel"] = [channel.get(key) for key in person]
    made["reached"] = person.isin(set(later["person"])).to_numpy().astype(np.int64)
    made["answered"] = person.isin(set(later.loc[later["run"].isin(given), "person"])).to_numpy().astype(np.int64)
    ended = people["exit_on"].notna() & (people["exit_on"] + pd.DateOffset(months=MONTHS) <= now)
    return made[ended.to_numpy() | (made["reached"] == 1).to_numpy()]


def _rows(due: Any, by: str) -> list[Row]:
    values = due[by].map(lambda value: value if isinstance(value, str) else UNKNOWN)
    counted = due.groupby(values.to_numpy())[["reached", "answered"]].sum()
    counted.insert(0, "due", values.value_counts().reindex(counted.index))
    counted = counted.sort_values("due", ascending=False, kind="stable")
    whole = [int(n) for n in counted.sum()]
    rows = [{"by": BY[by], "group": TOGETHER, **_NOTHING, **_counts(whole, not any(0 < n < SMALL for n in whole))}]
    if rows[0]["n"] is not None:
        # A large group of whom few answered is not shown by itself, and is what the test looks for.
        tested = _added(counted, merged({name: [n] for name, n in counted["due"].items()}))
        rows[0] |= _tested([(n, answered) for n, _, answered in tested.values()])
    sums = _added(counted, merged(dict(zip(counted.index, counted.to_numpy().tolist(), strict=True))))
    shown = shown_groups(sums)
    for name, line in sums.items():
        label = name if name in (OTHERS, UNKNOWN) else _LABELS.get(by, {}).get(name, name)
        rows.append({"by": BY[by], "group": label, **_NOTHING, **_counts(line, name in shown)})
    return rows


def _added(counted: Any, into: Mapping[str, str]) -> dict[str, list[int]]:
    """Group → due, reached and answered, where some are put together."""
    sums = counted.groupby([into[name] for name in counted.index], sort=False).sum()
    return dict(zip(sums.index, sums.to_numpy().tolist(), strict=True))


def _counts(line: list[int], fine: bool) -> Row:
    if not fine:
        return {"words": words.HIDDEN}
    found = statistics.share(line[2], line[0])
    return {
        **dict(zip(("n", "reached", "answered"), line, strict=True)),
        "share": found.share,
        "low_share": found.interval and found.interval.low,
        "high_share": found.interval and found.interval.high,
    }


def _tested(groups: list[tuple[int, int]]) -> Row:
    """Pearson's χ² of answered by group; below 5 expected, Fisher's exact test (of more than two groups by simulation)."""
    if len(groups) < 2:
        return {"words": ONE_LEVEL}
    table = np.array([[answered, n - answered] for n, answered in groups])
    if 0 in table.sum(axis=0):
        return {"words": CONSTANT}
    size = finite(contingency.association(table, method="cramer"))
    found = stats.chi2_contingency(table, correction=False)
    if float(found.expected_freq.min()) >= statistics.EXPECTED:
        name, statistic, p, remark = "pearson_chi2", finite(found.statistic), finite(found.pvalue), ""
    else:
        draws = stats.MonteCarloMethod(rng=np.random.default_rng(0)) if len(groups) > 2 else None  # the same p each time
        exact = stats.fisher_exact(table, method=draws)
        name, statistic, p, remark = "fisher_exact", None, finite(exact.pvalue), words.REMARKS[Remark.SMALL_EXPECTED]
    return {"size": size, "test": words.TESTS[name], "statistic": statistic, "p": p, "words": remark}
