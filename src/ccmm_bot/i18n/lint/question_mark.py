"""A question ends like a question of its language: ؟ in Arabic script, ¿…? in Spanish; Ethiopic may have none."""

from __future__ import annotations

from collections.abc import Iterator

from ccmm_bot.i18n.languages import Script
from ccmm_bot.i18n.lint.entry import Entry, Rule, Severity


def _check(entry: Entry) -> Iterator[str]:
    if entry.is_word_list or "?" not in entry.source:
        return
    script, text = entry.language.script, entry.translation
    if script is Script.ARABIC and "؟" not in text:
        yield 'no question mark; write "؟"'
    elif script is not Script.ARABIC and script is not Script.ETHIOPIC and "?" not in text:
        yield 'no question mark; write "?"'
    elif entry.language.tag == "es" and text.count("¿") != text.count("?"):
        yield 'a Spanish question begins with "¿"'


RULE = Rule(code="L201", severity=Severity.WARNING, title=__doc__, check=_check)
