"""Terms are translated as agreed in ``locales/glossary.csv``."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ccmm_bot.i18n.checkers import SLOT
from ccmm_bot.i18n.languages import Language, Script
from ccmm_bot.i18n.lint.entry import Entry, Rule, Severity
from ccmm_bot.i18n.normalise import words

_STEM = 4  # letters: endings change
_ETHIOPIC_ROWS = {code: code & ~7 for code in range(0x1200, 0x1360)}  # a consonant whatever its vowel, for vowels change too
_ETHIOPIC_STEM = 3
_ARABIC_ARTICLE = "ال"
#: "a need" is a term, "you need" is a verb.
_NO_VERB = "".join(
    f"(?<!\\b{word} )" for word in ("you", "to", "we", "they", "i", "please", "can", "not", "or", "will", "still", "do", "may")
)


def _stems(agreed: str, language: Language) -> list[str]:
    size = _ETHIOPIC_STEM if language.script is Script.ETHIOPIC else _STEM
    return [word[:size] for word in _plain(agreed, language).split()]


def _plain(text: str, language: Language) -> str:
    plain = " ".join(word.removeprefix(_ARABIC_ARTICLE) for word in words(text, language.tag).split())
    return plain.translate(_ETHIOPIC_ROWS)


def _check(entry: Entry) -> Iterator[str]:
    if entry.is_word_list:
        return
    source = SLOT.sub(" ", entry.source)  # {menu} is not the word "menu"
    text = _plain(SLOT.sub(" ", entry.translation), entry.language)
    for term, agreed in entry.glossary:
        used = re.search(rf"{_NO_VERB}\b{re.escape(term)}\b", source, re.IGNORECASE)
        ways = agreed.split("|")
        if used and not any(all(stem in text for stem in _stems(way, entry.language)) for way in ways):
            allowed = '" or "'.join(ways)
            yield f'"{term}" is agreed to be "{allowed}"'


RULE = Rule(code="L204", severity=Severity.WARNING, title=__doc__, check=_check)
