"""An XLSX file as the rows of a form, or everything that is wrong with it."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from openpyxl import load_workbook
from openpyxl.utils import get_column_letter

from ccmm_bot.dialogue.xlsform.form import split_column
from ccmm_bot.errors import CcmmError

MAX_BYTES: Final = 20_000_000
MAX_UNPACKED: Final = 200_000_000
MAX_ROWS: Final = 20_000
#: How columns were called before, and are still found in published forms.
_ALIASES: Final = {
    "list name": "list_name",
    "relevance": "relevant",
    "caption": "label",
    "read only": "readonly",
    "read_only": "readonly",
}
_ALIASES_OF_CHOICES: Final = {"value": "name"}


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """A cell: row counts from 1, as in the spreadsheet; ``column`` is its heading."""

    sheet: str
    row: int
    column: str = ""

    def __str__(self) -> str:
        column = f', column "{self.column}"' if self.column else ""
        return f'sheet "{self.sheet}", row {self.row}{column}'


@dataclass(frozen=True, slots=True, order=True)
class Remark:
    """What is wrong with a cell, or could not be carried over."""

    place: Place
    message: str

    def __str__(self) -> str:
        return f"{self.place}: {self.message}"


class FormErrors(CcmmError):
    """The file is no form that can be read; ``remarks`` holds everything that is wrong."""

    def __init__(self, file: str, remarks: Iterable[Remark] = (), message: str = "") -> None:
        self.remarks = tuple(sorted(set(remarks)))
        super().__init__("\n".join([f"{file}: {each}" for each in ([message] if message else self.remarks)]))


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One row that is not empty. ``cells``: column → text."""

    sheet: str
    row: int
    cells: Mapping[str, str]

    def get(self, column: str) -> str:
        """What stands there, or nothing."""
        return self.cells.get(column, "")

    def at(self, column: str = "") -> Place:
        """The place of a cell."""
        return Place(self.sheet, self.row, column)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheets:
    """The three sheets of a form; ``languages``: heading → (kind, how its language is called), of those with words in them."""

    survey: tuple[Line, ...]
    choices: tuple[Line, ...] | None
    settings: Mapping[str, str]
    headings: Mapping[str, tuple[str, str | None]]
    places: Mapping[str, Place]  # heading → where it stands first


def read_sheets(content: bytes, file: str) -> Sheets:
    """The rows of a workbook. Raises :class:`FormErrors` with everything that is wrong with it at once."""
    book = _open(content, file)
    wrong: list[Remark] = []
    try:
        names = {name.strip().casefold(): name for name in book.sheetnames}
        if "survey" not in names:
            there = ", ".join(book.sheetnames[:8])
            raise FormErrors(file, message=f'there is no sheet "survey" (there is: {there}), so this is no XLSForm.')
        found: dict[str, tuple[list[Line], list[str]]] = {}
        for name in ("survey", "choices", "settings"):
            if name in names:
                found[name] = _lines(book[names[name]], name, wrong)
    except FormErrors:
        raise
    except Exception as error:  # a file that was tampered with, wherever in the library it breaks
        raise FormErrors(file, message=f"the workbook cannot be read ({type(error).__name__}).") from None
    finally:
        book.close()
    for name, needed in (("survey", ("type", "name")), ("choices", ("list_name", "name"))):
        lines, columns = found.get(name, ([], []))
        if name in found and (lines or name == "survey"):
            wrong += [Remark(Place(name, 1), f'there is no column "{column}"') for column in needed if column not in columns]
    if wrong:
        raise FormErrors(file, wrong)
    headings = {column: split_column(column) for name in ("survey", "choices") if name in found for column in found[name][1]}
    places = {column: Place(name, 1, column) for name in ("choices", "survey") if name in found for column in found[name][1]}
    settings = found["settings"][0][0].cells if "settings" in found and found["settings"][0] else {}
    return Sheets(
        survey=tuple(found["survey"][0]),
        choices=tuple(found["choices"][0]) if "choices" in found else None,
        settings=settings,
        headings=headings,
        places=places,
    )


def _open(content: bytes, file: str) -> Any:
    if len(content) > MAX_BYTES:
        raise FormErrors(file, message=f"the file has {len(content):,} bytes; at most {MAX_BYTES:,} are read.")
    if content.startswith(b"\xd0\xcf\x11\xe0"):
        raise FormErrors(file, message="this is an old workbook (.xls), or one with a password. Save it as .xlsx without one.")
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            if sum(each.file_size for each in archive.infolist()) > MAX_UNPACKED:
                raise FormErrors(file, message="the workbook is too large when it is unpacked.")
        return load_workbook(io.BytesIO(content), read_only=True, data_only=True, keep_links=False)
    except FormErrors:
        raise
    except Exception as error:  # the library has exceptions of many kinds for what is no workbook
        raise FormErrors(file, message=f"this is not an XLSX workbook ({type(error).__name__}).") from None


def _lines(sheet: Any, name: str, wrong: list[Remark]) -> tuple[list[Line], list[str]]:
    if hasattr(sheet, "reset_dimensions"):
        sheet.reset_dimensions()  # what a file says of its size is not to be trusted
    made: list[Line] = []
    columns: list[str] = []
    for row, values in enumerate(sheet.iter_rows(values_only=True), start=1):
        if row > MAX_ROWS:
            wrong.append(Remark(Place(name, row), f"there are more than {MAX_ROWS:,} rows"))
            break
        if row == 1:
            columns = _headings(values, name, wrong)
            continue
        cells = {column: text for column, value in zip(columns, values, strict=False) if column and (text := _text(value))}
        if cells:
            made.append(Line(sheet=name, row=row, cells=cells))
    return made, [each for each in columns if each]


def _headings(values: Iterable[Any], sheet: str, wrong: list[Remark]) -> list[str]:
    made: list[str] = []
    for number, value in enumerate(values, start=1):
        heading = _text(value)
        kind, language = split_column(heading) if heading else ("", None)
        plain = heading.casefold()
        plain = _ALIASES.get(plain, plain) if language is None else f"{kind}::{language}"
        plain = _ALIASES_OF_CHOICES.get(plain, plain) if sheet == "choices" else plain
        if plain and plain in made:
            wrong.append(
                Remark(Place(sheet, 1, heading), f"this heading stands twice, again in column {get_column_letter(number)}")
            )
        made.append(plain)
    return made


def _text(value: Any) -> str:
    """A cell as text: a whole number without a point, whatever the spreadsheet took it for."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return str(value).strip()
