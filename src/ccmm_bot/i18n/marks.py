"""Who has read a text: marks in the catalogue beside the translation, and what a catalogue says of itself as a whole.

A mark is a translator's comment, ``# review: reviewed 2026-11-20 by A. Reader (1a2b3c4d)``; Babel and every editor of PO files
keep those. It names the digest of what was read, so it ends by itself when the English text or the translation changes.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import date

from babel.messages.catalog import Message

from ccmm_bot.errors import CcmmError
from ccmm_bot.i18n import pofiles

_MARK = re.compile(r"review: reviewed (\d{4}-\d{2}-\d{2}) by (.+) \(([0-9a-f]{8})\)")
_LONGEST_NAME = 40  # a comment is one line of the file


class BadReviewer(CcmmError):
    """A reviewer is named in one line of at most 40 letters, without parentheses."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reviewed:
    """When and by whom a text or a catalogue was read and found good."""

    on: str  # ISO date
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """What one catalogue says about its review."""

    status: str = ""  # "" where there is no catalogue
    by: str = ""
    on: str = ""
    texts: frozenset[str] = frozenset()  # digests of the texts that were reviewed one by one


def digest(key: str, english: str, translation: str) -> str:
    """What a mark stands for: this translation of this text."""
    return hashlib.sha256(f"{key}\0{english}\0{translation}".encode()).hexdigest()[:8]


def reviewed(message: Message) -> Reviewed | None:
    """The mark of a message, ``None`` where there is none or where it is of another wording."""
    translation = pofiles.translation(message)
    if translation is None:
        return None
    wanted = digest(message.context or "", str(message.id), translation)
    for comment in message.user_comments:
        found = _MARK.fullmatch(comment.strip())
        if found and found[3] == wanted:
            return Reviewed(on=found[1], by=found[2])
    return None


def mark(message: Message, by: str, on: date) -> None:
    """Put the mark beside a translated message, in place of an older one.

    :raises BadReviewer: the name does not fit a line.
    """
    translation = pofiles.translation(message)
    if translation is None:
        return
    name = reviewer(by)
    kept = [comment for comment in message.user_comments if not comment.strip().startswith("review:")]
    of = digest(message.context or "", str(message.id), translation)
    message.user_comments = [*kept, f"review: reviewed {on.isoformat()} by {name} ({of})"]


def reviewer(by: str) -> str:
    """The name as it is written down.

    :raises BadReviewer: it is empty or does not fit a line.
    """
    name = " ".join(by.split())
    if not name or len(name) > _LONGEST_NAME or any(char in "()" or not char.isprintable() for char in name):
        raise BadReviewer(f"A reviewer is named in one line of at most {_LONGEST_NAME} letters, without parentheses.")
    return name


def reviewed_texts(catalogue: pofiles.PoCatalog) -> frozenset[str]:
    """The digests of every text with a mark that still holds."""
    return frozenset(
        digest(message.context or "", str(message.id), str(message.string))
        for message in pofiles.entries(catalogue)
        if reviewed(message) is not None
    )


def of_catalogue(catalogue: pofiles.PoCatalog) -> Review:
    """What a PO file says."""
    return Review(
        status=catalogue.review_status,
        by=catalogue.reviewer,
        on=catalogue.reviewed_on,
        texts=reviewed_texts(catalogue),
    )


def of_headers(headers: dict[str, str]) -> Review:
    """What a compiled catalogue's headers say; their names in lower case."""
    return Review(
        status=headers.get(pofiles.REVIEW_HEADER.lower(), ""),
        by=headers.get(pofiles.REVIEWER_HEADER.lower(), ""),
        on=headers.get(pofiles.REVIEWED_ON_HEADER.lower(), ""),
        texts=frozenset(headers.get(pofiles.TEXTS_HEADER.lower(), "").split()),
    )
