"""The real reader: typed text in seventeen languages, pure and without surprises.

What is not certain is not understood: a question asked again costs a message, an answer misread costs a person's trust.
"""

from __future__ import annotations

from ccmm_bot.dialogue import system_texts
from ccmm_bot.dialogue.effects import Note
from ccmm_bot.dialogue.model import Command, ItemType
from ccmm_bot.dialogue.reading import NotUnderstood, Question, Reading
from ccmm_bot.i18n import names
from ccmm_bot.i18n.catalogues import Catalogues
from ccmm_bot.i18n.commands import Commands
from ccmm_bot.i18n.labels import Labels
from ccmm_bot.i18n.languages import TAGS
from ccmm_bot.i18n.normalise import fold, words
from ccmm_bot.i18n.reading_choices import ChoiceReader
from ccmm_bot.i18n.reading_values import read_value

#: Longer messages are kept for staff as they came, and the person is asked to write less.
LONGEST = 4000
_LONGEST_CHOICE = 1000

_CHOICES = frozenset({ItemType.SELECT_ONE, ItemType.SELECT_MANY, ItemType.YES_NO, ItemType.SCALE})


class TypedReader:
    """Implements :class:`ccmm_bot.dialogue.reading.Reader`; safe to share between threads.

    Reads in the conversation's language and, whatever that is, in English and French.
    """

    def __init__(self, catalogues: Catalogues) -> None:
        self._commands = Commands(catalogues)
        more = (catalogues.text(system_texts.MORE_LANGUAGES, tag) for tag in TAGS)
        more_words = frozenset(words(text, None) for text in (*more, "more", "plus", "autre", "other") if text)
        self._choices = ChoiceReader(Labels(catalogues), more_words)

    def read(self, text: str, question: Question, language: str | None) -> Reading:
        """What ``text`` answers to ``question``; never raises for any text.

        :raises UnknownLanguage: ``language`` is not one of ours.
        """
        if len(text) > LONGEST:
            return NotUnderstood(Note.TOO_LONG)
        kind = question.item.type
        if not text or (not text[0].isalnum() and not fold(text, language)):
            return NotUnderstood(Note.EMPTY)
        if kind not in _CHOICES:
            return read_value(text, question.item, language)
        return NotUnderstood(Note.NOT_UNDERSTOOD) if len(text) > _LONGEST_CHOICE else self._choices.read(text, question, language)

    def command(self, text: str, language: str | None, *, numeric: bool = False) -> Command | None:
        """The command ``text`` is, as a whole message; STOP, ARRET, HELP and AIDE in every language."""
        return self._commands.read(text, language, numeric=numeric)

    def language(self, text: str) -> str | None:
        """The language whose name ``text`` is, or whose word for START; "START ti", as an invitation carries it, names it too."""
        if len(text) > _LONGEST_CHOICE:
            return None
        return names.by_name(text) or names.by_invitation(text) or self._commands.starting_language(text)
