"""Reading an answer to a question with choices: one, several, yes or no, a point of a scale, a language."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ccmm_bot.dialogue import prompts
from ccmm_bot.dialogue.effects import Choice, Note
from ccmm_bot.dialogue.model import ItemType
from ccmm_bot.dialogue.reading import NotUnderstood, Question, Reading, Understood
from ccmm_bot.i18n import matching, names
from ccmm_bot.i18n.labels import Labels
from ccmm_bot.i18n.normalise import fold, words
from ccmm_bot.i18n.reading_many import read_many
from ccmm_bot.i18n.vocabulary import vocabulary

_UP, _DOWN = "👍", "👎"
_POINT = re.compile(r"[(#]?\s*(\d{1,4})\s*[.)]?\s*(?:/\s*(\d{1,4}))?\s*[.!؟?።]*")
_MOST_DIGITS = 9  # whoever sends hundreds means none of the choices
_NOT_UNDERSTOOD = NotUnderstood(Note.NOT_UNDERSTOOD)


class ChoiceReader:
    """Reads answers to questions that show choices."""

    def __init__(self, labels: Labels, more_words: frozenset[str]) -> None:
        """``more_words``: "more languages" in every language, folded."""
        self._labels = labels
        self._more_words = more_words

    def read(self, text: str, question: Question, language: str | None) -> Reading:
        """The choice (or choices) ``text`` means."""
        written = words(text, language)
        if question.item.type is ItemType.SELECT_MANY:
            return read_many(self._labels, text, written, question, language)
        if question.item.type is ItemType.SCALE:
            return self._scale(text, written, question, language)
        found = self._one(written, question, language)
        if found is None and question.item.languages:
            found = self._language(text, question.choices)
        if question.item.type is ItemType.YES_NO:
            found = _with_thumb(text, found or _yes_no(written, question, language), question)
        if found is not None:
            return Understood(found)
        return NotUnderstood(Note.ONE_ONLY) if _several_numbers(written, len(question.choices)) else _NOT_UNDERSTOOD

    def _one(self, written: str, question: Question, language: str | None) -> str | None:
        ids = [choice.id for choice in question.choices]
        if written.isdecimal():
            return _at(ids, int(written)) if len(written) <= _MOST_DIGITS else None
        found = matching.exactly(self._labels, question.choices, written, language)
        if found is None and (number := _spelled(written, language)) is not None:
            found = _at(ids, number)
        if found is None:
            found = self._number_and_label(written, question.choices, language)
        if found is None and not question.exact:
            found = matching.nearly(self._labels, question.choices, written, language)
        return found

    def _number_and_label(self, written: str, choices: Sequence[Choice], language: str | None) -> str | None:
        """ "2. Housing", as copied from the list: only where number and words say the same."""
        first, _, rest = written.partition(" ")
        if not rest or not first.isdecimal() or not 1 <= int(first[:4]) <= len(choices):
            return None
        choice = choices[int(first[:4]) - 1]
        return choice.id if matching.exactly(self._labels, [choice], rest, language) is not None else None

    def _language(self, text: str, choices: Sequence[Choice]) -> str | None:
        if any(choice.id == prompts.MORE for choice in choices) and words(text, None) in self._more_words:
            return prompts.MORE
        return names.in_menu(text)

    def _scale(self, text: str, written: str, question: Question, language: str | None) -> Reading:
        points = {choice.id for choice in question.choices}
        number = None
        # One blank for several: the pattern would try every way to share a long row of them out.
        if match := _POINT.fullmatch(" ".join(fold(text, language).split())):
            number = int(match[1]) if match[2] is None or match[2] == str(question.item.maximum) else None
        elif (label := matching.exactly(self._labels, question.choices, written, language)) is not None:
            number = int(label)
        elif (spelled := _spelled(written, language)) is not None:
            number = spelled
        elif not question.exact and (near := matching.nearly(self._labels, question.choices, written, language)) is not None:
            number = int(near)
        if number is None:
            several = _several_numbers(written, question.item.maximum or len(points)) and "." not in text
            return NotUnderstood(Note.ONE_ONLY if several else Note.NUMBER_EXPECTED)
        return Understood(number) if str(number) in points else NotUnderstood(Note.OUT_OF_RANGE)


def _yes_no(written: str, question: Question, language: str | None) -> str | None:
    meaning = vocabulary(language).yes_no.get(written)
    return meaning if any(choice.id == meaning for choice in question.choices) else None


def _with_thumb(text: str, found: str | None, question: Question) -> str | None:
    """A thumb alone is an answer, but not to consent; a thumb that contradicts the words leaves no answer."""
    shown = thumb(text)
    if shown is None or shown == found:
        return found
    alone = found is None and not question.exact and not any(char.isalnum() for char in text)
    return shown if alone else None


def thumb(text: str) -> str | None:
    """ "yes" for 👍, "no" for 👎, in any skin; ``None`` where there is neither or both."""
    up, down = _UP in text, _DOWN in text
    if up == down:
        return None
    return "yes" if up else "no"


def _at(ids: Sequence[str], number: int) -> str | None:
    return ids[number - 1] if 1 <= number <= len(ids) else None


def _spelled(written: str, language: str | None) -> int | None:
    """A number in words, or a number after the word for "number"."""
    known = vocabulary(language)
    if (number := known.numbers.get(written)) is not None:
        return number
    before, _, last = written.rpartition(" ")
    if before in known.number_words:
        return int(last) if last.isdecimal() and len(last) <= 4 else known.numbers.get(last)
    return None


def _several_numbers(written: str, highest: int) -> bool:
    parts = written.split()
    return len(parts) > 1 and all(part.isdecimal() and len(part) <= 4 and 1 <= int(part) <= highest for part in parts)
