"""The tables of the evaluation (CCMM report, results): who answered, entry and exit, the two models, needs, service and exit.

A table is rows of plain values; a number is ``None`` where there is none, and the row's ``words`` say why. Effects and intervals
stand before p. The same data give the same tables, whether they come out of the store or out of an export.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np

from ccmm_bot.dialogue.model import ItemType
from ccmm_bot.evaluation import statistics, words
from ccmm_bot.evaluation.dataset import DOMAINS, NUMBERS, Dataset, Paired, answers_of, one_run_each, paired
from ccmm_bot.evaluation.disclosure import SMALL, protect
from ccmm_bot.evaluation.instruments import ENTRY, EXIT, FOLLOW_UP
from ccmm_bot.evaluation.results import Interval, Test
from ccmm_bot.evaluation.texts import N_

Row = dict[str, Any]

#: What every table of background, service and exit counts.
BACKGROUND: Final = ("household_composition", "immigration_category", "length_of_stay_at_start", "interpreter_used")
SERVICE: Final = ("contact_frequency", "main_contact_method")
ENDING: Final = ("exit_reason", "settlement_referral")


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """``columns``: key → heading. ``query`` says which answers were taken, so that every number can be found again."""

    key: str
    title: str
    query: str
    columns: Mapping[str, str]
    rows: tuple[Row, ...]
    notes: tuple[str, ...] = field(default=())

    @property
    def filled(self) -> tuple[str, ...]:
        """The columns in which anything stands."""
        return tuple(name for name in self.columns if any(row.get(name) not in (None, "") for row in self.rows))


_TEST: Final = {
    "difference": N_("Difference"),
    "low": N_("95 % from"),
    "high": N_("to"),
    "se": N_("SE"),
    "size": N_("Effect"),
    "size_low": N_("95 % from"),
    "size_high": N_("to"),
    "effect": N_("Effect is"),
    "test": N_("Test"),
    "statistic": N_("Statistic"),
    "p": N_("p"),
    "p_holm": N_("p, Holm"),
    "p_bh": N_("p, Benjamini–Hochberg"),
    "words": N_("Remarks"),
}


def all_tables(data: Dataset) -> tuple[Table, ...]:
    """Every table, in the order of a report. Means and shares of fewer than ten people are hidden; counts of who took part stay."""
    before_after, after_later = paired(data, ENTRY, EXIT), paired(data, EXIT, FOLLOW_UP)
    return (
        sample(data, before_after, after_later),
        counts(data, "background", N_("Background"), BACKGROUND),
        means_over_time(data, before_after, "scale_entry_exit", N_("Scale items, entry and exit"), ENTRY, EXIT),
        shares_over_time(data, before_after, "yes_no_entry_exit", N_("Yes/no items, entry and exit"), ENTRY, EXIT),
        needs(data),
        between_models(data, ItemType.SCALE, "scale_models", N_("Scale items at exit, original and enhanced model")),
        between_models(data, ItemType.YES_NO, "yes_no_models", N_("Yes/no items at exit, original and enhanced model")),
        means_over_time(data, after_later, "scale_follow_up", N_("Scale items, exit and 3 months later"), EXIT, FOLLOW_UP),
        shares_over_time(data, after_later, "yes_no_follow_up", N_("Yes/no items, exit and 3 months later"), EXIT, FOLLOW_UP),
        counts(data, "service", N_("Service"), SERVICE, sorted(NUMBERS)),
        counts(data, "ending", N_("Exit and what came after"), ENDING),
    )


def sample(data: Dataset, *pairs: Paired) -> Table:
    """How many people there are, and how many at which survey."""
    rows: list[Row] = [{"what": N_("People in the data set"), "n": len(data.people)}]
    for wave, name in words.WAVES.items():
        rows.append({"what": N_("Answered at least one question"), "survey": name, "n": len(one_run_each(data, wave))})
    for each, label in zip(pairs, (N_("Entry and exit"), N_("Exit and after 3 months")), strict=False):
        rows += [
            {"what": N_("Answered both"), "survey": label, "n": each.people},
            {"what": N_("Only the first"), "survey": label, "n": each.only_before},
            {"what": N_("Only the second"), "survey": label, "n": each.only_after},
            {"what": N_("Answers not compared: worded differently"), "survey": label, "n": each.other_wording},
        ]
    return Table(
        key="sample",
        title=N_("Who answered"),
        query="people; runs with at least one answer, one for each person and survey",
        columns={"what": N_("What"), "survey": N_("Survey"), "n": "n"},
        rows=tuple(rows),
    )


def counts(data: Dataset, key: str, title: str, fields: Sequence[str], amounts: Sequence[str] = ()) -> Table:
    """Shares of options, and means of numbers, by case and model; small cells hidden with what would give them away."""
    cases = _cases(data)
    models = [name for name in words.MODELS if (cases["model"] == name).any()]
    rows: list[Row] = []
    for name in fields:
        options = [each for each in words.OPTIONS[name] if (cases[name] == each).any()]
        cells = {
            (each, model): int(((cases[name] == each) & (cases["model"] == model)).sum()) for each in options for model in models
        }
        sums = [frozenset((each, model) for model in models) for each in options]
        sums += [frozenset((each, model) for each in options) for model in models]
        hidden = protect(cells, [*sums, frozenset(cells)])
        for each in options:
            row: Row = {"what": words.FIELDS[name], "option": words.OPTIONS[name][each]}
            for model in models:
                total = sum(cells[other, model] for other in options)
                secret = (each, model) in hidden.cells or len(options) + models.index(model) in hidden.sums
                row[f"{model}_n"] = None if secret else cells[each, model]
                row[f"{model}_share"] = None if secret or not total else cells[each, model] / total
                row["words"] = words.HIDDEN if secret else row.get("words", "")
            rows.append(row)
    for name in amounts:
        row = {"what": words.FIELDS[name], "words": ""}
        for model in models:
            found = statistics.describe(cases.loc[cases["model"] == model, name])
            small = 0 < found.n < SMALL
            row |= {f"{model}_n": None if small else found.n, f"{model}_mean": None if small else found.mean}
            row |= {f"{model}_sd": None if small else found.sd, "words": words.HIDDEN if small else row["words"]}
        rows.append(row)
    columns = {"what": N_("What"), "option": N_("Answer")}
    for model in models:
        columns |= {f"{model}_n": f"{words.MODELS[model]}: n", f"{model}_share": f"{words.MODELS[model]}: %"}
        if amounts:
            columns |= {f"{model}_mean": f"{words.MODELS[model]}: M", f"{model}_sd": f"{words.MODELS[model]}: SD"}
    return Table(
        key=key,
        title=title,
        query="people with a case, one line a case",
        columns=columns | {"words": N_("Remarks")},
        rows=tuple(rows),
    )


def means_over_time(data: Dataset, pairs: Paired, key: str, title: str, first: str, second: str) -> Table:
    """n, M and SD of everybody at both moments; the change of those who answered both."""
    return _over_time(data, pairs, ItemType.SCALE, key, title, (first, second))


def shares_over_time(data: Dataset, pairs: Paired, key: str, title: str, first: str, second: str) -> Table:
    """n and % at both moments: Pearson's χ² as in the report, as if of different people, and McNemar's test of the pairs."""
    return _over_time(data, pairs, ItemType.YES_NO, key, title, (first, second))


def _over_time(data: Dataset, pairs: Paired, kind: ItemType, key: str, title: str, waves: tuple[str, str]) -> Table:
    frames = [_wave(data, wave, kind) for wave in waves]
    rows: list[Row] = []
    for item in (name for name in words.ITEMS if name in frames[0] and name in frames[1]):
        values = [each[item].dropna().to_numpy() for each in frames]
        both = _column(pairs.before, item), _column(pairs.after, item)
        base: Row = {"item": words.ITEMS[item], **_summaries(kind, values)}
        if kind is ItemType.SCALE:
            tests = {"pairs": statistics.paired_means(*both), "ranks": statistics.paired_ranks(*both)}
        else:
            tests = {"groups": _shares(values), "pairs": statistics.paired_yes_no(*both)}
        rows += [{**base, "compared": _COMPARED[name], **_said(test)} for name, test in tests.items()]
    return Table(
        key=key,
        title=title,
        query=f"{kind.value} items; {waves[0]} and {waves[1]}, one run for each person; pairs: the same person and wording",
        columns=_columns(kind, [words.WAVES[wave] for wave in waves]),
        rows=_corrected(rows),
        notes=(f"{pairs.people} people answered both; versions {dict(pairs.versions)}",) if pairs.versions else (),
    )


def needs(data: Dataset) -> Table:
    """Need domains at entry and exit, of cases where both were written down (CCMM report §3)."""
    cases = _cases(data)
    rows: list[Row] = []
    for domain in DOMAINS:
        before, after = (cases[f"need_{moment}_{domain}"].to_numpy(dtype=np.float64) for moment in ("entry", "exit"))
        base: Row = {
            "item": words.DOMAINS[domain],
            **_summaries(ItemType.YES_NO, [before[~np.isnan(before)], after[~np.isnan(after)]]),
        }
        tests = {
            "groups": _shares([before[~np.isnan(before)], after[~np.isnan(after)]]),
            "pairs": statistics.paired_yes_no(before, after),
        }
        rows += [{**base, "compared": _COMPARED[name], **_said(test)} for name, test in tests.items()]
    return Table(
        key="needs",
        title=N_("Need domains, entry and exit"),
        query="case_need, one line a case; entry where any need was written down, exit where the case has ended",
        columns=_columns(ItemType.YES_NO, [words.WAVES[ENTRY], words.WAVES[EXIT]]),
        rows=_corrected(rows),
    )


def between_models(data: Dataset, kind: ItemType, key: str, title: str) -> Table:
    """The exit survey under the original and the enhanced model."""
    answers = _wave(data, EXIT, kind)
    model = data.people.set_index("person")["model"].astype("object").reindex(answers.index)
    rows: list[Row] = []
    for item in (name for name in words.ITEMS if name in answers):
        values = [answers.loc[(model == each).to_numpy(), item].dropna().to_numpy() for each in words.MODELS]
        base: Row = {"item": words.ITEMS[item], **_summaries(kind, values)}
        if kind is ItemType.SCALE:
            tests = {"groups": statistics.independent_means(*values), "ranks": statistics.independent_ranks(*values)}
        else:
            tests = {"groups": _shares(values)}
        rows += [{**base, "compared": _COMPARED[name], **_said(test)} for name, test in tests.items()]
    return Table(
        key=key,
        title=title,
        query=f"{kind.value} items of the last {EXIT} of each person, by the model of the case",
        columns=_columns(kind, list(words.MODELS.values())),
        rows=_corrected(rows),
    )


# --- parts -------------------------------------------------------------------------------------------------------------

_COMPARED: Final = {"pairs": N_("the same people"), "groups": N_("everybody"), "ranks": N_("ranks")}


def _columns(kind: ItemType, groups: Sequence[str]) -> dict[str, str]:
    numbers_of = {"mean": "M", "sd": "SD"} if kind is ItemType.SCALE else {"count": N_("yes"), "share": "%"}
    made = {"item": N_("Item")}
    for n, group in enumerate(groups):
        made |= {f"n{n}": f"{group}: n", **{f"{name}{n}": f"{group}: {label}" for name, label in numbers_of.items()}}
    return made | {"compared": N_("Compared"), "n_pairs": "n", **_TEST}


def _wave(data: Dataset, wave: str, kind: ItemType) -> Any:
    answers, kinds = answers_of(data, one_run_each(data, wave)), data.grid(wave).kinds
    return answers[[name for name in answers.columns if kinds.get(name) == kind.value]]


def _cases(data: Dataset) -> Any:
    return data.people[data.people["case"].notna() & data.selection.starts_on(data.people["exit_on"])].drop_duplicates("case")


def _column(table: Any, item: str) -> Any:
    return table[item].to_numpy() if item in table else np.array([])


def _summaries(kind: ItemType, groups: Sequence[Any]) -> Row:
    made: Row = {}
    for n, values in enumerate(groups):
        if kind is ItemType.SCALE:
            found = statistics.describe(values)
            made |= {f"n{n}": found.n, f"mean{n}": found.mean, f"sd{n}": found.sd}
        else:
            some = statistics.share(int(np.sum(values)), len(values))
            made |= {f"n{n}": some.n, f"count{n}": some.count, f"share{n}": some.share}
    return made


def _shares(groups: Sequence[Any]) -> Test:
    first, second = groups
    return statistics.compare_shares(int(np.sum(first)), len(first), int(np.sum(second)), len(second))


def _said(test: Test) -> Row:
    said = [words.REMARKS[each] for each in test.remarks] + ([words.TROUBLES[test.trouble]] if test.trouble else [])
    return {
        "n_pairs": sum(test.n),
        "difference": test.difference,
        **_ends("", test.interval),
        "se": test.se,
        "size": test.size,
        **_ends("size_", test.size_interval),
        "effect": test.effect,
        "test": words.TESTS[test.name],
        "statistic": test.statistic,
        "p": test.p,
        "words": "; ".join(said),
    }


def _ends(prefix: str, interval: Interval | None) -> Row:
    return {f"{prefix}low": interval and interval.low, f"{prefix}high": interval and interval.high}


def _corrected(rows: Sequence[Row]) -> tuple[Row, ...]:
    """Small groups hidden; then Holm and Benjamini–Hochberg among the rows that compare in the same way."""
    kept = [_hidden(row) if any(0 < row[name] < SMALL for name in ("n0", "n1", "n_pairs") if name in row) else row for row in rows]
    for way in {row["compared"] for row in kept}:
        same = [row for row in kept if row["compared"] == way]
        for name, method in (("p_holm", "holm"), ("p_bh", "fdr_bh")):
            for row, p in zip(same, statistics.corrected([row["p"] for row in same], method), strict=True):  # type: ignore[arg-type]
                row[name] = p
    return tuple(kept)


def _hidden(row: Row) -> Row:
    return {name: value if name in ("item", "compared") else None for name, value in row.items()} | {"words": words.HIDDEN}
