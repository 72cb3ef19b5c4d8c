"""Punctuation is that of the script: ، ؛ ؟ in Arabic, ። and ፣ in Ethiopic, । in Devanagari and Gurmukhi."""

from __future__ import annotations

from collections.abc import Iterator

import regex

from ccmm_bot.i18n.languages import Script
from ccmm_bot.i18n.lint.entry import Entry, Rule, Severity, prose

_LATIN_IN_ARABIC = {",": "،", ";": "؛", "?": "؟"}
_FULL_STOP = {Script.ETHIOPIC: "።", Script.DEVANAGARI: "।", Script.GURMUKHI: "।"}
_SENTENCE_END = regex.compile(r"[^\P{L}a-zA-Z]\p{M}*\.(?:\s|$)")
_ETHIOPIC_COMMA = regex.compile(r"\p{Script=Ethiopic},")
_TYPED_APART = ("፡፡", "::")  # two word separators, or two colons, for a full stop


def _check(entry: Entry) -> Iterator[str]:
    if entry.is_word_list:
        return
    text = prose(entry.translation)
    if entry.language.script is Script.ARABIC:
        for latin, own in _LATIN_IN_ARABIC.items():
            if regex.search(rf"\D{regex.escape(latin)}", text):
                yield f'Latin "{latin}"; write "{own}"'
    own_stop = _FULL_STOP.get(entry.language.script)
    if own_stop and _SENTENCE_END.search(text):
        yield f'a sentence ends with "."; write "{own_stop}"'

    if entry.language.script is Script.ETHIOPIC:
        if _ETHIOPIC_COMMA.search(text):
            yield 'Latin ","; write "፣"'
        for typed in _TYPED_APART:
            if typed in text:
                yield f'"{typed}"; write "።"'


RULE = Rule(code="L202", severity=Severity.WARNING, title=__doc__, check=_check)
