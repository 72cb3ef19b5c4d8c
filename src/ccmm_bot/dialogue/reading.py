"""How the engine learns what a person meant: the door through which typed text enters.

The engine knows no language. Whoever runs it hands in a :class:`Reader` (:mod:`ccmm_bot.i18n.reading` has the real one), which
must be a pure function of its arguments: the same text, question and language always read the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from ccmm_bot.dialogue.effects import Choice, Note
from ccmm_bot.dialogue.model import Command, Item
from ccmm_bot.dialogue.values import Value


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is open: the item and the choices as they were shown, numbered from 1 in this order."""

    item: Item
    choices: tuple[Choice, ...] = ()
    exact: bool = False  # consent, identity and safety: no fuzzy matching
    marked: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Understood:
    """The text reads as this value. For a menu of languages it may be the id of a choice not on this page."""

    value: Value


@dataclass(frozen=True, slots=True)
class NotUnderstood:
    """The text does not read as an answer; ``note`` says what would."""

    note: Note


Reading = Understood | NotUnderstood


class Reader(Protocol):
    """Reads typed text in one of our languages."""

    def read(self, text: str, question: Question, language: str | None) -> Reading:
        """What ``text`` answers to ``question``. ``language`` is the conversation's, ``None`` before one is chosen."""

    def command(self, text: str, language: str | None, *, numeric: bool = False) -> Command | None:
        """The command ``text`` is, as a whole message. ``numeric``: digits are answers here, so "0" is not "skip"."""

    def language(self, text: str) -> str | None:
        """The language whose name or keyword ``text`` is, as a whole message."""
