"""A list of cases in a spreadsheet: read, checked row by row, with every fault named by its row and column.

One table, CSV or XLSX, with a header. Nothing in it is run: cells are read as values, formulas of a workbook as their last result.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from types import MappingProxyType
from typing import Any, Final
from zipfile import ZipFile

from ccmm_bot.casework.caseload.ways import readable_number
from ccmm_bot.casework.texts import N_
from ccmm_bot.errors import CcmmError
from ccmm_bot.i18n.languages import LANGUAGES
from ccmm_bot.store.tables import CaseModel, NeedIntensity, Stage

MOST_ROWS: Final = 2000
#: A little less than the web application takes in one request; some two thousand rows as a workbook.
MOST_BYTES: Final = 240 * 1024
#: What a workbook may hold once it is unpacked: no more is unpacked than its directory says.
_MOST_UNPACKED: Final = 8 * 1024 * 1024
_MOST_COLUMNS: Final = 60
_CELL: Final = 500

#: Column → what goes into it. ``name`` and ``stage`` are needed.
COLUMNS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "name": N_("as on the file"),
        "language": N_("a tag or a name: ti, Tigrinya"),
        "phone": "604 555 0123",
        "channel": N_("sms or whatsapp"),
        "agreed_to_messages": N_("yes or no"),
        "household": N_("the same word for everybody of a family"),
        "stage": "pre_intake, intake, assessment_planning, implementation_monitoring, exit, follow_up",
        "opened_on": "2026-01-31",
        "exit_date": "2026-12-31",
        "planned_end": "2027-01-31",
        "case_manager": N_("an e-mail address"),
        "need_intensity": N_("low or high"),
        "model": N_("original or enhanced"),
    }
)
_NEEDED: Final = ("name", "stage")
_TRUE: Final = frozenset({"yes", "y", "1", "true", "oui"})
_FALSE: Final = frozenset({"no", "n", "0", "false", "non", ""})
_LANGUAGES: Final = MappingProxyType(
    {key: each.tag for each in LANGUAGES for key in (each.tag, each.english_name.casefold(), each.autonym.casefold())}
)


class SheetError(CcmmError):
    """The file is no table this can be read from; ``code`` says why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What is wrong with one cell."""

    column: str
    code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of the sheet: its number there, canonical values, and what is wrong with it."""

    number: int
    values: Mapping[str, Any]
    faults: tuple[Fault, ...]


def read_sheet(data: bytes, filename: str) -> list[Row]:
    """The rows of a file. Raises :class:`SheetError` for what is no such table; faults of single cells are in the rows."""
    if len(data) > MOST_BYTES:
        raise SheetError("too_large")
    lines = list(_xlsx(data) if filename.lower().endswith(".xlsx") else _csv(data))
    if not lines:
        raise SheetError("empty")
    header = [str(cell).strip().casefold().replace(" ", "_") for cell in lines[0][1]]
    if not set(_NEEDED) <= set(header):
        raise SheetError("no_header")
    if len([name for name in header if name]) != len({name for name in header if name}):
        raise SheetError("column_twice")
    rows = [
        _row(number, dict(zip(header, cells, strict=False)))
        for number, cells in lines[1:]
        if any(str(cell).strip() for cell in cells)
    ]
    if not rows:
        raise SheetError("empty")
    if len(rows) > MOST_ROWS:
        raise SheetError("too_many_rows")
    return _against_each_other(rows)


def _csv(data: bytes) -> Iterator[tuple[int, Sequence[Any]]]:
    for encoding in ("utf-8-sig", "cp1252"):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        break
    else:
        raise SheetError("unreadable")
    if "\0" in text:
        raise SheetError("unreadable")
    first = text.partition("\n")[0]
    separator = max(",;\t", key=first.count)
    try:
        for number, cells in enumerate(csv.reader(io.StringIO(text), delimiter=separator), start=1):
            if number > MOST_ROWS + 10 or len(cells) > _MOST_COLUMNS:
                raise SheetError("too_many_rows")
            yield number, cells
    except csv.Error:
        raise SheetError("unreadable") from None


