"""What the evaluation costs, for more and more people with three surveys each: out of a store, and out of and into files."""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from _table import Plan, Row, loaded

from ccmm_bot.dialogue.loader import load_program
from ccmm_bot.evaluation.dataset import Dataset, Selection
from ccmm_bot.evaluation.exports import read_export, write_export
from ccmm_bot.evaluation.instruments import WAVES, Instrument, instruments
from ccmm_bot.evaluation.parts import part_of
from ccmm_bot.evaluation.reading import read_dataset
from ccmm_bot.evaluation.report import study_tables
from ccmm_bot.evaluation.synthetic import Plan as People
from ccmm_bot.evaluation.synthetic import synthetic
from ccmm_bot.store.keys import KeyRing
from ccmm_bot.store.migrations import upgrade
from ccmm_bot.store.session import Store, open_engine

ROOT = Path(__file__).parents[1]
FEW, MANY = 1_000, 100_000
NAMES = ("all tables", "of it reading", "a part", "export as CSV", "as Parquet", "as SPSS", "reading the CSV")
NOW = datetime(2028, 6, 1, 18, tzinfo=UTC)
T = TypeVar("T")


def timed(work: Callable[[], T]) -> tuple[float, T]:
    """Seconds, and what came of it."""
    begun = time.perf_counter()
    made = work()
    return time.perf_counter() - begun, made


def measure(data: Dataset, defined: tuple[Instrument, ...], folder: Path) -> list[float]:
    """Every table out of the store; of it the reading; a part; each format; and back."""
    sys.path.insert(0, str(ROOT))
    from tests.evaluation.filling import fill, new_agency

    keys = KeyRing.generate()
    engine = open_engine(f"sqlite:///{folder}/study.sqlite3", keys)
    upgrade(engine)
    store = Store(engine, keys)
    agency = new_agency(store)
    fill(store, agency, data)
    tables, _ = timed(lambda: study_tables(store, [agency], "bench", defined, Selection(), NOW))
    reading, read = timed(lambda: read_dataset(store, [agency], "bench", NOW, defined))
    part, _ = timed(lambda: part_of(read, Selection(languages=("ar",))))
    store.close()
    made = [
        timed(lambda form=form: write_export(data, defined, folder / f"{form}.zip", form=form))[0]  # type: ignore[misc]
        for form in ("csv", "parquet", "sav")
    ]
    return [tables, reading, part, *made, timed(lambda: read_export(folder / "csv.zip"))[0]]


def rows(plan: Plan) -> Iterator[Row]:
    """Many people beside few: what grows faster than they do has a ratio above theirs."""
    many = FEW * 10 if plan.quick else MANY
    with loaded() as found:
        few, lot = _took(FEW), _took(many)
        for name, less, more in zip(NAMES, few, lot, strict=True):
            shown = f"evaluation, {many:,} people with three surveys: {name}; its floor: {FEW:,}"
            found.append(Row(name=shown, unit="s", values=[more], floors=[less]))
    yield from found


def _took(people: int) -> list[float]:
    program = load_program(ROOT / "dialogues")
    defined = instruments(program.dialogues, program.instruments)
    data = synthetic(People(people=people, reached=dict.fromkeys(WAVES, 1.0)), defined)
    with tempfile.TemporaryDirectory() as folder:
        return measure(data, defined, Path(folder))
