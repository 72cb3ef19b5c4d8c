"""The translations, and the rule that a message is never half in one language.

A language's text counts only when it is translated and not fuzzy. Several texts that are shown together (a question and its
options) come all in the language asked for or all in English: see :meth:`Catalogues.render`.
"""

from __future__ import annotations

import gettext
import struct
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeVar

from babel.messages.catalog import Message
from babel.messages.mofile import read_mo

from ccmm_bot.i18n import pofiles
from ccmm_bot.i18n.languages import LANGUAGES, SOURCE, Language, UnknownLanguage
from ccmm_bot.i18n.marks import Review, digest, of_catalogue, of_headers


class Translatable(Protocol):
    """What is looked up: a :class:`ccmm_bot.dialogue.model.Text`."""

    @property
    def key(self) -> str:
        """The catalogue's msgctxt."""

    @property
    def source(self) -> str:
        """The English msgid."""


T = TypeVar("T", bound=Translatable)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendered:
    """Texts in one language, in the order they were asked for."""

    language: str  # the one they are really in: the one asked for, or English
    texts: tuple[str, ...]


Table = dict[tuple[str, str], str]


class Catalogues:
    """Every translation of every language, in memory; immutable after loading and safe to share between threads."""

    def __init__(
        self, tables: Mapping[str, Mapping[tuple[str, str], str]], review: Mapping[tuple[str, str], Review] | None = None
    ) -> None:
        """``tables``: language tag → (key, English) → translation. ``review``: (tag, domain) → who has read it."""
        self._tables: dict[str, Table] = {entry.tag: {} for entry in LANGUAGES}
        for tag, table in tables.items():
            if tag not in self._tables:
                raise UnknownLanguage(tag)
            self._tables[tag] = dict(table)
        self._review = dict(review or {})

    @classmethod
    def load(cls, locales_dir: Path) -> Catalogues:
        """Read ``<dir>/LC_MESSAGES/<domain>.mo`` where it is at least as new as its ``.po``, else the ``.po`` itself.

        :raises BrokenCatalogue: a file is there and cannot be read.
        """
        tables: dict[str, Table] = {}
        review: dict[tuple[str, str], Review] = {}
        for entry in LANGUAGES:
            table = tables.setdefault(entry.tag, {})
            for domain in pofiles.DOMAINS:
                loaded = _load_domain(locales_dir, entry, domain)
                if loaded is not None:
                    table.update(loaded[0])
                    review[entry.tag, domain] = loaded[1]
        return cls(tables, review)

    @property
    def tags(self) -> frozenset[str]:
        """Every language there can be a text in."""
        return frozenset(self._tables)

    def text(self, text: Translatable, language: str) -> str | None:
        """The text in ``language``; ``None`` where it is not translated. English is the source and always there.

        :raises UnknownLanguage: ``language`` is not one of ours.
        """
        try:
            table = self._tables[language]
        except KeyError:
            raise UnknownLanguage(language) from None
        found = table.get((text.key, text.source))
        return text.source if found is None and language == SOURCE else found

    def render(self, texts: Sequence[Translatable], language: str) -> Rendered:
        """All the texts in ``language``, or, if a single one is missing, all of them in English."""
        found = [self.text(text, language) for text in texts]
        complete = [one for one in found if one is not None]
        if len(complete) == len(texts):
            return Rendered(language=language, texts=tuple(complete))
        return Rendered(language=SOURCE, texts=tuple(text.source for text in texts))

    def missing(self, texts: Iterable[T], language: str) -> list[T]:
        """Which of the texts ``language`` lacks."""
        return [text for text in texts if self.text(text, language) is None]

    def offered(self, texts: Iterable[Translatable]) -> tuple[str, ...]:
        """The languages in which every one of the texts is there, in the order of the languages table; English always is."""
        wanted = tuple(texts)
        return tuple(entry.tag for entry in LANGUAGES if all(self.text(text, entry.tag) is not None for text in wanted))

    def review_status(self, language: str, domain: str) -> str:
        """What the catalogue's ``X-Review-Status`` says; ``""`` where there is no catalogue."""
        return self.review(language, domain).status

    def review(self, language: str, domain: str) -> Review:
        """Who has read a catalogue, as it says itself; empty where there is none."""
        return self._review.get((language, domain), Review())

    def marked(self, text: Translatable, language: str) -> bool:
        """Whether a speaker has read exactly this translation, one by one."""
        translation = self.text(text, language)
        if translation is None:
            return False
        texts = self.review(language, "system" if text.key.startswith("system.") else "dialogues").texts
        return digest(text.key, text.source, translation) in texts

    def translations(self, texts: Iterable[Translatable]) -> dict[str, Table]:
        """Every translation there is of these texts, by language: what is kept beside a pinned version of a dialogue."""
        wanted = [(text.key, text.source) for text in texts]
        return {
            tag: {pair: table[pair] for pair in wanted if pair in table} for tag, table in self._tables.items() if tag != SOURCE
        }

    def with_archived(self, archived: Mapping[str, Mapping[tuple[str, str], str]]) -> Catalogues:
        """These catalogues plus texts of older versions; a text of today is never replaced by an archived one."""
        merged = {tag: {**archived.get(tag, {}), **table} for tag, table in self._tables.items()}
        return Catalogues(merged, self._review)


def _load_domain(locales_dir: Path, language: Language, domain: str) -> tuple[Table, Review] | None:
    source = pofiles.path_of(locales_dir, language, domain)
    compiled = pofiles.path_of(locales_dir, language, domain, ".mo")
    fresh = compiled.is_file() and (not source.is_file() or compiled.stat().st_mtime >= source.stat().st_mtime)
    if fresh:
        return _load_compiled(compiled)
    if source.is_file():
        catalog = pofiles.read(source, language)
        return _table(pofiles.entries(catalog)), of_catalogue(catalog)
    return None


def _load_compiled(path: Path) -> tuple[Table, Review]:
    try:
        with path.open("rb") as file:
            table = _table(pofiles.entries(read_mo(file)))
            file.seek(0)
            review = of_headers(gettext.GNUTranslations(file).info())
    except (OSError, ValueError, IndexError, struct.error) as error:
        raise pofiles.BrokenCatalogue(f"{path}: not a readable compiled catalogue; run `ccmm-bot locale compile`.") from error
    return table, review


def _table(messages: Iterable[Message]) -> Table:
    return {
        (_context(message), str(message.id)): found for message in messages if (found := pofiles.translation(message)) is not None
    }


def _context(message: Message) -> str:
    context: str | bytes | None = message.context
    return context.decode() if isinstance(context, bytes) else context or ""  # Babel leaves a .mo's contexts undecoded