def _xlsx(data: bytes) -> Iterator[tuple[int, Sequence[Any]]]:
    from openpyxl import load_workbook  # takes a while to load, and a caseload is taken over once

    try:
        with ZipFile(io.BytesIO(data)) as archive:
            if sum(each.file_size for each in archive.infolist()) > _MOST_UNPACKED:
                raise SheetError("too_large")
        book = load_workbook(io.BytesIO(data), read_only=True, data_only=True)
        sheet = book.worksheets[0]
        for number, cells in enumerate(sheet.iter_rows(values_only=True, max_col=_MOST_COLUMNS), start=1):
            if number > MOST_ROWS + 10:
                raise SheetError("too_many_rows")
            yield number, ["" if cell is None else cell for cell in cells]
    except SheetError:
        raise
    except Exception:  # a file that is broken or was tampered with, wherever in the library that shows
        raise SheetError("unreadable") from None


def _row(number: int, cells: Mapping[str, Any]) -> Row:
    values: dict[str, Any] = {}
    faults: list[Fault] = []
    for column in COLUMNS:
        given = cells.get(column, "")
        text = given if isinstance(given, datetime | date) else str(given).strip()
        try:
            values[column] = _READERS[column](text)
        except ValueError as error:
            faults.append(Fault(column=column, code=str(error)))
    faults.extend(_together(values))
    return Row(number=number, values=values, faults=tuple(faults))


def _together(values: Mapping[str, Any]) -> Iterator[Fault]:
    """What single cells cannot tell."""
    opened, left = values.get("opened_on"), values.get("exit_date")
    if opened and left and left < opened:
        yield Fault(column="exit_date", code="before_start")
    if values.get("stage") in (Stage.EXIT.value, Stage.FOLLOW_UP.value) and "exit_date" in values and not left:
        yield Fault(column="exit_date", code="exit_needs_date")
    if values.get("phone") and not values.get("channel"):
        yield Fault(column="channel", code="empty")


def _against_each_other(rows: list[Row]) -> list[Row]:
    """The same number twice in one file."""
    seen: dict[tuple[str, str], int] = {}
    found: list[Row] = []
    for row in rows:
        key = (str(row.values.get("channel")), str(row.values.get("phone") or ""))
        if key[1] and key in seen:
            found.append(
                Row(number=row.number, values=row.values, faults=(*row.faults, Fault(column="phone", code="twice_in_file")))
            )
            continue
        seen[key] = row.number
        found.append(row)
    return found


# --- cells ------------------------------------------------------------------------------------------------------------


def _needed(text: Any) -> str:
    if not str(text):
        raise ValueError("empty")
    return _short(text)


def _short(text: Any) -> str:
    found = str(text)
    if len(found) > _CELL:
        raise ValueError("too_long")
    return found


def _language(text: Any) -> str | None:
    if not text:
        return None
    found = _LANGUAGES.get(str(text).casefold())
    if found is None:
        raise ValueError("unknown_language")
    return found


def _phone(text: Any) -> str | None:
    # A spreadsheet turns a number into a float, and loses its plus.
    plain = str(text).removesuffix(".0")
    if not plain:
        return None
    found = readable_number(plain)
    if found is None:
        raise ValueError("no_number")
    return found


def _among(options: Sequence[str], otherwise: str | None) -> Any:
    def read(text: Any) -> str | None:
        found = str(text).casefold().replace(" ", "_").replace("-", "_")
        if not found:
            if otherwise == "":
                raise ValueError("empty")
            return otherwise
        if found not in options:
            raise ValueError("unknown")
        return found

    return read


def _yes_no(text: Any) -> bool:
    found = str(text).casefold()
    if found in _TRUE:
        return True
    if found in _FALSE:
        return False
    raise ValueError("unknown")


def _day(text: Any) -> str | None:
    if isinstance(text, datetime):
        return text.date().isoformat()
    if isinstance(text, date):
        return text.isoformat()
    if not text:
        return None
    try:
        # No other way of writing a date is taken: 03/04/2026 is two different days.
        found = date.fromisoformat(str(text)[:10])
    except ValueError:
        raise ValueError("no_date") from None
    if not 2000 <= found.year <= 2100:
        raise ValueError("date_far")
    return found.isoformat()


_READERS: Final[Mapping[str, Any]] = MappingProxyType(
    {
        "name": _needed,
        "language": _language,
        "phone": _phone,
        "channel": _among(("sms", "whatsapp"), None),
        "agreed_to_messages": _yes_no,
        "household": lambda text: _short(text) or None,
        "stage": _among([each.value for each in Stage], ""),
        "opened_on": _day,
        "exit_date": _day,
        "planned_end": _day,
        "case_manager": lambda text: _short(text).casefold() or None,
        "need_intensity": _among([each.value for each in NeedIntensity], None),
        "model": _among([each.value for each in CaseModel], CaseModel.ENHANCED.value),
    }
)
