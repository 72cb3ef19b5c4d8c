"""Keeping what must not change out of a model's hands: placeholders, numbers, telephone numbers, addresses of every kind.

Each is replaced by a word that means nothing in any language. Where the model gives every such word back exactly once, the
originals are put in their places; where it does not, the text between them is translated piece by piece, and they stand where
they stood. Either way what comes out holds each of them as it was written.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Final

from ccmm_bot.translation.sentences import sentences

_STREET: Final = (
    r"(?:street|st|avenue|ave|road|rd|drive|dr|boulevard|blvd|way|crescent|cres|place|pl|lane|ln|court|ct|highway|hwy|square|sq)"
)
_KEPT: Final = re.compile(
    "|".join(
        (
            r"\{\w+\}",
            r"(?:https?://|www\.)\S*[^\s.,;:!?)\]»\"'؟،]",
            r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+",
            r"(?:\d+[A-Za-z]?\s*-\s*)?\d+[A-Za-z]?(?:\s+[A-Z0-9][\w'’-]*){1,4}?\s+" + f"(?i:{_STREET})" + r"\b\.?",
            r"\b[A-Za-z]\d[A-Za-z][ -]?\d[A-Za-z]\d\b",  # a Canadian postal code
            r"[+(]*\d(?:[\d\s().,:/٫٬-]*\d)?\)?",
            r"[\u1369-\u137c]+",  # Ethiopic numerals
        )
    )
)
_LETTERS: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def translate_around(text: str, say: Callable[[str], str]) -> str:
    """``text`` with every sentence put through ``say``, line by line, and everything that must not change left as it is."""
    return "\n".join(" ".join(_sentence(each, say) for each in sentences(line)) for line in text.split("\n"))


def kept(text: str) -> list[str]:
    """What must not change, in order."""
    return [match.group() for match in _KEPT.finditer(text)]


def _sentence(sentence: str, say: Callable[[str], str]) -> str:
    fixed = kept(sentence)
    if not fixed:
        return say(sentence)
    words = _words(sentence, len(fixed))
    if words is not None:
        handed = iter(words)
        said = say(_KEPT.sub(lambda _match: next(handed), sentence))
        if all(said.count(word) == 1 for word in words):
            for word, original in zip(words, fixed, strict=True):
                said = said.replace(word, original)
            return said
    return "".join(_piece(piece, say) for piece in _pieces(sentence))


def _words(sentence: str, count: int) -> list[str] | None:
    """As many words that mean nothing and are not in the sentence; ``None`` where there are not enough."""
    words = [f"QX{letter}" for letter in _LETTERS if f"QX{letter}" not in sentence]
    return words[:count] if len(words) >= count else None


def _pieces(sentence: str) -> Iterator[tuple[str, bool]]:
    end = 0
    for match in _KEPT.finditer(sentence):
        yield sentence[end : match.start()], False
        yield match.group(), True
        end = match.end()
    yield sentence[end:], False


def _piece(piece: tuple[str, bool], say: Callable[[str], str]) -> str:
    text, fixed = piece
    if fixed or not any(letter.isalpha() for letter in text):
        return text
    before, after = text[: len(text) - len(text.lstrip())], text[len(text.rstrip()) :]
    return before + say(text.strip()) + after
