"""Which messages are worth translating, and from which language."""

from __future__ import annotations

from typing import Final

from ccmm_bot.i18n.guess import likely_languages

#: A choice, a number, "yes": their meaning is in the answer already.
_FEWEST_LETTERS: Final = 6
_FEWEST_WORDS: Final = 2


def is_worth(text: str) -> bool:
    """Whether it is free text: more than a choice, a number or a single short word."""
    words = [word for word in text.split() if any(letter.isalpha() for letter in word)]
    return sum(letter.isalpha() for letter in text) >= _FEWEST_LETTERS and len(words) >= _FEWEST_WORDS


def source_of(text: str, chosen: str | None) -> str | None:
    """The language to read it as: the one the person chose, unless it cannot be in that script; ``None`` where nothing is known."""
    likely = likely_languages(text)
    if chosen is None:
        return likely[0] if likely else None
    # The list is never cut short for a script other than Latin, which half the world also types its own language in.
    other_script = bool(likely) and chosen not in likely and not _is_latin(text)
    return likely[0] if other_script else chosen


def _is_latin(text: str) -> bool:
    letters = [letter for letter in text if letter.isalpha()]
    return sum(letter < "\u0250" for letter in letters) * 2 >= len(letters)
