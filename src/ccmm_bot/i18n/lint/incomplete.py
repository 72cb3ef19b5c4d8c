"""A catalogue that has been begun has every text; until then the dialogues with gaps are not offered in its language."""

from __future__ import annotations

from collections.abc import Iterator

from ccmm_bot.i18n.lint.entry import Entry, Rule, Severity


def _check(entry: Entry) -> Iterator[str]:
    if not entry.translation:
        yield f'no translation of "{entry.key}"'


RULE = Rule(code="L208", severity=Severity.WARNING, title=__doc__, check=_check, fuzzy_too=True)
