"""One way to say "you" throughout: vous, usted, ви and вы, شما, hûn, ئێوە, आप, ਤੁਸੀਂ; never the familiar form beside it."""

from __future__ import annotations

from collections.abc import Iterator

import regex

from ccmm_bot.i18n.checkers import SLOT
from ccmm_bot.i18n.lint.entry import Entry, Rule, Severity

_FAMILIAR: dict[str, str] = {
    "fr": r"tu|toi|ton|ta|tes|te|t['’]\w+",
    "es": r"tú|tu|tus|ti|contigo|te",
    "uk": r"ти|тебе|тобі|тобою|твій|твоя|твоє|твої",
    "ru": r"ты|тебя|тебе|тобой|твой|твоя|твоё|твое|твои",
    "fa": r"تو|ترا|تورا",
    "prs": r"تو|ترا|تورا",
    "ckb": r"تۆ",
    "kmr": r"tu|te",
    "hi": r"तू|तुम|तुम्हारा|तुम्हारी|तुम्हारे|तुम्हें|तेरा|तेरी|तेरे",
    "pa": r"ਤੂੰ|ਤੇਰਾ|ਤੇਰੀ|ਤੇਰੇ|ਤੈਨੂੰ",
}
_COMPILED = {
    tag: regex.compile(rf"(?<![\p{{L}}\p{{M}}])(?:{pattern})(?![\p{{L}}\p{{M}}])", regex.IGNORECASE)
    for tag, pattern in _FAMILIAR.items()
}


def _check(entry: Entry) -> Iterator[str]:
    pattern = _COMPILED.get(entry.language.tag)
    if pattern is None or entry.is_word_list:
        return
    found = dict.fromkeys(match[0] for match in pattern.finditer(SLOT.sub(" ", entry.translation)))
    if found:
        yield f"familiar address ({', '.join(found)}); use the polite form throughout"


RULE = Rule(code="L207", severity=Severity.WARNING, title=__doc__, check=_check)
