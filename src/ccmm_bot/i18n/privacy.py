"""The privacy notice, a file a language (``locales/<catalogue>/privacy.toml``): what is kept, why, who reads it, what one may ask.

The *Personal Information Protection Act* of British Columbia (s. 10) asks for notice of the purposes, and of whom to ask, when
information is collected. The notice is longer than a conversation bears, so it is a page; what has to be known before agreeing is
said in the conversation (``dialogues/consent.yaml``).
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from ccmm_bot.errors import CcmmError
from ccmm_bot.i18n.languages import LANGUAGES, SOURCE, Language, language

FILE: Final = "privacy.toml"
SLOTS: Final = frozenset({"agency_name", "service_name", "companies", "contact"})
_SLOT: Final = re.compile(r"\{(\w*)\}")


class NoticeError(CcmmError):
    """A notice's file cannot be used; says which and why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One heading and what stands below it."""

    title: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """The notice in one language. ``review`` as in the catalogues' ``X-Review-Status``."""

    language: Language
    review: str
    title: str
    parts: tuple[Part, ...]

    def filled(self, values: Mapping[str, str]) -> Notice:
        """The same with its slots filled; every one of :data:`SLOTS` must have a value."""

        def fill(text: str) -> str:
            return _SLOT.sub(lambda slot: values[slot[1]], text)

        parts = tuple(Part(title=fill(part.title), text=fill(part.text)) for part in self.parts)
        return Notice(language=self.language, review=self.review, title=fill(self.title), parts=parts)


def languages(locales_dir: Path) -> tuple[Language, ...]:
    """The languages there is a notice in, in the order of the table."""
    return tuple(each for each in LANGUAGES if _file(locales_dir, each).is_file())


@lru_cache(maxsize=64)
def notice(locales_dir: Path, tag: str) -> Notice:
    """The notice in one language.

    :raises NoticeError: there is none, or its file cannot be read or has slots we cannot fill
    """
    spoken = language(tag)
    path = _file(locales_dir, spoken)
    try:
        read: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
        found = Notice(
            language=spoken,
            review=str(read["review"]),
            title=str(read["title"]),
            parts=tuple(Part(title=str(part["title"]), text=str(part["text"])) for part in read["part"]),
        )
    except FileNotFoundError:
        raise NoticeError(f"There is no privacy notice in {spoken.english_name}.") from None
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, KeyError, TypeError) as error:
        raise NoticeError(f"{path}: {type(error).__name__}: {error}") from None
    unknown = {slot for part in found.parts for slot in _SLOT.findall(part.title + part.text)} - SLOTS
    if unknown:
        wrong, known = ", ".join(sorted(unknown)), ", ".join(sorted(SLOTS))
        raise NoticeError(f"{path}: there is nothing to put for {wrong}; slots are {known}.")
    return found


def differences(locales_dir: Path, tag: str) -> list[str]:
    """What a translation has otherwise than the English: its parts, and the slots of each."""
    source, other = notice(locales_dir, SOURCE), notice(locales_dir, tag)
    if len(source.parts) != len(other.parts):
        return [f"{len(other.parts)} parts instead of {len(source.parts)}"]
    return [
        f"part {number}: slots {sorted(_SLOT.findall(mine.text))} instead of {sorted(_SLOT.findall(theirs.text))}"
        for number, (theirs, mine) in enumerate(zip(source.parts, other.parts, strict=True), 1)
        if sorted(_SLOT.findall(mine.text)) != sorted(_SLOT.findall(theirs.text))
    ]


def _file(locales_dir: Path, spoken: Language) -> Path:
    return locales_dir / spoken.catalogue / FILE
