"""Comparisons (CCMM report, results): entry and exit, exit and three months later, needs, the original and the enhanced model."""

from __future__ import annotations

from typing import Any

import numpy as np

from ccmm_bot.dialogue.model import ItemType
from ccmm_bot.evaluation import statistics, words
from ccmm_bot.evaluation.counting import cases_of
from ccmm_bot.evaluation.dataset import DOMAINS, Dataset, answers_of, one_run_each
from ccmm_bot.evaluation.instruments import ENTRY, EXIT
from ccmm_bot.evaluation.pairing import Paired
from ccmm_bot.evaluation.table import COMPARED, Row, Table, columns_of, rows_of, said, shares, summaries
from ccmm_bot.evaluation.texts import N_


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
        base: Row = {"item": words.ITEMS[item], **summaries(kind, values)}
        if kind is ItemType.SCALE:
            tests = {"pairs": statistics.paired_means(*both), "ranks": statistics.paired_ranks(*both)}
        else:
            tests = {"groups": shares(values), "pairs": statistics.paired_yes_no(*both)}
        rows += [{**base, "compared": COMPARED[name], **said(test)} for name, test in tests.items()]
    return Table(
        key=key,
        title=title,
        query=f"{kind.value} items; {waves[0]} and {waves[1]}, one run for each person; pairs: the same person and meaning"
        + (f"; versions {', '.join(sorted(pairs.versions))}" if pairs.versions else ""),
        columns=columns_of(kind, [words.WAVES[wave] for wave in waves]),
        rows=rows_of(rows),
    )


def needs(data: Dataset) -> Table:
    """Need domains at entry and exit, of cases where both were written down (CCMM report §3)."""
    cases = cases_of(data)
    rows: list[Row] = []
    for domain in DOMAINS:
        before, after = (cases[f"need_{moment}_{domain}"].to_numpy(dtype=np.float64) for moment in ("entry", "exit"))
        base: Row = {
            "item": words.DOMAINS[domain],
            **summaries(ItemType.YES_NO, [before[~np.isnan(before)], after[~np.isnan(after)]]),
        }
        tests = {
            "groups": shares([before[~np.isnan(before)], after[~np.isnan(after)]]),
            "pairs": statistics.paired_yes_no(before, after),
        }
        rows += [{**base, "compared": COMPARED[name], **said(test)} for name, test in tests.items()]
    return Table(
        key="needs",
        title=N_("Need domains, entry and exit"),
        query="case_need, one line a case; entry where any need was written down, exit where the case has ended",
        columns=columns_of(ItemType.YES_NO, [words.WAVES[ENTRY], words.WAVES[EXIT]]),
        rows=rows_of(rows),
    )


def between_models(data: Dataset, kind: ItemType, key: str, title: str) -> Table:
    """The exit survey under the original and the enhanced model."""
    answers = _wave(data, EXIT, kind)
    model = data.people.set_index("person")["model"].astype("object").reindex(answers.index)
    rows: list[Row] = []
    for item in (name for name in words.ITEMS if name in answers):
        values = [answers.loc[(model == each).to_numpy(), item].dropna().to_numpy() for each in words.MODELS]
        base: Row = {"item": words.ITEMS[item], **summaries(kind, values)}
        if kind is ItemType.SCALE:
            tests = {"groups": statistics.independent_means(*values), "ranks": statistics.independent_ranks(*values)}
        else:
            tests = {"groups": shares(values)}
        rows += [{**base, "compared": COMPARED[name], **said(test)} for name, test in tests.items()]
    return Table(
        key=key,
        title=title,
        query=f"{kind.value} items of the last {EXIT} of each person, by the model of the case",
        columns=columns_of(kind, list(words.MODELS.values())),
        rows=rows_of(rows),
    )


def _wave(data: Dataset, wave: str, kind: ItemType) -> Any:
    answers = data.once(f"answers {wave}", lambda: answers_of(data, one_run_each(data, wave)))
    kinds = data.grid(wave).kinds
    return answers[[name for name in answers.columns if kinds.get(name) == kind.value]]


def _column(table: Any, item: str) -> Any:
    return table[item].to_numpy() if item in table else np.array([])
