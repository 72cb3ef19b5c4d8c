"""Letters are in composed form (Unicode NFC), else the same word is two different ones."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

from ccmm_bot.i18n.lint.entry import Entry, Rule, Severity


def _check(entry: Entry) -> Iterator[str]:
    if unicodedata.normalize("NFC", entry.translation) != entry.translation:
        yield "not in composed form (NFC); type the letters with accents anew"


RULE = Rule(code="L108", severity=Severity.ERROR, title=__doc__, check=_check)
