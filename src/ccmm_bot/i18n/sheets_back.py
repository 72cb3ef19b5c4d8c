"""What a reviewer's spreadsheet changes when it comes back.

Nothing is lost and nothing overwritten: a row counts only where the English text and the translation are still those that were
exported, and a new translation only where the linter finds no error in it. Everything else is refused, row by row, with why.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from io import BytesIO
from pathlib import Path
from zipfile import BadZipFile

from babel.messages.catalog import Message
from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from ccmm_bot.errors import CcmmError
from ccmm_bot.i18n import glossary, marks, pofiles
from ccmm_bot.i18n.blind import SHEET
from ccmm_bot.i18n.languages import Language
from ccmm_bot.i18n.lint.entry import Entry, Severity
from ccmm_bot.i18n.lint.run import entries_of, lint
from ccmm_bot.i18n.sheets import BLIND, OK, REVIEW, VERDICTS, WRONG

_MOST_BYTES = 20_000_000
_NEEDED = ("key", "English", "translation", "new translation", "verdict", "reviewer")


class BrokenWorkbook(CcmmError):
    """This is not a file that ``ccmm-bot locale export`` wrote."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Returned:
    """One row as it came back."""

    row: int
    key: str
    english: str
    translation: str  # as it was exported
    new: str
    verdict: str
    reviewer: str
    formula: bool = False  # a cell of the row is a formula


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """A row that changes nothing, and why."""

    row: int
    key: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A row that changes something."""

    row: int
    domain: str
    key: str
    english: str
    old: str
    new: str  # the same as ``old`` where it was only found good
    reviewer: str  # "" where nobody signed: then it is no review


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What an import would do."""

    changes: tuple[Change, ...]
    refused: tuple[Refused, ...]
    wrong: tuple[Returned, ...]  # found wrong, and nothing better given


def read_review(content: bytes) -> tuple[Returned, ...]:
    """The rows of the sheet for reviewers; none where the file has no such sheet.

    :raises BrokenWorkbook: it is no workbook, or has not its columns.
    """
    rows = _sheet(content, REVIEW)
    if rows is None:
        return ()
    heads, body = rows
    if missing := [name for name in _NEEDED if name not in heads]:
        raise BrokenWorkbook(f"The sheet {REVIEW} has no column {', '.join(missing)}.")
    found = []
    for number, cells in body:
        row = dict(zip(heads, cells, strict=False))
        if row["key"][0]:
            text = {name: row[name][0] for name in _NEEDED}
            found.append(
                Returned(
                    row=number,
                    key=text["key"],
                    english=text["English"],
                    translation=text["translation"],
                    new=text["new translation"].strip(),
                    verdict=text["verdict"].strip().lower(),
                    reviewer=text["reviewer"].strip(),
                    formula=any(row[name][1] for name in _NEEDED),
                )
            )
    return tuple(found)


def read_blind(content: bytes) -> tuple[tuple[str, str, str], ...]:
    """(number, text, back-translation) of the blind reader's sheet; none where the file has no such sheet."""
    rows = _sheet(content, BLIND)
    if rows is None:
        return ()
    heads, body = rows
    if tuple(heads[: len(SHEET)]) != SHEET:
        raise BrokenWorkbook(f"The sheet {BLIND} must have the columns {', '.join(SHEET)}.")
    return tuple((cells[0][0], cells[1][0], cells[2][0].strip()) for _, cells in body if cells[0][0])


_Cell = tuple[str, bool]


def _sheet(content: bytes, title: str) -> tuple[list[str], list[tuple[int, list[_Cell]]]] | None:
    """Heads, and (row, (text, is a formula) of each cell)."""
    if len(content) > _MOST_BYTES:
        raise BrokenWorkbook("The file is larger than any that was exported.")
    try:
        book = load_workbook(BytesIO(content))
    except (BadZipFile, InvalidFileException, KeyError, ValueError, OSError) as error:
        raise BrokenWorkbook("This is not an XLSX workbook.") from error
    if title not in book.sheetnames:
        return None
    lines = list(book[title].iter_rows())
    if not lines:
        raise BrokenWorkbook(f"The sheet {title} is empty.")
    heads = [_text(cell.value) for cell in lines[0]]
    return heads, [(at, [(_text(cell.value), cell.data_type == "f") for cell in line]) for at, line in enumerate(lines[1:], 2)]


def _text(value: object) -> str:
    """A cell's text. Line ends come back as spreadsheets write them."""
    return "" if value is None else str(value).replace("\r\n", "\n").replace("_x000D_\n", "\n")


