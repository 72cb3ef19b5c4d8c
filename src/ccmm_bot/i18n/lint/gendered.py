"""No address that fits men only or women only: rephrase, or use a form for both."""

from __future__ import annotations

from collections.abc import Iterator

import regex

from ccmm_bot.i18n.lint.entry import Entry, Rule, Severity

# Forms that give the reader's sex away: past tenses, participles and singular "you" of one gender.
_PATTERNS: dict[str, str] = {
    "ar": r"\b(أنتَ|أنتِ|عزيزي|عزيزتي|هل أنت (?:مستعد|متأكد|راض|سعيد|متزوج)|متأكد|متأكدة|مستعد|مستعدة|راضٍ|راضية)\b",
    "uk": r"\b(впевнений|впевнена|задоволений|задоволена|готовий|готова|згоден|згодна|одружений|хотів би|хотіла б)\b",
    "hi": r"\b(?:आप \w+ )?(?:चाहते|सकते|करते|रहते|चाहती|सकती|करती|रहती) हैं",
    "pa": r"(?:ਚਾਹੁੰਦੇ|ਸਕਦੇ|ਕਰਦੇ|ਰਹਿੰਦੇ|ਚਾਹੁੰਦੀ|ਸਕਦੀ|ਕਰਦੀ|ਰਹਿੰਦੀ) (?:ਹੋ|ਹਨ)",
    "ti": r"(?<!\p{L})(ንስኻ|ንስኺ|ትኽእል ኢኻ|ትኽእሊ ኢኺ|ኢኻ|ኢኺ|ኣለኻ|ኣለኺ)(?!\p{L})",
}
_COMPILED = {tag: regex.compile(pattern, regex.IGNORECASE) for tag, pattern in _PATTERNS.items()}


def _check(entry: Entry) -> Iterator[str]:
    pattern = _COMPILED.get(entry.language.tag)
    if pattern is None or entry.is_word_list:
        return
    for match in pattern.finditer(entry.translation):
        yield f'"{match[0]}" addresses one gender; rephrase'


RULE = Rule(code="L206", severity=Severity.WARNING, title=__doc__, check=_check)
