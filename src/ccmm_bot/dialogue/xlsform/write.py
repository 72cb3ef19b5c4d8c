"""A form as an XLSX file."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter

from ccmm_bot.dialogue.xlsform.form import BETTER, CONSTRUCT, EXCLUSIVE, MISSING, TRANSLATED, TYPE, Form, Row, split_column

_SURVEY: Final = (
    "type", "name", "label", "hint", "required", "relevant", "constraint", "constraint_message", "calculation", "appearance",
    "parameters", TYPE, BETTER, CONSTRUCT,
)  # fmt: skip
_CHOICES: Final = ("list_name", "name", "label", EXCLUSIVE, MISSING)
_SETTINGS: Final = ("form_title", "form_id", "version", "default_language")
_WIDE: Final = 40
_NARROW: Final = 18


def write_form(form: Form, languages: Sequence[str], made_at: datetime = datetime(2000, 1, 1, tzinfo=UTC)) -> bytes:
    """The file. ``languages``: how they are called in the form, in the order of their columns."""
    book = Workbook(write_only=True)
    book.properties.creator = "ccmm-bot"
    book.properties.created = book.properties.modified = made_at.replace(tzinfo=None)
    for name, rows, order in (
        ("survey", form.survey, _SURVEY),
        ("choices", form.choices, _CHOICES),
        ("settings", (form.settings,), _SETTINGS),
    ):
        _sheet(book, name, rows, _columns(rows, order, languages))
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def _columns(rows: Iterable[Row], order: Sequence[str], languages: Sequence[str]) -> list[str]:
    """The columns that any row fills, those of a kind beside each other."""
    used = {name for row in rows for name in row}
    made: list[str] = []
    for kind in order:
        if kind in TRANSLATED:
            made += [name for label in languages if (name := f"{kind}::{label}") in used]
        elif kind in used or kind in ("list_name", "name"):
            made.append(kind)
    return made


def _sheet(book: Workbook, title: str, rows: Iterable[Row], columns: Sequence[str]) -> None:
    sheet: Any = book.create_sheet(title)
    sheet.freeze_panes = "A2"
    for number, name in enumerate(columns, start=1):
        sheet.column_dimensions[get_column_letter(number)].width = _WIDE if split_column(name)[0] in TRANSLATED else _NARROW
    sheet.append([_cell(sheet, name, bold=True) for name in columns])
    for row in rows:
        sheet.append([_cell(sheet, row.get(name, "")) for name in columns])


def _cell(sheet: Any, text: str, *, bold: bool = False) -> Any:
    if not text:
        return None
    cell = WriteOnlyCell(sheet, value=text)
    cell.data_type = "s"  # a text that begins with = is a text, and so is a number
    if bold:
        cell.font = Font(bold=True)
    return cell
