"""A translation is not the English text again."""

from __future__ import annotations

from collections.abc import Iterator

from ccmm_bot.i18n.languages import Script
from ccmm_bot.i18n.lint.entry import Entry, Rule, Severity, prose
from ccmm_bot.i18n.normalise import words


def _check(entry: Entry) -> Iterator[str]:
    if words(entry.translation, None) != words(entry.source, None):
        return
    left = words(prose(entry.source), None).split()
    # "Menu" and "agent" are French as well; whole phrases are not.
    if left and (len(left) > 1 or entry.language.script is not Script.LATIN):
        yield "the English text again; translate it, or leave it empty"


RULE = Rule(code="L109", severity=Severity.ERROR, title=__doc__, check=_check)
