"""The one table of languages: the fourteen of the pre-intake infographic (Kurdish is two written ones), Russian and Amharic.

Tags are ours and are stored; the catalogue's folder is a name Babel knows. The two differ where Babel would be wrong: it does
not know ``prs`` (Dari is ``fa_AF``) and reads ``kmr`` as Turkish Kurdish (``ku``). Autonyms are written by hand because CLDR
lower-cases some of them and has none for others.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from ccmm_bot.errors import CcmmError


class Script(StrEnum):
    """The writing systems of our languages, by their Unicode names."""

    LATIN = "Latin"
    ARABIC = "Arabic"
    ETHIOPIC = "Ethiopic"
    DEVANAGARI = "Devanagari"
    GURMUKHI = "Gurmukhi"
    CYRILLIC = "Cyrillic"


class MachineTranslation(StrEnum):
    """Whether staff can have a message translated by machine for reading. Never used towards a client."""

    YES = "yes"
    APPROXIMATE = "approximate"  # Dari through Persian: labelled as such
    NONE = "none"


class UnknownLanguage(CcmmError):
    """This is not one of our language tags; ``ccmm-bot locale status`` lists them."""

    def __init__(self, tag: str) -> None:
        super().__init__(f"{tag!r} is not one of our language tags ({', '.join(TAGS)}).")


#: The evaluated clients whose languages the CCMM report counts (domain, section 1: languages of 1,013 clients).
CLIENTS_COUNTED = 1013


@dataclass(frozen=True, slots=True, kw_only=True)
class Language:
    """One language: how we name it, where its texts are, and how it is written."""

    tag: str  # ours: stored, used in settings and on the command line
    catalogue: str  # folder under locales/, a locale name of Babel's
    autonym: str  # what its speakers call it
    english_name: str
    french_name: str
    script: Script
    html_lang: str  # BCP 47, for the lang attribute of a page
    machine_translation: MachineTranslation
    clients: int  # of CLIENTS_COUNTED clients; 0 where the report says "below 5"
    telegram_codes: tuple[str, ...]  # what Telegram's language_code says when an app is set to it
    plural_forms: str  # for the catalogue's header; Babel's own are wrong for ar, fa, fa_AF, ti and pa

    @property
    def direction(self) -> Literal["ltr", "rtl"]:
        """Which way it is written."""
        return "rtl" if self.script is Script.ARABIC else "ltr"

    def name_in(self, tag: str) -> str:
        """What it is called in English or French; in another language, English."""
        return self.french_name if tag == "fr" else self.english_name

    def autonym_beside(self, tag: str) -> str | None:
        """What its speakers call it, to stand beside :meth:`name_in`; ``None`` where that says the same."""
        return None if self.autonym.casefold() == self.name_in(tag).casefold() else self.autonym

    @property
    def share(self) -> float:
        """The part of the counted clients who speak it, 0 to 1."""
        return self.clients / CLIENTS_COUNTED


_ONE = "nplurals=2; plural=(n != 1);"
_ZERO_AND_ONE = "nplurals=2; plural=(n > 1);"
_SLAVIC = (
    "nplurals=3; plural=(n%10==1 && n%100!=11 ? 0 : n%10>=2 && n%10<=4 && (n%100<10 || n%100>=20) ? 1 : 2);"
)  # fmt: skip
_ARABIC = (
    "nplurals=6; plural=(n==0 ? 0 : n==1 ? 1 : n==2 ? 2 : n%100>=3 && n%100<=10 ? 3 : n%100>=11 ? 4 : 5);"
)  # fmt: skip


def _row(
    tag: str,
    catalogue: str,
    autonym: str,
    english: str,
    french: str,
    script: Script,
    html_lang: str,
    machine: MachineTranslation,
    clients: int,
    telegram: str,
    plural: str,
) -> Language:
    return Language(
        tag=tag,
        catalogue=catalogue,
        autonym=autonym,
        english_name=english,
        french_name=french,
        script=script,
        html_lang=html_lang,
        machine_translation=machine,
        clients=clients,
        telegram_codes=tuple(telegram.split()),
        plural_forms=plural,
    )


_LATIN, _ARAB, _ETHI, _CYRL = Script.LATIN, Script.ARABIC, Script.ETHIOPIC, Script.CYRILLIC
_DEVA, _GURU = Script.DEVANAGARI, Script.GURMUKHI
_YES, _APPROX, _NO = MachineTranslation.YES, MachineTranslation.APPROXIMATE, MachineTranslation.NONE

# The report counts Kurdish once (26 clients); half is put down to each written language so that the shares add up.
# fmt: off
LANGUAGES: tuple[Language, ...] = (
    _row("en", "en", "English", "English", "Anglais", _LATIN, "en", _NO, 166, "en", _ONE),
    _row("fr", "fr_CA", "Français", "French", "Français", _LATIN, "fr-CA", _YES, 0, "fr", _ZERO_AND_ONE),
    _row("ar", "ar", "العربية", "Arabic", "Arabe", _ARAB, "ar", _YES, 209, "ar", _ARABIC),
    _row("prs", "fa_AF", "دری", "Dari", "Dari", _ARAB, "fa-AF", _APPROX, 205, "fa prs", _ZERO_AND_ONE),
    _row("fa", "fa", "فارسی", "Persian", "Persan", _ARAB, "fa", _YES, 45, "fa", _ZERO_AND_ONE),
    _row("ps", "ps", "پښتو", "Pashto", "Pachto", _ARAB, "ps", _NO, 69, "ps", _ONE),
    _row("ckb", "ckb", "کوردیی ناوەندی (سۆرانی)", "Kurdish (Sorani)", "Kurde (sorani)", _ARAB, "ckb", _NO, 13, "ckb ku", _ONE),
    _row("kmr", "ku", "Kurdî (Kurmancî)", "Kurdish (Kurmanji)", "Kurde (kurmandji)", _LATIN, "kmr", _NO, 13, "ku kmr", _ONE),
    _row("ti", "ti", "ትግርኛ", "Tigrinya", "Tigrigna", _ETHI, "ti", _NO, 132, "ti", _ZERO_AND_ONE),
    _row("so", "so", "Soomaali", "Somali", "Somali", _LATIN, "so", _NO, 12, "so", _ONE),
    _row("sw", "sw", "Kiswahili", "Swahili", "Swahili", _LATIN, "sw", _NO, 25, "sw", _ONE),
    _row("es", "es", "Español", "Spanish", "Espagnol", _LATIN, "es", _YES, 5, "es", _ONE),
    _row("hi", "hi", "हिन्दी", "Hindi", "Hindi", _DEVA, "hi", _YES, 0, "hi", _ZERO_AND_ONE),
    _row("pa", "pa", "ਪੰਜਾਬੀ", "Punjabi", "Pendjabi", _GURU, "pa-Guru", _NO, 0, "pa", _ZERO_AND_ONE),
    _row("uk", "uk", "Українська", "Ukrainian", "Ukrainien", _CYRL, "uk", _YES, 23, "uk", _SLAVIC),
    _row("ru", "ru", "Русский", "Russian", "Russe", _CYRL, "ru", _YES, 39, "ru", _SLAVIC),
    _row("am", "am", "አማርኛ", "Amharic", "Amharique", _ETHI, "am", _NO, 10, "am", _ZERO_AND_ONE),
)
# fmt: on

SOURCE = "en"  # the language the dialogues are written in; it needs no catalogue
TAGS: tuple[str, ...] = tuple(entry.tag for entry in LANGUAGES)
RTL: frozenset[str] = frozenset(entry.tag for entry in LANGUAGES if entry.direction == "rtl")

_BY_TAG = {entry.tag: entry for entry in LANGUAGES}


def language(tag: str) -> Language:
    """The language with this tag.

    :raises UnknownLanguage: there is none; a missing language never silently becomes English.
    """
    try:
        return _BY_TAG[tag]
    except KeyError:
        raise UnknownLanguage(tag) from None


def from_telegram(code: str | None) -> tuple[str, ...]:
    """Our tags that Telegram's ``language_code`` may stand for, most clients first; it is the language of the app, a hint only."""
    if not code:
        return ()
    base = code.replace("_", "-").lower().split("-")[0]
    found = [entry for entry in LANGUAGES if base in entry.telegram_codes]
    return tuple(entry.tag for entry in sorted(found, key=lambda entry: -entry.clients))
