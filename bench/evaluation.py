"""What the evaluation costs once its data are read: the report's tables and the exports, for people with three surveys each."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from _table import Plan, Row, loaded

from ccmm_bot.dialogue.loader import load_program
from ccmm_bot.evaluation.exports import read_export, write_export
from ccmm_bot.evaluation.instruments import WAVES, instruments
from ccmm_bot.evaluation.synthetic import Plan as People
from ccmm_bot.evaluation.synthetic import synthetic
from ccmm_bot.evaluation.tables import all_tables

FEW, MANY = 1_000, 100_000


def rows(plan: Plan) -> Iterator[Row]:
    """Many people beside few: what grows faster than they do has a ratio above theirs."""
    many = FEW * 10 if plan.quick else MANY
    with loaded() as found:
        few, lot = _took(FEW), _took(many)
        for name in lot:
            shown = f"evaluation, {many:,} people with three surveys: {name}; its floor: {FEW:,}"
            found.append(Row(name=shown, unit="s", values=[lot[name]], floors=[few[name]]))
    yield from found


def _took(people: int) -> dict[str, float]:
    """Seconds."""
    program = load_program(Path(__file__).parents[1] / "dialogues")
    defined = instruments(program.dialogues, program.instruments)
    data = synthetic(People(people=people, reached=dict.fromkeys(WAVES, 1.0)), defined)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        return {
            "all tables": _seconds(lambda: all_tables(data)),
            **{
                f"export as {form}": _seconds(lambda form=form: write_export(data, defined, folder / f"{form}.zip", form=form))  # type: ignore[misc]
                for form in ("csv", "parquet", "sav")
            },
            "reading the CSV": _seconds(lambda: read_export(folder / "csv.zip")),
        }


def _seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began
