"""Tables as files, and back: CSV, XLSX, SPSS, Parquet.

A text that a spreadsheet would run as a formula gets an apostrophe in front of it in CSV (OWASP, CSV injection). That is one
whose first sign begins a formula (``= + - @ | %``), also in another width, height or size, which programs fold into it as they
import (fullwidth, small, superscript: Unicode NFKC), also after blanks, signs nobody sees and quotation marks, which they cut
away; and one that begins with a tab or a new line. What looks like a telephone number or a number stays as it is. In XLSX every
text is written as a text, which no spreadsheet runs.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import pandas as pd
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
import pyreadstat

from ccmm_bot.evaluation.codebook import NOT_ASKED, SKIPPED, Variable
from ccmm_bot.evaluation.sheets import read_sheets, write_sheets

FORMATS: Final = ("csv", "xlsx", "sav", "parquet")
#: Rows that are texts of their own at one time.
_STRETCH: Final = 50_000
_BEGINNING: Final = frozenset("=+-@|%\N{MINUS SIGN}")
_QUOTED: Final = frozenset('"\N{LEFT DOUBLE QUOTATION MARK}\N{RIGHT DOUBLE QUOTATION MARK}\N{DOUBLE LOW-9 QUOTATION MARK}')
_HARMLESS: Final = re.compile(r"[+\-]?[0-9][0-9 ().\-]*\Z")


def write(table: Any, path: Path, variables: Sequence[Variable]) -> None:
    """Write a table; the suffix of ``path`` says how."""
    match path.suffix:
        case ".csv":
            _write_csv(table, path)
        case ".parquet":
            pa.parquet.write_table(pa.Table.from_pandas(table, preserve_index=False), path)
        case ".xlsx":
            write_sheets(table, path)
        case _:
            _write_sav(table, path, variables)


def read(path: Path, variables: Sequence[Variable]) -> Any:
    """What :func:`write` wrote, as a table of plain values; missing is ``None`` or ``nan``."""
    match path.suffix:
        case ".csv":
            # Every column as text, each text once: what it is meant to be is known to whoever asked.
            with path.open(encoding="utf-8") as file:
                names = [each.strip('"') for each in file.readline().strip().split(",")]
            once = pa.dictionary(pa.int32(), pa.string())
            kinds = {name: pa.string() if name.endswith("_at") else once for name in names}
            convert = pa.csv.ConvertOptions(column_types=kinds, strings_can_be_null=True, null_values=[""])
            table = pa.csv.read_csv(path, convert_options=convert).to_pandas()
            for name in (name for name, kind in kinds.items() if kind == once):
                table[name] = table[name].map(_without_apostrophe)
            return table
        case ".parquet":
            return pa.parquet.read_table(path).to_pandas()
        case ".xlsx":
            return read_sheets(path)
        case _:
            table, _ = pyreadstat.read_sav(str(path))
            for each in (each for each in variables if each.values and each.kind != "number" and each.name in table.columns):
                names_of = {float(code): value for value, (code, _) in each.values.items()}
                table[each.name] = table[each.name].map(names_of.get)
            return table.replace("", None)


def safe(text: str) -> str:
    """A text that no spreadsheet runs."""
    return f"'{text}" if _begins_a_formula(text) and not _HARMLESS.match(text) else text


def _begins_a_formula(text: str) -> bool:
    if text[:1].isalnum():
        return False
    if text[:1] in ("\t", "\r", "\n"):
        return True
    for char in text:
        plain = unicodedata.normalize("NFKC", char)[0]
        if plain not in _QUOTED and unicodedata.category(plain)[0] not in "CZ":
            return plain in _BEGINNING
    return False


def _without_apostrophe(value: Any) -> Any:
    if isinstance(value, str) and value.startswith("'") and safe(value[1:]) == value:
        return value[1:]
    return value


def _write_csv(table: Any, path: Path) -> None:
    """A stretch at a time: until then each text is kept once."""
    harmless = table.copy(deep=False)
    for name in harmless.columns:
        kind = harmless[name].dtype
        if isinstance(kind, pd.CategoricalDtype):
            harmless[name] = harmless[name].cat.rename_categories([safe(str(each)) for each in harmless[name].cat.categories])
        elif pd.api.types.is_object_dtype(kind) or isinstance(kind, pd.StringDtype):
            harmless[name] = harmless[name].map(lambda each: safe(each) if isinstance(each, str) else each)
    held = pa.Table.from_pandas(harmless, preserve_index=False)
    plain = pa.schema([(each.name, _plain(each.type)) for each in held.schema])
    with pa.csv.CSVWriter(path, plain) as file:
        for first in range(0, len(held), _STRETCH):
            file.write_table(held.slice(first, _STRETCH).cast(plain))


def _plain(kind: Any) -> Any:
    if pa.types.is_timestamp(kind) and kind.tz is None:
        return pa.date32()  # a day
    return pa.string() if pa.types.is_dictionary(kind) else kind


def _write_sav(table: Any, path: Path, variables: Sequence[Variable]) -> None:
    made = table.copy(deep=False)
    labels = {each.name: each.label for each in variables if each.name in made.columns}
    values: dict[str, dict[int | float, str]] = {}
    missing: dict[str, list[Any]] = {}
    for variable in variables:
        name = variable.name
        if name not in made.columns:
            continue
        kind = made[name].dtype
        if isinstance(kind, pd.DatetimeTZDtype):
            made[name] = made[name].dt.tz_localize(None)
        elif pd.api.types.is_bool_dtype(kind):
            made[name] = made[name].astype("int64")
        elif variable.values and variable.kind != "number":
            codes = {value: code for value, (code, _) in variable.values.items()}
            made[name] = pd.to_numeric(
                made[name].astype(object).map(lambda each, codes=codes: codes.get(each, each)), errors="coerce"
            )
        elif variable.item_type is not None and variable.kind == "integer":
            made[name] = pd.to_numeric(made[name], errors="coerce")
        elif not pd.api.types.is_numeric_dtype(kind) and not pd.api.types.is_datetime64_any_dtype(kind):
            made[name] = made[name].astype(object).where(made[name].notna(), "")
        if variable.values:
            values[name] = dict(variable.values.values())
        if variable.item_type is not None and pd.api.types.is_numeric_dtype(made[name].dtype):
            values[name] = values.get(name, {}) | {SKIPPED: "Skipped", NOT_ASKED: "Not asked"}
            missing[name] = [{"lo": NOT_ASKED, "hi": SKIPPED}]
    pyreadstat.write_sav(
        made,
        str(path),
        column_labels=[labels.get(name, name)[:255] for name in made.columns],
        variable_value_labels=values,
        missing_ranges=missing,
        compress=False,
    )
