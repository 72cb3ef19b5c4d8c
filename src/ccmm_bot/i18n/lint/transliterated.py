"""No word of the language in Latin letters: what stands in Latin capitals (STOP, BC) stands so in the English text too."""

from __future__ import annotations

from collections.abc import Iterator

import regex

from ccmm_bot.i18n.checkers import SLOT
from ccmm_bot.i18n.languages import Script
from ccmm_bot.i18n.lint.entry import NAMES, Entry, Rule, Severity

_CAPITALS = regex.compile(r"\b[A-Z]{2,}\b")
_NOT_TEXT = regex.compile(r"\S+@\S+|https?://\S+|www\.\S+|t\.me/\S+")
#: Known by these letters whatever language is spoken.
_KNOWN = frozenset({"BC", "SMS", "STOP", "START", "CV", "ID", "PR", "UBC"})


def _check(entry: Entry) -> Iterator[str]:
    if entry.is_word_list or entry.language.script is Script.LATIN:
        return
    text = _NOT_TEXT.sub(" ", SLOT.sub(" ", entry.translation))
    for name in NAMES:
        text = text.replace(name, " ")
    for word in dict.fromkeys(_CAPITALS.findall(text)):
        if word not in _KNOWN and word not in entry.source:
            yield f'"{word}" is in Latin letters and not in the English text; write it in {entry.language.script.value} letters'


RULE = Rule(code="L209", severity=Severity.WARNING, title=__doc__, check=_check)
