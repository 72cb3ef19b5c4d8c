"""Tables as XLSX files and back, also long ones: the rows are put together by columns in Arrow, a stretch at a time.

openpyxl makes the book (its parts, styles and names) and calamine reads it: row by row openpyxl would write or read a long table in
a minute. The sheets and the texts, each text once, are written here. Every text is a text, which no spreadsheet runs as a formula.
What one sheet does not hold goes on in the next.
"""

from __future__ import annotations

import io
import itertools
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final
from xml.sax.saxutils import escape

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from openpyxl import Workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.utils import get_column_letter
from python_calamine import CalamineError, CalamineWorkbook

#: Of one sheet, with the headings (ECMA-376; Excel).
SHEET_ROWS: Final = 1_048_576
#: Put together in one go.
_STRETCH: Final = 20_000
_DAY: Final = 86_400 * 10**6
_SINCE: Final = 25_569  # days from a spreadsheet's day 0 to 1970
_MAIN: Final = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_HEAD: Final = (
    f'<worksheet xmlns="{_MAIN}"><sheetViews><sheetView workbookViewId="0"><pane ySplit="1" topLeftCell="A2" '
    'activePane="bottomLeft" state="frozen"/></sheetView></sheetViews><sheetData>'
)
_FOOT: Final = "</sheetData></worksheet>"
_NONE: Final = '"/>'  # the rest of a cell with nothing in it
_TEXTS: Final = "xl/sharedStrings.xml"
#: What names that part in a book; openpyxl writes each text where it stands, and has no such part.
_NAMED: Final = {
    "[Content_Types].xml": (
        "</Types>",
        f'<Override PartName="/{_TEXTS}" '
        'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"/>',
    ),
    "xl/_rels/workbook.xml.rels": (
        "</Relationships>",
        '<Relationship Id="texts" Target="sharedStrings.xml" '
        'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/sharedStrings"/>',
    ),
}