def plan(locales_dir: Path, language: Language, rows: Sequence[Returned]) -> Plan:
    """What the rows change in today's catalogues."""
    today = {
        entry.key: entry
        for domain in pofiles.DOMAINS
        if (path := pofiles.path_of(locales_dir, language, domain)).is_file()
        for entry in entries_of(path, language, domain, _agreed(locales_dir, language))
    }
    changes: list[Change] = []
    refused: list[Refused] = []
    wrong: list[Returned] = []
    for row in rows:
        if not row.new and not row.verdict and not row.formula:
            continue
        why = _why_not(row, today)
        if why is not None:
            refused.append(Refused(row=row.row, key=row.key, why=why))
        elif row.new or row.verdict == OK:
            entry = today[row.key]
            changes.append(
                Change(
                    row=row.row,
                    domain=entry.domain,
                    key=row.key,
                    english=entry.source,
                    old=entry.translation,
                    new=row.new or entry.translation,
                    reviewer=row.reviewer,
                )
            )
        else:
            wrong.append(row)
    good, bad = _linted(changes, today)
    return Plan(changes=tuple(good), refused=tuple(sorted((*refused, *bad), key=lambda one: one.row)), wrong=tuple(wrong))


def _agreed(locales_dir: Path, language: Language) -> tuple[tuple[str, str], ...]:
    terms = glossary.load(locales_dir / glossary.FILE)
    return tuple((term.term, way) for term in terms if (way := "|".join(term.ways(language.tag))))


def _why_not(row: Returned, today: Mapping[str, Entry]) -> str | None:
    entry = today.get(row.key)
    checks: list[tuple[bool, str]] = [
        (row.formula, "a cell is a formula; write the text itself"),
        (entry is None, "there is no such text any more"),
        (entry is not None and entry.source != row.english, "the English text has changed since; export again"),
        (
            entry is not None and ("" if entry.fuzzy else entry.translation) != row.translation,
            "the translation has changed since; export again",
        ),
        (row.verdict not in ("", *VERDICTS), f"a verdict is {', '.join(VERDICTS)}"),
        (row.verdict == OK and bool(row.new), "ok, and a new translation: which of the two?"),
        (row.verdict in (OK, WRONG) and not row.translation, "there is no translation to judge"),
        (row.verdict == "corrected" and not row.new, "corrected, and no new translation"),
        (row.verdict == OK and not row.reviewer, "ok, and nobody signed: fill in the reviewer"),
    ]
    if row.reviewer:
        try:
            marks.reviewer(row.reviewer)
        except marks.BadReviewer as error:
            checks.append((True, str(error)))
    return next((why for is_so, why in checks if is_so), None)


def _linted(changes: Sequence[Change], today: Mapping[str, Entry]) -> tuple[list[Change], list[Refused]]:
    """Changes that break no rule, alone and beside each other; what was wrong before is not held against them."""
    good, bad = [], []
    candidate = dict(today)
    before = _errors(tuple(today.values()))
    for change in changes:
        entry = replace(today[change.key], translation=change.new, fuzzy=False)
        errors = [error for error in _errors((entry,)) if error not in before] if change.new != change.old else []
        if not errors:
            tried = {**candidate, change.key: entry}
            errors = [error for error in _errors(tuple(tried.values()), change.key) if error not in before]
            if not errors:
                candidate = tried
        if errors:
            bad.append(Refused(row=change.row, key=change.key, why="; ".join(f"{code} {message}" for code, _, message in errors)))
        else:
            good.append(change)
    return good, bad


def _errors(entries: tuple[Entry, ...], key: str | None = None) -> list[tuple[str, int, str]]:
    group = None if key is None else next(entry.group for entry in entries if entry.key == key)
    near = tuple(entry for entry in entries if key is None or entry.key == key or (group is not None and entry.group == group))
    if key is not None and key.startswith("system.words."):
        near = tuple(entry for entry in entries if entry.is_word_list)
    return [(one.code, one.line, one.message) for one in lint(near) if one.severity is Severity.ERROR and one.code != "L110"]


def carry_out(locales_dir: Path, language: Language, changes: Sequence[Change], on: date) -> None:
    """Write the changes. Catalogues all of whose texts are marked now are ``reviewed`` as a whole."""
    by_place = {(change.key, change.english): change for change in changes}
    for domain in pofiles.DOMAINS:
        path = pofiles.path_of(locales_dir, language, domain)
        if not path.is_file():
            continue
        catalogue = pofiles.read(path, language)
        touched = [
            (message, change)
            for message in pofiles.entries(catalogue)
            if (change := by_place.get((message.context or "", str(message.id)))) is not None
        ]
        for message, change in touched:
            _change(message, change, on)
        if not touched:
            continue
        if all(marks.reviewed(message) is not None for message in pofiles.entries(catalogue)):
            names = dict.fromkeys(change.reviewer for _, change in touched if change.reviewer)
            catalogue.review_status = pofiles.ReviewStatus.REVIEWED
            catalogue.reviewer, catalogue.reviewed_on = ", ".join(names), on.isoformat()
        path.write_bytes(pofiles.dump(catalogue))


def _change(message: Message, change: Change, on: date) -> None:
    message.string = change.new
    message.flags.discard("fuzzy")
    message.user_comments = [comment for comment in message.user_comments if not comment.startswith("|")]
    if change.reviewer:
        marks.mark(message, change.reviewer, on)


def diff(plan: Plan) -> Iterator[str]:
    """The changes as lines to read: the key, the English, - old, + new."""
    for change in plan.changes:
        if change.new != change.old:
            yield f"{change.key}: {change.english}"
            yield f"  - {change.old or '(nothing)'}"
            yield f"  + {change.new}"
