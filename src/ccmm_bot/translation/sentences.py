"""Cutting a text into sentences by their marks, in every script we have: what the library would otherwise download a model for."""

from __future__ import annotations

import re

#: Longer than this is cut between words: a model reads so much at once and drops the rest without a word.
LONGEST = 300

# Latin and Cyrillic . ! ?, Arabic ؟ and ۔, the Indic danda, Ethiopic ። and ፧; a full stop inside a number or an address is none.
_END = re.compile(r"(?<=[.!?؟۔।॥።፧…])(?=\s)")


def sentences(text: str) -> list[str]:
    """The sentences of one line, without the spaces between them. Nothing is lost but those."""
    found = [each.strip() for each in _END.split(text)]
    return [part for each in found if each for part in _short(each)]


def _short(sentence: str) -> list[str]:
    parts: list[str] = []
    while len(sentence) > LONGEST:
        cut = sentence.rfind(" ", 1, LONGEST)
        cut = LONGEST if cut < 0 else cut
        parts.append(sentence[:cut].strip())
        sentence = sentence[cut:].strip()
    return [*parts, sentence]
