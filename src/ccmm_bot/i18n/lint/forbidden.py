"""No letters that another language of the same script writes: they look alike and are not."""

from __future__ import annotations

from collections.abc import Iterator

from ccmm_bot.i18n.lint.entry import Entry, Rule, Severity

_PERSIAN = {"ي": "ی", "ك": "ک", "ى": "ی", "ة": "ه"}
_PASHTO = {"ټ": "ت", "ډ": "د", "ړ": "ر", "ږ": "ژ", "ښ": "ش", "ګ": "گ", "ڼ": "ن", "ې": "ی", "ۍ": "ی"}
_URDU = {"ٹ": "ت", "ڈ": "د", "ڑ": "ر", "ے": "ی", "ں": "ن"}
_FORBIDDEN: dict[str, dict[str, str]] = {
    "fa": _PERSIAN | _PASHTO | _URDU,
    "prs": _PERSIAN | _PASHTO | _URDU,
    "ckb": {"ي": "ی", "ك": "ک", "ى": "ی", "ة": "ە"},
    "ps": {"ك": "ک", "ى": "ی"} | _URDU,
    "ar": {"پ": "ب", "چ": "ج", "ژ": "ز", "گ": "ك", "ی": "ي", "ک": "ك"},
    "uk": {"ы": "и", "э": "е", "ъ": "'", "ё": "йо"},
    "ru": {"і": "и", "ї": "и", "є": "е", "ґ": "г"},
    "kmr": {"ı": "i", "ğ": "x", "ö": "o", "ü": "û"},
}


def _check(entry: Entry) -> Iterator[str]:
    if entry.is_word_list:
        return  # what people type with whatever keyboard they have
    for letter, instead in _FORBIDDEN.get(entry.language.tag, {}).items():
        if letter in entry.translation.lower():
            yield f'"{letter}" (U+{ord(letter):04X}) is not a letter of {entry.language.english_name}; write "{instead}"'


RULE = Rule(code="L106", severity=Severity.ERROR, title=__doc__, check=_check)
