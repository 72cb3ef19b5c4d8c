"""A text is written in its language's script; placeholders, addresses, capitals (STOP, BC) and names aside."""

from __future__ import annotations

from collections.abc import Iterator

import regex

from ccmm_bot.i18n.lint.entry import Entry, Rule, Severity, prose

_LETTERS = regex.compile(r"[\p{L}\p{M}]+")


def _check(entry: Entry) -> Iterator[str]:
    if entry.is_word_list:
        return
    own = regex.compile(rf"[\p{{Script={entry.language.script.value}}}\p{{Script=Common}}\p{{Script=Inherited}}]+")
    foreign = [word for word in _LETTERS.findall(prose(entry.translation)) if not own.fullmatch(word)]
    if foreign:
        yield f"not in {entry.language.script.value} letters: {', '.join(dict.fromkeys(foreign))}"


RULE = Rule(code="L105", severity=Severity.ERROR, title=__doc__, check=_check)
