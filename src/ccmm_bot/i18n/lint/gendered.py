"""No address that fits men only or women only: rephrase, or use a form for both."""

from __future__ import annotations

from collections.abc import Iterator

import regex

from ccmm_bot.i18n.lint.entry import Entry, Rule, Severity

_BEFORE, _AFTER = r"(?<![\p{L}\p{M}'ʼ’])", r"(?![\p{L}\p{M}'ʼ’])"


def _words(*alternatives: str) -> str:
    return f"{_BEFORE}(?:{'|'.join(alternatives)}){_AFTER}"


# Forms that give the reader's sex away: imperatives, participles and past tenses of one gender, and singular "you" of one gender.
# First persons count too, for they stand in the answers a person chooses.
_PATTERNS: dict[str, str] = {
    "ar": _words(
        "أنتَ|أنتِ|أنت|عزيزي|عزيزتي",
        "[وف]?(?:اكتب|اكتبي|اختر|اختاري|اضغط|اضغطي|اتصل|اتصلي|أرسل|أرسلي|انتظر|انتظري|أجب|أجيبي|حدد|حددي|تحدث|تحدثي)",
        "أنا (?:راضٍ|راضي|راضية|موافق|موافقة|متزوج|متزوجة|سعيد|سعيدة)",
        "راضٍ|راضية|متأكد|متأكدة|مستعد|مستعدة",
    ),
    "uk": _words(
        "впевнений|впевнена|задоволений|задоволена|незадоволений|незадоволена|готовий|готова|згоден|згодна|одружений|заміжня",
        "хотів би|хотіла б|повинен|повинна|зобов'язаний|зобов'язана",
        r"я (?:не )?\p{L}{2,}(?:ив|ав|ув|ів|ила|ала|ула|іла)(?:ся)?",
    ),
    "ru": _words(
        "уверен|уверена|доволен|довольна|недоволен|недовольна|готов|готова|согласен|согласна|женат|замужем|должен|должна",
        "хотел бы|хотела бы",
        r"я (?:не )?\p{L}{2,}(?:ил|ал|ел|ила|ала|ела)(?:ся|сь)?",
    ),
    "hi": _words(
        r"आप(?: [\p{L}\p{M}]+){0,6}? [\p{L}\p{M}]+(?:ते|ती) (?:हैं|हो|थे|थीं)",
        r"आप(?: [\p{L}\p{M}]+){0,6}? [\p{L}\p{M}]+(?:ेंगे|ेंगी)",
        r"[\p{L}\p{M}]+(?:ता|ती) हूँ|[\p{L}\p{M}]+(?:ूँगा|ूँगी)",
    ),
    "pa": _words(r"[\p{L}\p{M}]+(?:ਦੇ|ਦੀ|ਦੀਆਂ) ਹੋ|[\p{L}\p{M}]+(?:ੋਗੇ|ੋਗੀ|ੋਗੀਆਂ)|[\p{L}\p{M}]+(?:ਦਾ|ਦੀ) ਹਾਂ|[\p{L}\p{M}]+(?:ਾਂਗਾ|ਾਂਗੀ)"),
    "ti": _words(r"ንስኻ|ንስኺ|ኢኻ|ኢኺ|ኣለኻ|ኣለኺ|ንዓኻ|ንዓኺ|ናትኪ|ዘለኪ|\p{L}{2,}ኻ|(?!ኣሜሪካ|ኣፍሪካ|አሜሪካ|አፍሪካ|ኣመሪካ)\p{L}{2,}ካ"),
    "am": _words(r"አንተ|አንቺ|(?!\p{L}*[መማ]ሻሻል)[\p{L}]+(?:ለህ|ለሽ|ሃል|ሻል|ሃለህ|ሻለሽ)"),  # not ማሻሻል, "to make better"
}
_COMPILED = {tag: regex.compile(pattern, regex.IGNORECASE) for tag, pattern in _PATTERNS.items()}


def _check(entry: Entry) -> Iterator[str]:
    pattern = _COMPILED.get(entry.language.tag)
    if pattern is None or entry.is_word_list:
        return
    for found in dict.fromkeys(match[0] for match in pattern.finditer(entry.translation)):
        yield f'"{found}" addresses one gender; rephrase'


RULE = Rule(code="L206", severity=Severity.WARNING, title=__doc__, check=_check)
