"""One way to say "you" throughout: vous in French, usted in Spanish, ви and вы with the polite verb."""

from __future__ import annotations

from collections.abc import Iterator

import regex

from ccmm_bot.i18n.lint.entry import Entry, Rule, Severity

_FAMILIAR: dict[str, str] = {
    "fr": r"\b(?:tu|toi|ton|ta|tes|te|t['’]\w+)\b",
    "es": r"\b(?:tú|tu|tus|ti|contigo|te)\b",
    "uk": r"\b(?:ти|тебе|тобі|тобою|твій|твоя|твоє|твої)\b",
    "ru": r"\b(?:ты|тебя|тебе|тобой|твой|твоя|твоё|твои)\b",
}
_COMPILED = {tag: regex.compile(pattern, regex.IGNORECASE) for tag, pattern in _FAMILIAR.items()}


def _check(entry: Entry) -> Iterator[str]:
    pattern = _COMPILED.get(entry.language.tag)
    if pattern is None or entry.is_word_list:
        return
    found = dict.fromkeys(match[0] for match in pattern.finditer(entry.translation))
    if found:
        yield f"familiar address ({', '.join(found)}); use the polite form throughout"


RULE = Rule(code="L207", severity=Severity.WARNING, title=__doc__, check=_check)
