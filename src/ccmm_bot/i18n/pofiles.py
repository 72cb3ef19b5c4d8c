"""Reading and writing PO files through Babel, with the headers this project stands by.

Babel drops headers it does not know, writes dates that make every update a conflict, and stamps wrong plural rules for some of
our languages. :class:`PoCatalog` keeps ``X-Review-Status``, writes no dates, and takes the plural rule from the languages table.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterable
from enum import StrEnum
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import PoFileParser, write_po

from ccmm_bot.errors import CcmmError
from ccmm_bot.i18n.languages import Language

DOMAINS = ("dialogues", "system")
REVIEW_HEADER = "X-Review-Status"
SOURCE_HEADER = "X-Wording-Source"  # of wordings that were taken over: where they were published
REVIEWER_HEADER = "X-Reviewed-By"
REVIEWED_ON_HEADER = "X-Reviewed-On"
TEXTS_HEADER = "X-Reviewed-Texts"  # in compiled catalogues only: the digests of the texts that were reviewed one by one

_STRING_LINE = re.compile(r'\s*(?:"|msgctxt\b|msgid\b|msgid_plural\b|msgstr\b)')
_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"\s*$')

_TEMPLATE_COMMENT = "# The texts of ccmm-bot, domain {domain}: written by `ccmm-bot locale extract`, do not edit."
_CATALOGUE_COMMENT = "# The texts of ccmm-bot in {name}, domain {domain}."


class ReviewStatus(StrEnum):
    """Who has read a catalogue (its header ``X-Review-Status``)."""

    MACHINE_DRAFT = "machine-draft"  # no speaker has read it yet
    PUBLISHED = "published"  # taken over from a published form, as X-Wording-Source says; no speaker has read it here
    REVIEWED = "reviewed"  # read and corrected by a speaker


class BrokenCatalogue(CcmmError):
    """A catalogue cannot be read; the message names file and line."""


class PoCatalog(Catalog):
    """A Babel catalogue with our headers."""

    review_status: str = ""
    reviewer: str = ""
    reviewed_on: str = ""  # ISO date
    reviewed_texts: str = ""
    wording_source: str = ""
    ours: Language | None = None

    def _get_mime_headers(self) -> list[tuple[str, str]]:
        headers = [("Project-Id-Version", "ccmm-bot")]
        if self.ours is not None:
            headers += [("Language", self.ours.catalogue), ("Plural-Forms", self.ours.plural_forms)]
        headers += [
            ("MIME-Version", "1.0"),
            ("Content-Type", "text/plain; charset=utf-8"),
            ("Content-Transfer-Encoding", "8bit"),
        ]
        ours = {
            REVIEW_HEADER: self.review_status,
            SOURCE_HEADER: self.wording_source,
            REVIEWER_HEADER: self.reviewer,
            REVIEWED_ON_HEADER: self.reviewed_on,
            TEXTS_HEADER: self.reviewed_texts,
        }
        headers += [(name, value) for name, value in ours.items() if value]
        return [*headers[:-1], (headers[-1][0], headers[-1][1] + "\n")]

    def _set_mime_headers(self, headers: Iterable[tuple[str, str]]) -> None:
        pairs = list(headers)
        super()._set_mime_headers(pairs)
        found = {name.lower(): value.strip() for name, value in pairs}
        self.review_status = found.get(REVIEW_HEADER.lower(), self.review_status)
        self.wording_source = found.get(SOURCE_HEADER.lower(), self.wording_source)
        self.reviewer = found.get(REVIEWER_HEADER.lower(), self.reviewer)
        self.reviewed_on = found.get(REVIEWED_ON_HEADER.lower(), self.reviewed_on)

    mime_headers = property(_get_mime_headers, _set_mime_headers)


def path_of(locales_dir: Path, language: Language, domain: str, suffix: str = ".po") -> Path:
    """Where a language's catalogue lies."""
    return locales_dir / language.catalogue / "LC_MESSAGES" / f"{domain}{suffix}"


def read(path: Path, language: Language | None = None) -> PoCatalog:
    """Read a PO file (or a template, without a language).

    :raises BrokenCatalogue: it is not a PO file in UTF-8.
    """
    catalog = PoCatalog(locale=language.catalogue if language else None, charset="utf-8")
    try:
        lines = path.read_bytes().decode("utf-8").splitlines()
        _require_quotes(path, lines)
        PoFileParser(catalog, abort_invalid=True).parse(lines)
    except (ValueError, IndexError, OSError) as error:
        raise BrokenCatalogue(f"{path}: not a readable PO file in UTF-8: {error}") from error
    except Exception as error:
        if type(error).__name__ != "PoFileError":
            raise
        raise BrokenCatalogue(f"{path}:{getattr(error, 'lineno', 0)}: {error}") from error
    catalog.ours = language
    return catalog


def _require_quotes(path: Path, lines: list[str]) -> None:
    """Babel takes a forgotten quotation mark for the last letter of the text, and drops it."""
    for number, line in enumerate(lines, 1):
        if _STRING_LINE.match(line) and not _QUOTED.search(line):
            raise BrokenCatalogue(f"{path}:{number}: a quotation mark is missing")


def new(language: Language | None, domain: str) -> PoCatalog:
    """An empty catalogue, or an empty template."""
    comment = (
        _CATALOGUE_COMMENT.format(name=language.english_name, domain=domain)
        if language
        else _TEMPLATE_COMMENT.format(domain=domain)
    )
    catalog = PoCatalog(
        locale=language.catalogue if language else None, domain=domain, header_comment=comment, charset="utf-8", fuzzy=False
    )
    catalog.ours = language
    if language:
        catalog.review_status = ReviewStatus.MACHINE_DRAFT
    return catalog


def dump(catalog: PoCatalog) -> bytes:
    """The file's bytes: the same catalogue always gives the same bytes."""
    catalog.fuzzy = False
    for message in (*entries(catalog), *catalog.obsolete.values()):
        message.flags.discard("python-format")  # Babel sees one in every "100 % free"
    buffer = io.BytesIO()
    # Without line numbers in the locations an edit at the top of a dialogue does not touch every entry below it.
    write_po(buffer, catalog, width=100, include_lineno=False, include_previous=True)
    return buffer.getvalue().rstrip(b"\n") + b"\n"


def entries(catalog: Catalog) -> Iterable[Message]:
    """All messages but the header."""
    return (message for message in catalog if message.id)


def translation(message: Message) -> str | None:
    """The usable translation: ``None`` where there is none or it is fuzzy. Our texts need no plural forms."""
    if not isinstance(message.string, str) or not message.string or message.fuzzy:
        return None
    return message.string
