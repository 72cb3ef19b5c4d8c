"""A copy of what a person typed, made for matching only; what she typed is stored as she typed it.

The order matters: compatibility forms first (full-width and circled digits, Arabic presentation forms), Ethiopic numerals before
digits (they add up), then case, invisible characters, marks, and the letters that one language writes in several ways. Marks are
dropped on Arabic and Latin letters only: without them हाँ, ї and й would become other words.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache

from ccmm_bot.i18n import ethiopic

_ZWNJ, _ZWSP = "\u200c", "\u200b"
_TATWEEL = "ـ"
_APOSTROPHES = "'’‘ʼ`´ʻ׳"
_KEYCAP_TEN = "\U0001f51f"
_FRACTION = "⁄"
_REMEMBERED = 4096  # characters a table keeps: all that our languages write, and no more however strange the messages are
_SMALL_DIGITS = re.compile("[²³¹⁰⁴-⁹₀-₉]")  # 10² is not 102

# One letter, several ways to write it (and several keyboards to write it with).
_ARABIC_LETTERS = {
    "ي": "ی",
    "ى": "ی",
    "ئ": "ی",
    "ے": "ی",
    "ك": "ک",
    "ڪ": "ک",
    "ة": "ه",
    "ۃ": "ه",
    "ە": "ه",
    "ہ": "ه",
    "ھ": "ه",
    "ۀ": "ه",
}
_ARABIC_LETTERS |= {"ؤ": "و", "أ": "ا", "إ": "ا", "آ": "ا", "ٱ": "ا", "ء": ""}


def _pairs(written: str, folded: str) -> dict[str, str]:
    return dict(zip(written, folded, strict=True))


def _rows(written: int, folded: int) -> dict[str, str]:
    """One row of the Ethiopic syllabary (seven orders of a consonant) onto another."""
    return {chr(written + order): chr(folded + order) for order in range(8)}


# Gutturals: the first order is read like the fourth, and the two Tigrinya spellings (Asmara ኣ, Addis Ababa አ) differ in it.
_GUTTURALS = {"ሀ": "ሃ", "ሐ": "ሓ", "አ": "ኣ", "ዐ": "ዓ", "ኀ": "ኃ", "ኸ": "ኻ"}
_TIGRINYA = (
    _rows(0x1220, 0x1230) | _rows(0x1340, 0x1338) | _rows(0x1280, 0x1210) | {"ሐ": "ሓ", "ኀ": "ሓ", "ሀ": "ሃ", "አ": "ኣ", "ዐ": "ዓ"}
)
_AMHARIC = (
    _rows(0x1220, 0x1230)
    | _rows(0x1340, 0x1338)
    | _rows(0x1210, 0x1200)
    | _rows(0x1280, 0x1200)
    | _rows(0x12D0, 0x12A0)
    | {"ሀ": "ሃ", "ሐ": "ሃ", "ሓ": "ሃ", "ኀ": "ሃ", "ኃ": "ሃ", "አ": "ኣ", "ዐ": "ኣ", "ዓ": "ኣ"}
)

_LANGUAGE_LETTERS: dict[str, dict[str, str]] = {
    "ps": _pairs("ېۍګ", "ییگ"),
    "ckb": _pairs("ێۆڵڕڤ", "یولرف"),
    "ti": _TIGRINYA,
    "am": _AMHARIC,
    "hi": {"ँ": "ं", "़": ""},
    "pa": {"ੰ": "ਂ", "ਁ": "ਂ", "ੱ": "", "਼": ""},
    "ru": {"ё": "е"},
    "uk": {"ґ": "г"},
}
# For what is looked for in all languages at once: whatever one of them folds is folded.
_LANGUAGE_LETTERS["*"] = {written: folded for letters in _LANGUAGE_LETTERS.values() for written, folded in letters.items()}


def _is_latin_or_arabic(char: str) -> bool:
    return char < "\u0250" or "\u1e00" <= char <= "\u1eff" or "\u0600" <= char <= "\u08ff"


class _Fold(dict[int, str]):
    """A table for ``str.translate`` that works out each character once."""

    def __init__(self, language: str | None, *, words: bool) -> None:
        super().__init__()
        self._letters = _ARABIC_LETTERS | _LANGUAGE_LETTERS.get(language or "", {})
        self._words = words

    def __missing__(self, codepoint: int) -> str:
        folded = self._fold(chr(codepoint))
        if len(self) < _REMEMBERED:
            self[codepoint] = folded
        return folded

    def _fold(self, char: str) -> str:
        if char in self._letters:
            return self._letters[char]
        category = unicodedata.category(char)
        decimal = unicodedata.decimal(char, None)
        if decimal is not None:
            return str(decimal)
        if category in ("Cc", "Zs", "Zl", "Zp") or char in (_ZWNJ, _ZWSP):
            return " "
        if category in ("Cf", "Me", "Cs", "Co", "Cn") or char == _TATWEEL or "\ufe00" <= char <= "\ufe0f":
            return ""
        if category == "Mn" and ("\u0300" <= char <= "\u036f" or "\u0600" <= char <= "\u08ff" or "\u135d" <= char <= "\u135f"):
            return ""
        if category == "No" and (digit := unicodedata.numeric(char)).is_integer():
            return f" {int(digit)} "  # ❶ and its like, which have no compatibility form
        if _is_latin_or_arabic(char):
            base = unicodedata.normalize("NFD", char)[0]
            char = self._letters.get(base, base)
        if self._words and char in _APOSTROPHES:
            return ""  # some of them count as letters: the Ukrainian ʼ
        if self._words and category[0] in "PS" and char != _FRACTION:
            return " "
        return char


@cache
def _table(language: str | None, *, words: bool) -> _Fold:
    return _Fold(language, words=words)


def fold(text: str, language: str | None) -> str:
    """``text`` with digits in ASCII and letters folded; punctuation stays. For numbers, dates and telephone numbers."""
    return _folded(text, language, words=False).strip()


def words(text: str, language: str | None) -> str:
    """The words of ``text``, folded, one space between them, without punctuation or symbols. What two equal answers share."""
    if text.isascii() and text.isalnum():
        return text.lower()
    return " ".join(_folded(text, language, words=True).split())


def _folded(text: str, language: str | None, *, words: bool) -> str:
    if not text.isascii():
        if _KEYCAP_TEN in text:
            text = text.replace(_KEYCAP_TEN, "10")
        if language == "ckb":
            text = text.replace("ه" + _ZWNJ, "ه")  # the older way to write ە
        text = unicodedata.normalize("NFKC", _SMALL_DIGITS.sub(_FRACTION, text))
        if ethiopic.RUN.search(text):
            text = ethiopic.to_ascii(text)
    return text.casefold().translate(_table(language, words=words))


def squeezed(folded: str) -> str:
    """Without its spaces: many write a compound apart, together, or with an invisible joiner."""
    return folded.replace(" ", "")
