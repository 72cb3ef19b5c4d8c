"""What the rules look at, and what they report."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum

import regex

from ccmm_bot.i18n.checkers import SLOT
from ccmm_bot.i18n.languages import Language


class Severity(StrEnum):
    """Whether a release can go out with it."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One text of one catalogue."""

    language: Language
    domain: str
    file: str
    line: int
    key: str
    source: str
    translation: str  # "" where there is none
    fuzzy: bool = False
    neutral: bool = False  # shown on a phone that others may read, before the person has said who she is
    glossary: tuple[tuple[str, str], ...] = field(default=(), repr=False)  # English term → its agreed translation

    @property
    def group(self) -> str | None:
        """What the entry is an option of (a question's key, a shared set's), ``None`` where it is none."""
        head, _, _ = self.key.rpartition(".")
        return head if head.endswith((".options", ".labels")) or self.key.startswith("options.") else None

    @property
    def is_word_list(self) -> bool:
        """Whether it lists what people type, in whatever letters, instead of saying something."""
        return self.key.startswith("system.words.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """A breach of a rule at a place; ``str`` is what an editor can jump to."""

    file: str
    line: int
    code: str
    severity: Severity
    message: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.code} {self.message}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A rule about single translations. ``check`` yields what is wrong, in words that say what to do."""

    code: str
    severity: Severity
    title: str
    check: Callable[[Entry], Iterable[str]]
    fuzzy_too: bool = False  # looks at fuzzy translations as well


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogueRule:
    """A rule about a whole catalogue: yields the entry at which it is broken, and what is wrong."""

    code: str
    severity: Severity
    title: str
    check: Callable[[tuple[Entry, ...]], Iterator[tuple[Entry, str]]]


_NOT_TEXT = regex.compile(r"\S+@\S+|https?://\S+|www\.\S+|t\.me/\S+")
#: Names people know only as they are written by their owners.
NAMES = ("WhatsApp", "Telegram", "Twilio", "MOSAIC", "Kids Help Phone", "VictimLinkBC", "HealthLink BC", "ISSofBC", "Moving Ahead")


def prose(text: str) -> str:
    """``text`` without placeholders, addresses, names kept as they are, and words all in capitals (STOP, BC, SMS)."""
    text = _NOT_TEXT.sub(" ", SLOT.sub(" ", text))
    for name in NAMES:
        text = text.replace(name, " ")
    return regex.sub(r"\b[A-Z0-9]*[A-Z][A-Z0-9-]*\b", " ", text)
