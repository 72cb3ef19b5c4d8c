"""Sorani is written with its own alphabet: every vowel has a letter, and Arabic's extra consonants are not among them."""

from __future__ import annotations

from collections.abc import Iterator

import regex

from ccmm_bot.i18n.lint.entry import Entry, Rule, Severity, prose

_INSTEAD = {"ث": "س", "ذ": "ز", "ص": "س", "ض": "ز", "ط": "ت", "ظ": "ز", "آ": "ئا", "أ": "ئە", "إ": "ئی"}
#: Short vowels are written in Sorani and not in Persian: a sentence without a single ە is no Sorani sentence.
_LETTERS = regex.compile(r"\p{Script=Arabic}")
_ENOUGH_TO_TELL = 25


def _check(entry: Entry) -> Iterator[str]:
    if entry.language.tag != "ckb" or entry.is_word_list:
        return
    for letter, instead in _INSTEAD.items():
        if letter in entry.translation:
            yield f'"{letter}" is not written in Sorani; write "{instead}"'
    text = prose(entry.translation)
    if len(_LETTERS.findall(text)) >= _ENOUGH_TO_TELL and not {"ە", "ێ", "ۆ"} & set(text):
        yield "no Sorani vowel letters (ە ێ ۆ); is this another language?"


RULE = Rule(code="L210", severity=Severity.WARNING, title=__doc__, check=_check)
