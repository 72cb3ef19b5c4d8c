"""What the evaluation costs: the report's tables and the exports, for more and more people with three surveys each."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

from ccmm_bot.dialogue.loader import load_program
from ccmm_bot.evaluation.exports import read_export, write_export
from ccmm_bot.evaluation.instruments import WAVES, instruments
from ccmm_bot.evaluation.synthetic import Plan, synthetic
from ccmm_bot.evaluation.tables import all_tables

SIZES = (1_000, 10_000, 30_000, 100_000)


def main() -> None:
    loaded = load_program(Path(__file__).parents[1] / "dialogues")
    defined = instruments(loaded.dialogues, loaded.instruments)
    print(f"{'people':>8} {'answers':>9} {'tables s':>9} {'CSV s':>7} {'Parquet s':>10} {'SPSS s':>7} {'read CSV s':>11}")
    for people in SIZES:
        data = synthetic(Plan(people=people, reached=dict.fromkeys(WAVES, 1.0)), defined)
        times = []
        with tempfile.TemporaryDirectory() as folder:
            begun = time.perf_counter()
            all_tables(data)
            times.append(time.perf_counter() - begun)
            for form in ("csv", "parquet", "sav"):
                begun = time.perf_counter()
                write_export(data, defined, Path(folder) / f"{form}.zip", form=form)
                times.append(time.perf_counter() - begun)
            begun = time.perf_counter()
            read_export(Path(folder) / "csv.zip")
            times.append(time.perf_counter() - begun)
        tables, csv, parquet, sav, read = times
        print(f"{people:8} {len(data.responses):9} {tables:9.1f} {csv:7.1f} {parquet:10.1f} {sav:7.1f} {read:11.1f}")


if __name__ == "__main__":
    main()
