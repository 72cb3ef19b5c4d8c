"""An export: one ZIP file with the tables of a data set, its codebook and its data package. And back, without the database."""

from __future__ import annotations

import hashlib
import json
import tempfile
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd

from ccmm_bot.dialogue.model import ItemType
from ccmm_bot.errors import CcmmError
from ccmm_bot.evaluation.codebook import NOT_ASKED, SKIPPED, codebook_page, column, data_package, equivalent_in, tables
from ccmm_bot.evaluation.dataset import NEEDS, PEOPLE, RESPONSES, RUNS, Dataset, Selection, answers_of, frame, one_run_each
from ccmm_bot.evaluation.formats import FORMATS, read, write
from ccmm_bot.evaluation.instruments import WAVES, Instrument

SHAPES: Final = ("long", "wide", "both")
_LONG: Final = ("people", "runs", "responses")
_COLUMNS: Final = {"people": (*PEOPLE, *NEEDS), "runs": RUNS, "responses": RESPONSES}


class UnusableExport(CcmmError):
    """The file is not an export of this service, or not one that can be analysed."""


def write_export(
    data: Dataset,
    defined: Sequence[Instrument],
    path: Path,
    *,
    form: str = "csv",
    shape: str = "both",
    texts: Mapping[str, Mapping[str, str]] | None = None,
    tell: Callable[[str], None] = lambda _: None,
) -> str:
    """Write the export to ``path`` and give its SHA-256. ``tell`` hears of every table before it is written."""
    if form not in FORMATS or shape not in SHAPES:
        raise UnusableExport(f"Formats are {', '.join(FORMATS)}; shapes are {', '.join(SHAPES)}.")
    data = data.within()
    named = tables(defined)
    made: dict[str, Callable[[], Any]] = {}  # each when its turn comes, so that they are not all there at once
    if shape != "wide":
        made |= {"people": lambda: data.people, "runs": lambda: data.runs, "responses": lambda: data.responses}
    if shape != "long":
        made["wide"] = lambda: wide(data, defined, codes=form == "sav")
    with tempfile.TemporaryDirectory() as folder, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, table_of in made.items():
            table = table_of()
            tell(f"{name}: {len(table):,} rows")
            file = Path(folder) / f"{name}.{form}"
            write(table, file, named[name])
            archive.write(file, file.name, zipfile.ZIP_STORED if form == "xlsx" else None)  # a book is a ZIP file itself
            file.unlink()
        about = data_package(
            data,
            {name: f"{name}.{form}" for name in made},
            defined,
            study=data.study,
            selection=plain(data.selection),
            withdrawn=data.withdrawn,
            without_consent=data.without_consent,
        )
        archive.writestr("datapackage.json", json.dumps(about, indent=1, ensure_ascii=False))
        archive.writestr("codebook.html", codebook_page(data, defined, texts))
    with path.open("rb") as written:
        return hashlib.file_digest(written, "sha256").hexdigest()


def read_export(path: Path) -> Dataset:
    """The data set of an export, in whichever format it was written. Raises :class:`UnusableExport`."""
    try:
        with zipfile.ZipFile(path) as archive, tempfile.TemporaryDirectory() as folder:
            about = json.loads(archive.read("datapackage.json"))
            files = {each["name"]: each["path"] for each in about["resources"]}
            if not set(_LONG) <= set(files):
                raise UnusableExport("This export is wide only; the analysis needs one made as long, or both.")
            named, made = tables(()), {}
            for name in _LONG:
                archive.extract(files[name], folder)
                made[name] = frame(_typed(read(Path(folder) / files[name], named[name])), _COLUMNS[name])
            return Dataset(
                study=str(about["study"]),
                made_at=datetime.fromisoformat(about["created"]),
                withdrawn=int(about["withdrawn"]),
                without_consent=int(about["without_consent"]),
                selection=selection_of(about["selection"]),
                equivalent=equivalent_in(about),
                **made,
            )
    except FileNotFoundError:
        raise UnusableExport(f"There is no file {path}.") from None
    except zipfile.BadZipFile:
        raise UnusableExport(f"{path.name} is not an export of this service: it is no ZIP file, or a broken one.") from None
    except (OSError, KeyError, ValueError, TypeError) as error:
        raise UnusableExport(f"{path.name} is not an export of this service ({type(error).__name__}).") from None


def wide(data: Dataset, defined: Sequence[Instrument], *, codes: bool = False) -> Any:
    """One line a person: background, needs, and the answers of one run of each survey. ``codes``: -8 skipped, -9 not asked."""
    people = data.people.set_index("person", drop=False)
    made: dict[str, Any] = {name: people[name] for name in data.people.columns}
    for instrument in (each for each in defined if each.name in WAVES):
        runs = one_run_each(data, instrument.name)
        answers = answers_of(data, runs, "value").reindex(people.index)
        skipped = _skipped(data, runs).reindex(people.index)
        there = people.index.isin(set(runs["person"]))
        for item in instrument.items:
            values = (
                answers[item.name].astype(object) if item.name in answers else pd.Series(None, index=people.index, dtype=object)
            )
            if item.type in (ItemType.SCALE, ItemType.INTEGER):
                values = pd.to_numeric(values)
            if codes:
                no_answer = values.isna() & there
                left = skipped[item.name].eq(True) if item.name in skipped else pd.Series(False, index=people.index)
                values = values.mask(no_answer & left, SKIPPED).mask(no_answer & ~left, NOT_ASKED)
            made[column(instrument, item)] = values
    return pd.DataFrame(made).reset_index(drop=True)


def _skipped(data: Dataset, runs: Any) -> Any:
    taken = data.responses[data.responses["run"].isin(set(runs["run"])) & data.responses["skipped"]]
    shown = pd.DataFrame({"person": taken["person"].astype(object), "item": taken["item"].astype(object), "cell": True})
    return shown.pivot(index="person", columns="item", values="cell")


def _typed(table: Any) -> Any:
    """Texts that stand for yes and no become what they are again, whatever a format made of them."""
    if "skipped" in table.columns:
        texts = table["skipped"].astype(str).str.lower()
        table["skipped"] = texts.isin(("true", "1", "1.0"))
    for name in ("instrument_version", "revision"):
        if name in table.columns:
            table[name] = np.asarray(table[name], dtype=np.float64).astype(np.int64)
    return table


def plain(selection: Selection) -> dict[str, Any]:
    """A selection as JSON keeps it."""
    return {name: value.isoformat() if isinstance(value, date) else value for name, value in asdict(selection).items() if value}


def selection_of(known: Mapping[str, Any]) -> Selection:
    """Back from JSON."""
    since, until = (date.fromisoformat(known[name]) if name in known else None for name in ("since", "until"))
    models, languages, agencies = (tuple(known.get(name, ())) for name in ("models", "languages", "agencies"))
    return Selection(since=since, until=until, models=models, languages=languages, agencies=agencies)
