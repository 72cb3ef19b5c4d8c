"""The reviewers' spreadsheet: every text of a language with its context, how it looks, and room for a better one.

Cells hold text and nothing else: what begins like a formula is stored, and quoted, as text. What must not change is locked
(without a password: it is a reminder), and checked again when the file comes back.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Final

from openpyxl import Workbook
from openpyxl.cell.cell import Cell, MergedCell
from openpyxl.styles import Alignment, Font, PatternFill, Protection
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from ccmm_bot.i18n.blind import SHEET, Passage
from ccmm_bot.i18n.contexts import Context
from ccmm_bot.i18n.languages import Language, Script
from ccmm_bot.i18n.segments import segments

REVIEW, BLIND = "Review", "Blind"
OK, CORRECTED, WRONG = "ok", "corrected", "wrong"
VERDICTS: Final = (OK, CORRECTED, WRONG)
#: Column → width in characters. The last five are the reviewer's.
COLUMNS: Final[Mapping[str, int]] = {
    "key": 26,
    "English": 44,
    "where": 26,
    "before": 30,
    "after": 30,
    "limit": 18,
    "as it looks": 40,
    "translation": 44,
    "review": 24,
    "new translation": 44,
    "back-translation": 36,
    "verdict": 12,
    "reviewer": 18,
    "note": 30,
}
_THEIRS: Final = ("new translation", "back-translation", "verdict", "reviewer", "note")
_TRANSLATED: Final = ("as it looks", "translation", "new translation")
_FONTS: Final = {
    Script.LATIN: "Noto Sans",
    Script.CYRILLIC: "Noto Sans",
    Script.ARABIC: "Noto Naskh Arabic",
    Script.ETHIOPIC: "Noto Sans Ethiopic",
    Script.DEVANAGARI: "Noto Sans Devanagari",
    Script.GURMUKHI: "Noto Sans Gurmukhi",
}
_BUBBLE = PatternFill("solid", fgColor="FFE7F3E4")
_HEAD = PatternFill("solid", fgColor="FFDDDDDD")
_ROOM = PatternFill("solid", fgColor="FFFFFBE6")
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One row."""

    context: Context
    translation: str  # "" where there is none, or it is fuzzy
    preview: str  # the message on a phone, as plain SMS
    back_translation: str = ""
    review: str = ""  # who has read it, as words


def workbook(language: Language, lines: Sequence[Line]) -> bytes:
    """The file for reviewers."""
    book, sheet = _book(REVIEW, language)
    _head(sheet, COLUMNS)
    for at, line in enumerate(lines, 2):
        context = line.context
        cells = {
            "key": context.text.key,
            "English": context.text.source,
            "where": _where(context),
            "before": context.before,
            "after": context.after,
            "limit": _limit(context, line),
            "as it looks": line.preview,
            "translation": line.translation,
            "review": line.review,
            "back-translation": line.back_translation,
        }
        for column, name in enumerate(COLUMNS, 1):
            cell = sheet.cell(row=at, column=column)
            _put(cell, cells.get(name, ""), language if name in _TRANSLATED else None, theirs=name in _THEIRS)
            if name == "as it looks":
                cell.fill = _BUBBLE
    verdicts = DataValidation(type="list", formula1=f'"{",".join(VERDICTS)}"', allow_blank=True)
    letter = get_column_letter(list(COLUMNS).index("verdict") + 1)
    verdicts.add(f"{letter}2:{letter}{max(2, len(lines) + 1)}")
    sheet.add_data_validation(verdicts)
    sheet.freeze_panes = "C2"
    return _bytes(book)


def blind_workbook(language: Language, passages: Sequence[Passage]) -> bytes:
    """The file for a blind reader: numbers and translations, no English and no keys."""
    book, sheet = _book(BLIND, language)
    _head(sheet, {SHEET[0]: 12, SHEET[1]: 60, SHEET[2]: 60})
    for at, passage in enumerate(passages, 2):
        _put(sheet.cell(row=at, column=1), passage.number, None, theirs=False)
        _put(sheet.cell(row=at, column=2), passage.translation, language, theirs=False)
        _put(sheet.cell(row=at, column=3), "", None, theirs=True)
    sheet.freeze_panes = "A2"
    return _bytes(book)


def _book(title: str, language: Language) -> tuple[Workbook, Worksheet]:
    book = Workbook()
    for sheet in book.worksheets:
        book.remove(sheet)
    sheet = book.create_sheet(title)
    sheet.protection.sheet = True
    sheet.protection.formatColumns = sheet.protection.formatRows = sheet.protection.autoFilter = False
    book.properties.title = f"{language.english_name} ({language.tag})"
    book.properties.creator = "ccmm-bot"
    return book, sheet


def _head(sheet: Worksheet, columns: Mapping[str, int]) -> None:
    for at, (name, width) in enumerate(columns.items(), 1):
        cell = sheet.cell(row=1, column=at, value=name)
        cell.font, cell.fill = Font(bold=True), _HEAD
        sheet.column_dimensions[get_column_letter(at)].width = width


def _put(cell: Cell | MergedCell, text: str, language: Language | None, *, theirs: bool) -> None:
    if isinstance(cell, MergedCell):
        return  # there are none in our sheets
    if text:
        cell.value = text
        cell.data_type = "s"  # also where the library would take it for a formula
        cell.quotePrefix = text.startswith(_FORMULA)
    right = language is not None and language.direction == "rtl"
    reading = 0 if language is None else 2 if right else 1
    cell.alignment = Alignment(wrap_text=True, vertical="top", horizontal="right" if right else "left", readingOrder=reading)
    cell.font = Font(name=_FONTS[language.script], size=12) if language is not None else Font(name="Noto Sans", size=10)
    if theirs:
        cell.fill = _ROOM
    cell.protection = Protection(locked=not theirs)
    cell.number_format = "@"


def _where(context: Context) -> str:
    place = f"{context.dialogue} / {context.state}\n" if context.dialogue else ""
    return place + context.kind


def _limit(context: Context, line: Line) -> str:
    if context.letters is not None:
        return f"{context.letters} letters; now {len(line.translation)}"
    if context.segments is not None:
        counted = segments(line.preview or line.translation)
        per = 153 if counted.encoding == "GSM-7" else 67
        return f"message: {context.segments} SMS ({context.segments * per} letters); now {counted.count} ({counted.units})"
    return ""


def _bytes(book: Workbook) -> bytes:
    buffer = BytesIO()
    book.save(buffer)
    return buffer.getvalue()
