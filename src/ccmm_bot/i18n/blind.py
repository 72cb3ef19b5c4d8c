"""The blind pass: every text is translated back by a reader who never saw the English, and the meanings are compared.

The reader's file has opaque numbers and the translations, nothing else. Its results are kept per language in
``docs/translations/<tag>.csv``: what was read, what came back, and a verdict; where a difference led to a correction, the
corrected text is read again and stands beside the first reading. So the file tells how many of how many differed before and
after.
"""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path

from ccmm_bot.errors import CcmmError
from ccmm_bot.i18n import pofiles
from ccmm_bot.i18n.languages import language

SHEET = ("number", "text", "back_translation")
SAME, DIFFERS = "same", "differs"
_DIGITS = 10**8


class BrokenSheet(CcmmError):
    """A file of back-translations or of results cannot be read; the message says where."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """A translation as the blind reader gets it, and what only we know about it."""

    number: str
    key: str
    english: str
    translation: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One text's row in the results. ``later_…`` is the reading of the corrected text, empty where nothing was corrected."""

    key: str
    english: str
    translation: str
    back_translation: str
    verdict: str = ""  # same | differs, "" until somebody has compared
    note: str = ""
    later_translation: str = ""
    later_back_translation: str = ""
    later_verdict: str = ""
    later_note: str = ""

    @property
    def read(self) -> str:
        """The translation that was read last."""
        return self.later_translation or self.translation

    @property
    def last_verdict(self) -> str:
        """The verdict on the translation that was read last."""
        return self.later_verdict if self.later_translation else self.verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Merged:
    """What became of a file of back-translations."""

    results: tuple[Result, ...]
    taken: int
    empty: int  # rows without a back-translation
    stale: tuple[str, ...]  # numbers whose text is not in the catalogue any more: read it anew
    dropped: int  # earlier results whose English text is gone


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """How a language's blind pass went, in texts."""

    read: int
    differed: int  # in the first reading
    differ: int  # in the last
    undecided: int  # read but not compared yet


COLUMNS: tuple[str, ...] = tuple(one.name for one in fields(Result))


def passages(locales_dir: Path, tag: str) -> tuple[Passage, ...]:
    """Every usable translation of a language, in the catalogues' order.

    A number follows from the language and the text's key alone, so a file written today is understood tomorrow.
    """
    entry = language(tag)
    found: list[tuple[str, str, str]] = []
    for domain in pofiles.DOMAINS:
        path = pofiles.path_of(locales_dir, entry, domain)
        if path.is_file():
            found += [
                (message.context or "", str(message.id), translation)
                for message in pofiles.entries(pofiles.read(path, entry))
                if (translation := pofiles.translation(message)) is not None
            ]
    numbers = _numbers(tag, [key for key, _, _ in found])
    return tuple(
        Passage(number=numbers[key], key=key, english=english, translation=translation) for key, english, translation in found
    )


def _numbers(tag: str, keys: Iterable[str]) -> dict[str, str]:
    taken: dict[int, str] = {}
    for key in sorted(set(keys)):
        number = int.from_bytes(hashlib.sha256(f"{tag}\0{key}".encode()).digest()[:8]) % _DIGITS
        while number in taken:
            number = (number + 1) % _DIGITS
        taken[number] = key
    return {key: f"{number:08d}" for number, key in taken.items()}


def unread(passages: Iterable[Passage], results: Iterable[Result]) -> tuple[Passage, ...]:
    """The texts nobody has read as they stand now."""
    read = {(one.key, one.english): one.read for one in results}
    return tuple(one for one in passages if read.get((one.key, one.english)) != one.translation)


def sheet(passages: Iterable[Passage]) -> str:
    """The reader's file: numbers, texts, and an empty column."""
    return _csv(SHEET, ([one.number, one.translation, ""] for one in passages))


