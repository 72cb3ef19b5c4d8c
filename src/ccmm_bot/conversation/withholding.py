"""No number that nobody has confirmed: sentences with such a help line are left out of what people are told.

A text loses the sentences that give an unconfirmed number, and what is said of it right after; other numbers stay. What has lost
every number is followed by the one that is always right, 911: nobody who asks for help is left without any.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from functools import cache
from typing import Final

from ccmm_bot.conversation.help_lines import HelpLine
from ccmm_bot.dialogue.effects import Effect, Say
from ccmm_bot.store.hot.work import Query, Rows, Work

#: Sentences end like this in our scripts.
_END: Final = re.compile(r"(?<=[.!?؟۔።।])\s+")
#: A number to call: 911, or groups of digits with hyphens between, as the data file writes every other one.
_NUMBER: Final = re.compile(r"(?<![\d-])(?:911|\d+(?:-\d+)+)(?![\d-])")


class Withholding:
    """The help lines that wait for a confirmation, and what has to be left out for an agency that has not given it."""

    def __init__(self, lines: Iterable[HelpLine] = ()) -> None:
        self._waiting = tuple(line for line in lines if line.unverified)
        self._named = cache(self._naming)

    def phones(self, effects: Sequence[Effect], agency_id: str) -> Work[frozenset[str]]:
        """The numbers the effects must not give. The store is asked only where one of them is about to be given."""
        wanted = {line.id: line for effect in effects if isinstance(effect, Say) for line in self._named(effect.text.source)}
        if not wanted:
            return frozenset()
        rows: Rows = yield Query("SELECT line, hash FROM help_line_confirmation WHERE agency_id = ?", (agency_id,))
        confirmed = {(row[0], row[1]) for row in rows}
        return frozenset(line.phone for line in wanted.values() if (line.id, line.hash) not in confirmed)

    def _naming(self, source: str) -> tuple[HelpLine, ...]:
        return tuple(line for line in self._waiting if _gives(source, line.phone))


def without(text: str, phones: frozenset[str]) -> str:
    """The text without the sentences that give one of the numbers; a sentence that gives none goes with the one before it."""
    if not any(_gives(text, phone) for phone in phones):
        return text
    kept: list[str] = []
    dropping = False
    for sentence in sentences(text):
        if any(_gives(sentence, phone) for phone in phones):
            dropping = True
        elif gives_number(sentence):
            dropping = False
        if not dropping:
            kept.append(sentence)
    return " ".join(kept)


def sentences(text: str) -> list[str]:
    """The sentences of a text, in any of our scripts."""
    return _END.split(text)


def gives_number(text: str) -> bool:
    """Whether somebody who reads it knows a number to call."""
    return _NUMBER.search(_western(text)) is not None


def _gives(text: str, phone: str) -> bool:
    return re.search(rf"(?<![\d-]){re.escape(phone)}(?![\d-])", _western(text)) is not None


def _western(text: str) -> str:
    """With the digits 0 to 9, whatever digits it was written in."""
    return "".join(str(unicodedata.decimal(sign, sign)) for sign in text)
