"""Punctuation is that of the script: ، ؛ ؟ in Arabic, ። in Ethiopic, । in Devanagari and Gurmukhi."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ccmm_bot.i18n.languages import Script
from ccmm_bot.i18n.lint.entry import Entry, Rule, Severity, prose

_LATIN_IN_ARABIC = {",": "،", ";": "؛", "?": "؟"}
_FULL_STOP = {Script.ETHIOPIC: "።", Script.DEVANAGARI: "।", Script.GURMUKHI: "।"}
_SENTENCE_END = re.compile(r"\w\.(?:\s|$)")


def _check(entry: Entry) -> Iterator[str]:
    if entry.is_word_list:
        return
    text = prose(entry.translation)
    if entry.language.script is Script.ARABIC:
        for latin, own in _LATIN_IN_ARABIC.items():
            if re.search(rf"\D{re.escape(latin)}", text):
                yield f'Latin "{latin}"; write "{own}"'
    own_stop = _FULL_STOP.get(entry.language.script)
    if own_stop and any(not match[0][0].isascii() for match in _SENTENCE_END.finditer(text)):
        yield f'a sentence ends with "."; write "{own_stop}"'


RULE = Rule(code="L202", severity=Severity.WARNING, title=__doc__, check=_check)
