"""What the evaluation costs, for more and more people with three surveys each: tables and exports out of a store, and back.

Every figure is of a process of its own, so that the memory it needs is its own, too. An export is what the button does: reading the
study and writing the file. ``python bench/evaluation.py WHAT FOLDER`` measures one and prints it as JSON.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from _table import Plan, Row, at_most, loaded
from sqlmodel import select

from ccmm_bot.dialogue.loader import load_program
from ccmm_bot.evaluation.dataset import Selection
from ccmm_bot.evaluation.exports import read_export
from ccmm_bot.evaluation.instruments import WAVES, Instrument, instruments
from ccmm_bot.evaluation.parts import part_of
from ccmm_bot.evaluation.reading import read_dataset
from ccmm_bot.evaluation.releasing import Wanted, make
from ccmm_bot.evaluation.report import study_tables
from ccmm_bot.evaluation.synthetic import Plan as People
from ccmm_bot.evaluation.synthetic import synthetic
from ccmm_bot.store.keys import KeyRing
from ccmm_bot.store.migrations import upgrade
from ccmm_bot.store.session import Store, open_engine
from ccmm_bot.store.tables import Agency

ROOT = Path(__file__).parents[1]
#: People of each size. The second is what the targets are about, and what later sizes are compared with.
QUICK, FULL = (1_000, 10_000), (1_000, 10_000, 30_000, 100_000)
MEASURED = 10_000
FORMATS = {"csv": "CSV", "xlsx": "XLSX", "parquet": "Parquet", "sav": "SPSS"}
NAMES = {
    "reading": "reading",
    "tables": "all tables, with reading",
    "part": "a part of the study read",
    **{form: f"export as {name}, with reading" for form, name in FORMATS.items()},
    "back": "reading the CSV again",
}
TABLES, EXPORT, GROWTH, MEMORY = 5.0, 10.0, 1.3, 2_048.0  # s, s, of the cost of one person, MB
NOW = datetime(2028, 6, 1, 18, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What one thing took: seconds on the clock and of the processor, and MB of memory at the most."""

    seconds: float
    processor: float
    memory: float


def rows(plan: Plan) -> Iterator[Row]:
    """Each size with its targets; then how the processor's time for one person grows from ten thousand people on."""
    took: dict[tuple[str, int], Cost] = {}
    for people in QUICK if plan.quick else FULL:
        with tempfile.TemporaryDirectory() as folder, loaded() as found:
            _filled(people, Path(folder))
            for what, name in NAMES.items():
                cost = took[what, people] = _in_a_process(what, Path(folder))
                bound = TABLES if what == "tables" else EXPORT if what in FORMATS else None
                target = at_most(bound, of_ratio=False) if bound and people == MEASURED else None
                shown = f"evaluation, {people:,} people: {name}"
                found.append(Row(name=shown, unit="s", values=[cost.seconds], target=target))
                most = at_most(MEMORY, of_ratio=False) if what != "back" else None
                found.append(Row(name=f"{shown}: memory", unit="MB", values=[cost.memory], target=most))
        yield from found
    for (what, people), cost in took.items():
        if people > MEASURED:
            each, before = cost.processor / people, took[what, MEASURED].processor / MEASURED
            yield Row(
                name=f"evaluation, processor time a person: {NAMES[what]}; {people:,} people, its floor: {MEASURED:,}",
                unit="ms",
                values=[each * 1000],
                floors=[before * 1000],
                target=at_most(GROWTH),
            )


def _filled(people: int, folder: Path) -> None:
    """A store with so many people of one agency in the folder, put in ten thousand at a time."""
    sys.path.insert(0, str(ROOT))
    from tests import new
    from tests.evaluation.filling import fill

    defined = _defined()
    keys = KeyRing.load_or_create(folder / "keys")
    engine = open_engine(_url(folder), keys)
    upgrade(engine)
    store = Store(engine, keys)
    agency = new.agency(store)
    for first in range(0, people, 10_000):
        some = People(people=min(people - first, 10_000), seed=first + 1, reached=dict.fromkeys(WAVES, 1.0))
        fill(store, agency, synthetic(some, defined), first=first)
    store.close()


def _in_a_process(what: str, folder: Path) -> Cost:
    done = subprocess.run([sys.executable, __file__, what, str(folder)], check=True, capture_output=True, text=True)
    return Cost(**json.loads(done.stdout.splitlines()[-1]))


def measure(what: str, folder: Path) -> Cost:
    """One of :data:`NAMES`, in this process. The CSV is read again from where it was written."""
    defined = _defined()
    keys = KeyRing.load(folder / "keys")
    store = Store(open_engine(_url(folder), keys), keys)
    with store.installation() as session:
        agency = session.exec(select(Agency.id)).one()
    work: Callable[[], object]
    match what:
        case "reading":
            work = partial(read_dataset, store, [agency], "bench", NOW, defined)
        case "tables":
            work = partial(study_tables, store, [agency], "bench", defined, Selection(), NOW)
        case "part":
            whole = read_dataset(store, [agency], "bench", NOW, defined)
            work = partial(part_of, whole, Selection(languages=("ar",)))
        case "back":
            work = partial(read_export, folder / "csv.zip")
        case _:
            wanted = Wanted(study="bench", agencies=(agency,), who="bench", purpose="measuring", form=what)
            work = partial(make, store, defined, wanted, folder / f"{what}.zip", NOW)
    begun, processor = time.perf_counter(), time.process_time()
    work()
    took = Cost(seconds=time.perf_counter() - begun, processor=time.process_time() - processor, memory=_peak())
    store.close()
    return took


def _peak() -> float:
    """The most memory this process had, in MB (Linux)."""
    lines = Path("/proc/self/status").read_text("ascii").splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM"))


def _defined() -> tuple[Instrument, ...]:
    program = load_program(ROOT / "dialogues")
    return instruments(program.dialogues, program.instruments)


def _url(folder: Path) -> str:
    return f"sqlite:///{folder}/study.sqlite3"


if __name__ == "__main__":
    cost = measure(sys.argv[1], Path(sys.argv[2]))
    print(json.dumps({name: getattr(cost, name) for name in Cost.__slots__}))
