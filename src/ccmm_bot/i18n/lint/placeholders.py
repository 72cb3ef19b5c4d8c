"""Placeholders and braces are those of the English text."""

from __future__ import annotations

from collections.abc import Iterator

from ccmm_bot.i18n.checkers import slots, stray_braces
from ccmm_bot.i18n.lint.entry import Entry, Rule, Severity


def _check(entry: Entry) -> Iterator[str]:
    wanted, found = set(slots(entry.source)), set(slots(entry.translation))
    for name in sorted(wanted - found):
        yield f"{{{name}}} is missing; copy it as it is"
    for name in sorted(found - wanted):
        yield f"{{{name}}} is not in the English text; remove it"
    if stray_braces(entry.translation):
        yield "a brace belongs to no placeholder; remove it"


RULE = Rule(code="L101", severity=Severity.ERROR, title=__doc__, check=_check)
