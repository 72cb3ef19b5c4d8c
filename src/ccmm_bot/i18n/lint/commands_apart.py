"""A command word means one command, and neither yes, no nor a number."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ccmm_bot.i18n.lint.entry import CatalogueRule, Entry, Severity
from ccmm_bot.i18n.normalise import words
from ccmm_bot.i18n.vocabulary import vocabulary

_LIST = re.compile(r"[,،፣、]")


def _check(entries: tuple[Entry, ...]) -> Iterator[tuple[Entry, str]]:
    seen: dict[str, Entry] = {}
    for entry in entries:
        if not entry.is_word_list or not entry.translation or entry.fuzzy:
            continue
        known = vocabulary(entry.language.tag)
        for word in _LIST.split(entry.translation):
            folded = words(word, entry.language.tag)
            first = seen.setdefault(folded, entry)
            if first is not entry:
                yield entry, f'"{word.strip()}" is already {first.key} (line {first.line})'
            if folded in known.yes_no or folded in known.numbers or folded.isdecimal():
                yield entry, f'"{word.strip()}" is an answer: nobody could give it any more'


RULE = CatalogueRule(code="L114", severity=Severity.ERROR, title=__doc__, check=_check)
