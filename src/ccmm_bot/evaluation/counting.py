"""Counts: who took part, and background, service and exit by model."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from ccmm_bot.evaluation import statistics, words
from ccmm_bot.evaluation.dataset import Dataset, one_run_each
from ccmm_bot.evaluation.disclosure import SMALL, protect
from ccmm_bot.evaluation.pairing import Paired
from ccmm_bot.evaluation.table import Row, Table
from ccmm_bot.evaluation.texts import N_

#: What every table of background, service and exit counts.
BACKGROUND: Final = ("household_composition", "immigration_category", "length_of_stay_at_start", "interpreter_used")
SERVICE: Final = ("contact_frequency", "main_contact_method")
#: What a part of a study is counted to, so that the counts of two parts tell nothing about what is between them.
ROUNDED: Final = 5
ENDING: Final = ("exit_reason", "settlement_referral")


def sample(data: Dataset, *pairs: Paired) -> Table:
    """How many people there are, and how many at which survey. Fewer than ten are hidden, and what would give them away."""
    rows = [_counted(N_("People in the data set"), "", len(data.people))]
    rows += [
        _counted(N_("Answered at least one question"), name, len(one_run_each(data, wave))) for wave, name in words.WAVES.items()
    ]
    for each, label in zip(pairs, (N_("Entry and exit"), N_("Exit and after 3 months")), strict=False):
        three = {
            N_("Answered both"): each.people,
            N_("Only the first"): each.only_before,
            N_("Only the second"): each.only_after,
        }
        # Any of the three is the rest of a survey's total.
        secret = any(0 < n < SMALL for n in three.values())
        rows += [_counted(what, label, n, secret=secret) for what, n in three.items()]
        rows.append(_counted(N_("Answers not compared: another version, or other words"), label, each.not_comparable))
    return Table(
        key="sample",
        title=N_("Who answered"),
        query="people; runs with at least one answer, one for each person and survey",
        columns={"what": N_("What"), "survey": N_("Survey"), "n": "n", "words": N_("Remarks")},
        rows=tuple(rows),
    )


def _counted(what: str, survey: str, n: int, *, secret: bool = False) -> Row:
    secret = secret or 0 < n < SMALL
    return {"what": what, "survey": survey, "n": None if secret else n, "words": words.HIDDEN if secret else ""}


def counts(data: Dataset, key: str, title: str, fields: Sequence[str], amounts: Sequence[str] = ()) -> Table:
    """Shares of options, and means of numbers, by case and model; small cells hidden with what would give them away."""
    cases = cases_of(data)
    step = ROUNDED if data.selection.narrows else 1
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
                near = step * round(cells[each, model] / step)
                row[f"{model}_n"] = None if secret else near
                row[f"{model}_share"] = None if secret or not total else near / (step * round(total / step) or step)
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
        query="people with a case, one line a case" + (f"; of a part of the study, to the nearest {step}" if step > 1 else ""),
        columns=columns | {"words": N_("Remarks")},
        rows=tuple(rows),
    )


def cases_of(data: Dataset) -> Any:
    """One line a case."""
    return data.people[data.people["case"].notna()].drop_duplicates("case")
