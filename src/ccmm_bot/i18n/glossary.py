"""The agreed words, term by term (``locales/glossary.csv``): a note for all, and one column per language.

A cell may name several ways to say it, separated by ``|``; an empty cell agrees on nothing yet. One writer at a time: several
people fill in their columns while others fill in theirs.
"""

from __future__ import annotations

import csv
import fcntl
import io
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ccmm_bot.errors import CcmmError
from ccmm_bot.i18n.languages import LANGUAGES, SOURCE, language

FILE = "glossary.csv"
COLUMNS: tuple[str, ...] = ("term", "note", *(entry.tag for entry in LANGUAGES if entry.tag != SOURCE))


class BrokenGlossary(CcmmError):
    """The glossary has not the columns it must have, or is told of a term it does not know."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """One English term."""

    term: str
    note: str  # what it means here, for all translators
    agreed: Mapping[str, str]  # tag → translation, "" where nothing is agreed yet

    def ways(self, tag: str) -> tuple[str, ...]:
        """The agreed ways to say it in a language; none where nothing is agreed."""
        return tuple(way.strip() for way in self.agreed.get(tag, "").split("|") if way.strip())


def load(path: Path) -> tuple[Term, ...]:
    """Every term in the file's order; none where there is no file.

    :raises BrokenGlossary: it has other columns than :data:`COLUMNS`, or a term twice.
    """
    if not path.is_file():
        return ()
    return _parse(path, path.read_text(encoding="utf-8"))


def agree(path: Path, tag: str, translations: Mapping[str, str]) -> int:
    """Fill in or replace cells of one language's column and touch nothing else; returns how many changed.

    :raises UnknownLanguage: not one of ours. :raises BrokenGlossary: a term is not in the file, or the language is English.
    """
    if language(tag).tag == SOURCE:
        raise BrokenGlossary(f"{path.name}: the terms themselves are {language(tag).english_name}")
    with path.open("r+", encoding="utf-8", newline="") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        terms = _parse(path, file.read())
        unknown = sorted(set(translations) - {one.term for one in terms})
        if unknown:
            raise BrokenGlossary(f"{path.name}: no such term: {', '.join(unknown)}")
        changed = sum(1 for one in terms if one.term in translations and translations[one.term] != one.agreed[tag])
        written = [
            Term(term=one.term, note=one.note, agreed={**one.agreed, tag: translations.get(one.term, one.agreed[tag])})
            for one in terms
        ]
        file.seek(0)
        file.write(dump(tuple(written)))
        file.truncate()
    return changed


def dump(terms: tuple[Term, ...]) -> str:
    """The file's text."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows([one.term, one.note, *(one.agreed.get(tag, "") for tag in COLUMNS[2:])] for one in terms)
    return buffer.getvalue()


def _parse(path: Path, text: str) -> tuple[Term, ...]:
    reader = csv.DictReader(io.StringIO(text, newline=""))
    if tuple(reader.fieldnames or ()) != COLUMNS:
        raise BrokenGlossary(f"{path.name}: the columns must be {','.join(COLUMNS)}")
    terms = []
    for row in reader:
        if None in row or None in row.values():
            raise BrokenGlossary(f"{path.name}:{reader.line_num}: not as many cells as columns")
        terms.append(Term(term=row["term"], note=row["note"], agreed={tag: row[tag].strip() for tag in COLUMNS[2:]}))
    names = [one.term for one in terms]
    if len(set(names)) != len(names):
        raise BrokenGlossary(f"{path.name}: twice: {', '.join(sorted({name for name in names if names.count(name) > 1}))}")
    return tuple(terms)