def read_sheet(text: str, name: str) -> tuple[tuple[str, str, str], ...]:
    """(number, text, back-translation) of a filled-in file.

    :raises BrokenSheet: other columns, or a number twice.
    """
    rows = tuple((row["number"].strip(), row["text"], row["back_translation"].strip()) for row in _rows(text, SHEET, name))
    numbers = [number for number, _, _ in rows]
    if len(set(numbers)) != len(numbers):
        raise BrokenSheet(f"{name}: a number is there twice")
    return rows


def merge(results: Sequence[Result], passages: Sequence[Passage], rows: Iterable[tuple[str, str, str]]) -> Merged:
    """Lay back-translations beside the English. A verdict that was given is never taken back or overwritten."""
    known = {one.number: one for one in passages}
    kept = {(one.key, one.english): one for one in results}
    stale: list[str] = []
    taken = empty = 0
    for number, text, back in rows:
        passage = known.get(number)
        if passage is None or passage.translation != text:
            stale.append(number)
        elif not back:
            empty += 1
        else:
            place = (passage.key, passage.english)
            kept[place] = _laid(kept.get(place), passage, back)
            taken += 1
    order = {(one.key, one.english): at for at, one in enumerate(passages)}
    found = sorted((place for place in kept if place in order), key=order.__getitem__)
    return Merged(
        results=tuple(kept[place] for place in found),
        taken=taken,
        empty=empty,
        stale=tuple(stale),
        dropped=len(kept) - len(found),
    )


def _laid(result: Result | None, passage: Passage, back: str) -> Result:
    if result is None:
        return Result(key=passage.key, english=passage.english, translation=passage.translation, back_translation=back)
    if result.read == passage.translation:
        if result.last_verdict:
            return result
        return replace(result, **{"later_back_translation" if result.later_translation else "back_translation": back})
    return replace(result, later_translation=passage.translation, later_back_translation=back, later_verdict="", later_note="")


def counts(results: Iterable[Result]) -> Counts:
    """How many of how many differed, before and after."""
    rows = tuple(results)
    return Counts(
        read=len(rows),
        differed=sum(one.verdict == DIFFERS for one in rows),
        differ=sum(one.last_verdict == DIFFERS for one in rows),
        undecided=sum(not one.last_verdict for one in rows),
    )


def results_path(folder: Path, tag: str) -> Path:
    """Where a language's results lie."""
    return folder / f"{language(tag).tag}.csv"


def load(path: Path) -> tuple[Result, ...]:
    """A language's results; none where nobody has begun.

    :raises BrokenSheet: other columns, a text twice, or a verdict that is neither ``same`` nor ``differs``.
    """
    if not path.is_file():
        return ()
    results = tuple(Result(**row) for row in _rows(path.read_text(encoding="utf-8"), COLUMNS, path.name))
    seen = set()
    for one in results:
        wrong = {one.verdict, one.later_verdict} - {SAME, DIFFERS, ""}
        if wrong:
            raise BrokenSheet(f"{path.name}: {one.key}: a verdict is {SAME} or {DIFFERS}, not {', '.join(sorted(wrong))}")
        if (one.key, one.english) in seen:
            raise BrokenSheet(f"{path.name}: {one.key} is there twice")
        seen.add((one.key, one.english))
    return results


def dump(results: Iterable[Result]) -> str:
    """The results as the file has them."""
    return _csv(COLUMNS, ([getattr(one, name) for name in COLUMNS] for one in results))


def _csv(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(rows)
    return buffer.getvalue()


def _rows(text: str, columns: Sequence[str], name: str) -> Iterable[Mapping[str, str]]:
    reader = csv.DictReader(io.StringIO(text.removeprefix("\ufeff"), newline=""))
    if tuple(reader.fieldnames or ()) != tuple(columns):
        raise BrokenSheet(f"{name}: the columns must be {','.join(columns)}")
    for row in reader:
        if None in row or None in row.values():
            raise BrokenSheet(f"{name}:{reader.line_num}: not as many cells as columns")
        yield row
