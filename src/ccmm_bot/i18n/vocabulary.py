"""What people write for yes, no and the small numbers, language by language (``words/<tag>.toml``).

Never one table for all: "na" is *no* in Kurmanji and Persian and *and* in Swahili; هو is *yes* in Pashto and *he* in Arabic. A
person is read in the conversation's language first, then in English and French.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources

from ccmm_bot.i18n.languages import language as known
from ccmm_bot.i18n.normalise import words

ALSO_UNDERSTOOD = ("en", "fr")  # the official languages, whatever the conversation's language is


@dataclass(frozen=True, slots=True, kw_only=True)
class Vocabulary:
    """Whole messages and single words of a language (and of English and French behind it), folded for matching."""

    yes_no: Mapping[str, str]  # folded words → "yes" | "no"
    numbers: Mapping[str, int]  # folded words → 0 to 20
    joiners: frozenset[str]  # "and"
    number_words: frozenset[str]  # "number", "answer": may stand before a number
    longest_number: int  # in words


def chain(language: str | None) -> tuple[str, ...]:
    """The languages a person is read in, in order."""
    own = () if language is None else (language,)
    return tuple(dict.fromkeys((*own, *ALSO_UNDERSTOOD)))


@cache
def vocabulary(language: str | None) -> Vocabulary:
    """The words a conversation in ``language`` is read with; before a language is chosen, English and French.

    :raises UnknownLanguage: not one of our tags.
    """
    yes_no: dict[str, str] = {}
    numbers: dict[str, int] = {}
    joiners: set[str] = set()
    before: set[str] = set()
    for tag in chain(language):
        data = raw(tag)
        for meaning in ("yes", "no"):
            for word in _folded(data[meaning], tag):
                yes_no.setdefault(word, meaning)
        for value, ways in enumerate(data["numbers"]):
            for word in _folded(filter(None, ways.split("|")), tag):
                numbers.setdefault(word, value)
        joiners |= _folded(data["and"], tag)
        before |= _folded(data["number"], tag)
    # A word that also says yes or no is nobody's number.
    numbers = {word: value for word, value in numbers.items() if word not in yes_no}
    return Vocabulary(
        yes_no=yes_no,
        numbers=numbers,
        joiners=frozenset(joiners),
        number_words=frozenset(before),
        longest_number=max(word.count(" ") + 1 for word in numbers),
    )


@cache
def raw(tag: str) -> Mapping[str, list[str]]:
    """The file ``words/<tag>.toml`` as it is written."""
    file = resources.files("ccmm_bot.i18n") / "words" / f"{known(tag).tag}.toml"
    return tomllib.loads(file.read_text(encoding="utf-8"))


def _folded(entries: Iterable[str], tag: str) -> set[str]:
    return {words(entry, tag) for entry in entries}
