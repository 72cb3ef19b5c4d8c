"""No direction marks, byte order marks, soft hyphens or control characters; joiners only where the script has them."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

from ccmm_bot.i18n.languages import Script
from ccmm_bot.i18n.lint.entry import Entry, Rule, Severity

_JOINERS = {"\u200c", "\u200d"}
_JOINING = {Script.ARABIC, Script.DEVANAGARI, Script.GURMUKHI}


def _check(entry: Entry) -> Iterator[str]:
    allowed = {"\n"} | (_JOINERS if entry.language.script in _JOINING else set())
    found = {char for char in entry.translation if unicodedata.category(char) in ("Cc", "Cf") and char not in allowed}
    for char in sorted(found):
        yield f"invisible character U+{ord(char):04X} {unicodedata.name(char, '(control)')}; remove it"


RULE = Rule(code="L107", severity=Severity.ERROR, title=__doc__, check=_check)
