"""Numbers are those of the English text, in any digits."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from ccmm_bot.i18n.checkers import SLOT
from ccmm_bot.i18n.lint.entry import Entry, Rule, Severity
from ccmm_bot.i18n.normalise import fold

_NUMBER = re.compile(r"\d+")


def _numbers(text: str, language: str) -> Counter[str]:
    return Counter(_NUMBER.findall(fold(SLOT.sub(" ", text), language)))


def _check(entry: Entry) -> Iterator[str]:
    if entry.is_word_list:
        return
    wanted, found = _numbers(entry.source, "en"), _numbers(entry.translation, entry.language.tag)
    for number in wanted - found:
        yield f"the number {number} is missing or spelled out; write the digits"
    for number in found - wanted:
        yield f"the number {number} is not in the English text"


RULE = Rule(code="L102", severity=Severity.ERROR, title=__doc__, check=_check)
