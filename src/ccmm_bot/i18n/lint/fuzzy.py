"""No fuzzy translations in a release: their English text has changed since they were made."""

from __future__ import annotations

from collections.abc import Iterator

from ccmm_bot.i18n.lint.entry import Entry, Rule, Severity


def _check(entry: Entry) -> Iterator[str]:
    if entry.fuzzy:
        yield "fuzzy, so it is not used; read it against the English text, correct it, and remove the mark"


RULE = Rule(code="L110", severity=Severity.ERROR, title=__doc__, check=_check, fuzzy_too=True)
