"""Reading an answer that has no choices: a number, a date, a telephone number, a place, a text."""

from __future__ import annotations

import re

from ccmm_bot.dialogue.effects import Note
from ccmm_bot.dialogue.model import Item, ItemType
from ccmm_bot.dialogue.reading import NotUnderstood, Reading, Understood
from ccmm_bot.i18n.dates import read_date
from ccmm_bot.i18n.normalise import fold, words
from ccmm_bot.i18n.places import read_place
from ccmm_bot.i18n.vocabulary import vocabulary

_WHOLE = re.compile(r"([+-]?)\s*(\d{1,9}|\d{1,3}(?:[,٬ ]\d{3}){1,2})\s*[.!؟?።،]*")
_GROUPING = str.maketrans("", "", ",٬ ")
_MINUS = str.maketrans("−–‐‑", "----")
_PHONE = re.compile(r"(?:tel|phone)?[:.\s]*(\+?[\d\s().\-/]{7,24})")


def read_value(text: str, item: Item, language: str | None) -> Reading:
    """The value ``text`` gives to ``item``, which is of a type without choices."""
    match item.type:
        case ItemType.INTEGER:
            return _integer(text, item, language)
        case ItemType.DATE:
            return _or(read_date(text, language), Note.DATE_EXPECTED)
        case ItemType.PHONE:
            return _or(_phone(text, language), Note.PHONE_EXPECTED)
        case ItemType.PLACE:
            return _or(read_place(text), Note.PLACE_UNKNOWN)
        case _:
            # A text is kept as it was written; NUL alone cannot be stored.
            return Understood(text.replace("\x00", "").strip())


def _or(value: str | None, note: Note) -> Reading:
    return NotUnderstood(note) if value is None else Understood(value)


def _integer(text: str, item: Item, language: str | None) -> Reading:
    if match := _WHOLE.fullmatch(fold(text, language).translate(_MINUS)):
        number = int(match[2].translate(_GROUPING)) * (-1 if match[1] == "-" else 1)
    else:
        spelled = vocabulary(language).numbers.get(words(text, language))
        if spelled is None:
            return NotUnderstood(Note.NUMBER_EXPECTED)
        number = spelled
    below = item.minimum is not None and number < item.minimum
    above = item.maximum is not None and number > item.maximum
    return NotUnderstood(Note.OUT_OF_RANGE) if below or above else Understood(number)


def _phone(text: str, language: str | None) -> str | None:
    """A valid number in E.164; without a country it is Canadian."""
    import phonenumbers  # its tables take a while to load, and few conversations ask for a number

    match = _PHONE.fullmatch(fold(text, language).translate(_MINUS))
    if match is None:
        return None
    written = match[1].strip()
    digits = "+" + written[2:] if written.startswith("00") else written
    try:
        number = phonenumbers.parse(digits, "CA")
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