class _Texts:
    """Every text of a book once, by its number."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}

    def cell(self, value: object) -> str:
        """The rest of a cell, after its place."""
        if isinstance(value, str):
            number = self._numbers.setdefault(value, len(self._numbers))
            return f'" t="s"><v>{number}</v></c>'
        if isinstance(value, bool | np.bool_):
            return f'" t="b"><v>{int(value)}</v></c>'
        return f'"><v>{value}</v></c>'

    def xml(self) -> Iterator[str]:
        yield f'<sst xmlns="{_MAIN}" uniqueCount="{len(self._numbers)}">'
        for text in self._numbers:
            yield f'<si><t xml:space="preserve">{escape(ILLEGAL_CHARACTERS_RE.sub("", text))}</t></si>'
        yield "</sst>"


def write_sheets(table: Any, path: Path) -> None:
    """Write a table; the first row of every sheet has the headings."""
    rows = SHEET_ROWS - 1
    parts = [table.iloc[first : first + rows] for first in range(0, max(len(table), 1), rows)]
    book, styles = _book(len(parts))
    texts = _Texts()
    sheets = {f"xl/worksheets/sheet{n}.xml" for n in range(1, len(parts) + 1)}
    with zipfile.ZipFile(book) as made, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name in (name for name in made.namelist() if name not in sheets):
            end, more = _NAMED.get(name, ("", ""))
            archive.writestr(name, made.read(name).decode().replace(end, more + end) if end else made.read(name))
        for n, part in enumerate(parts, start=1):
            with archive.open(f"xl/worksheets/sheet{n}.xml", "w", force_zip64=True) as file:
                for piece in _sheet(part, texts, styles):
                    file.write(piece)
        with archive.open(_TEXTS, "w", force_zip64=True) as file:
            for text in texts.xml():
                file.write(text.encode())


def read_sheets(path: Path) -> Any:
    """All the sheets one below the other, as a table of plain values. Raises :class:`ValueError` for what is no book."""
    names: list[str] = []
    held: list[list[Any]] = []
    try:
        book = CalamineWorkbook.from_path(path)
        for sheet in book.sheet_names:
            lines = iter(book.get_sheet_by_name(sheet).iter_rows())
            names = [str(each) for each in next(lines)]
            held = held or [[] for _ in names]
            once: list[dict[Any, Any]] = [{"": None} for _ in names]  # of each column every value once; an empty cell is nothing
            while some := list(itertools.islice(lines, _STRETCH)):
                for column, known, values in zip(held, once, zip(*some, strict=True), strict=True):
                    column += [known.setdefault(value, value) for value in values]
    except (CalamineError, StopIteration) as error:
        raise ValueError(f"{path.name} is no book of this service") from error
    return pd.DataFrame({name: pd.Series(values, dtype="object") for name, values in zip(names, held, strict=True)}, columns=names)


def _book(sheets: int) -> tuple[io.BytesIO, dict[str, int]]:
    """A book with so many empty sheets; and the numbers of the styles of a day and of a moment."""
    book = Workbook()
    first = book.worksheets[0]
    first.title = "data"
    styles = {}
    for n, shown in enumerate(("yyyy-mm-dd", "yyyy-mm-dd hh:mm:ss"), start=1):
        cell = first.cell(row=1, column=n)
        cell.number_format = shown
        styles[shown] = cell.style_id
    for n in range(2, sheets + 1):
        book.create_sheet(f"data {n}")
    kept = io.BytesIO()
    book.save(kept)
    return kept, {"day": styles["yyyy-mm-dd"], "moment": styles["yyyy-mm-dd hh:mm:ss"]}


def _sheet(table: Any, texts: _Texts, styles: dict[str, int]) -> Iterator[bytes]:
    yield _HEAD.encode()
    yield _joined(pd.DataFrame([[str(name) for name in table.columns]]), 1, texts, styles)
    for first in range(0, len(table), _STRETCH):
        yield _joined(table.iloc[first : first + _STRETCH], first + 2, texts, styles)
    yield _FOOT.encode()


def _joined(rows: Any, first: int, texts: _Texts, styles: dict[str, int]) -> bytes:
    """Rows as they stand in a sheet; ``first``: the number of the first."""
    number = pc.cast(pa.array(range(first, first + len(rows))), pa.string())
    pieces: list[Any] = ['<row r="', number, '">']
    for n in range(rows.shape[1]):
        pieces += [f'<c r="{get_column_letter(n + 1)}', number, _cells(rows.iloc[:, n], texts, styles)]
    lines = pc.binary_join_element_wise(*pieces, "</row>", "")
    ends = np.frombuffer(lines.buffers()[1], dtype=np.int32)
    return bytes(memoryview(lines.buffers()[2])[: ends[len(rows)]])


def _cells(column: Any, texts: _Texts, styles: dict[str, int]) -> Any:
    """The rest of each cell of a column, after its place."""
    kind = column.dtype
    if isinstance(kind, pd.DatetimeTZDtype) or pd.api.types.is_datetime64_any_dtype(kind):
        moment = isinstance(kind, pd.DatetimeTZDtype)  # a sheet knows no time zones: it is UTC
        known = column.notna().to_numpy()
        passed = (column.dt.tz_localize(None) if moment else column).to_numpy(dtype="datetime64[us]").astype(np.int64)
        start = f'" s="{styles["moment" if moment else "day"]}"><v>'
        return _numbers(pa.array(passed / _DAY + _SINCE, mask=~known), start)
    if pd.api.types.is_numeric_dtype(kind) and not pd.api.types.is_bool_dtype(kind):
        return _numbers(pa.array(column, from_pandas=True), '"><v>')
    held = column.array if isinstance(kind, pd.CategoricalDtype) else pd.Categorical(column.astype(object))
    used, codes = np.unique(held.codes, return_inverse=True)
    cells = [_NONE if code < 0 else texts.cell(held.categories[code]) for code in used.tolist()]
    return pa.array(cells, pa.string()).take(pa.array(codes))


def _numbers(values: Any, start: str) -> Any:
    written = pc.binary_join_element_wise(start, pc.cast(values, pa.string()), "</v></c>", "")
    return pc.fill_null(written, _NONE)
