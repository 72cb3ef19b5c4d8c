"""Languages as published forms call them (XLSForm: ``label::العربية (ar)``), and their wordings in our catalogues."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final, Protocol

from babel.messages.catalog import Message

from ccmm_bot.i18n import pofiles
from ccmm_bot.i18n.languages import LANGUAGES, SOURCE, Language, language

_DOMAIN: Final = "dialogues"
_BRACKETS: Final = str.maketrans("", "", "()")
#: Codes and names that forms use besides ours. Kurdish by itself is two written languages, so it is neither.
_OTHERS: Final[Mapping[str, str]] = {
    "eng": "en", "fra": "fr", "fre": "fr", "ara": "ar", "arb": "ar", "fas": "fa", "per": "fa", "pes": "fa", "farsi": "fa",
    "persian (farsi)": "fa", "dari persian": "prs", "persian (dari)": "prs", "pus": "ps", "pbu": "ps", "pst": "ps", "sorani": "ckb",
    "central kurdish": "ckb", "kurdish sorani": "ckb", "kurmanji": "kmr", "northern kurdish": "kmr", "kurdish kurmanji": "kmr",
    "tir": "ti", "tigrigna": "ti", "som": "so", "swa": "sw", "swh": "sw", "kiswahili": "sw", "spa": "es", "hin": "hi", "pan": "pa",
    "panjabi": "pa", "ukr": "uk", "rus": "ru", "amh": "am",
}  # fmt: skip


class Taken(Protocol):
    """A text that was taken over: :class:`ccmm_bot.dialogue.xlsform.emit.Entry`."""

    @property
    def key(self) -> str:
        """The catalogue's msgctxt."""

    @property
    def source(self) -> str:
        """Its English."""

    @property
    def translations(self) -> Mapping[str, str]:
        """Our tag → the wording."""


def form_label(entry: Language) -> str:
    """How a form calls a language: its own name and its code, with no other brackets."""
    return f"{entry.autonym.translate(_BRACKETS)} ({entry.tag})"


def _names() -> dict[str, str]:
    known = dict(_OTHERS)
    for entry in LANGUAGES:
        for name in (entry.tag, entry.html_lang, entry.autonym, entry.english_name, entry.french_name, form_label(entry)):
            known.setdefault(name.casefold(), entry.tag)
    return known


_KNOWN: Final = _names()


def tag_of(label: str) -> str | None:
    """Our tag of a language as a form calls it, by its code or its name; ``None`` where it is none of ours."""
    name = " ".join(label.split()).casefold()
    if name in _KNOWN:
        return _KNOWN[name]
    before, bracket, code = name.rstrip(") ").rpartition("(")
    if bracket:
        code = code.strip().replace("_", "-")
        return _KNOWN.get(code) or _KNOWN.get(code.split("-")[0]) or _KNOWN.get(before.strip())
    return _KNOWN.get(name.replace("_", "-").split("-")[0])


def take_over(locales_dir: Path, entries: Iterable[Taken], origin: str) -> dict[str, int]:
    """Put wordings into the catalogues, each with a comment that says where it comes from; our tag → how many.

    A catalogue that is not there yet says so in its header, too. What other texts say stays as it is.

    :raises BrokenCatalogue: a catalogue cannot be read
    """
    wanted = list(entries)
    made: dict[str, int] = {}
    for tag in dict.fromkeys(tag for entry in wanted for tag in entry.translations if tag != SOURCE):
        ours = language(tag)
        path = pofiles.path_of(locales_dir, ours, _DOMAIN)
        if path.is_file():
            catalogue = pofiles.read(path, ours)
        else:
            catalogue = pofiles.new(ours, _DOMAIN)
            catalogue.review_status, catalogue.wording_source = pofiles.ReviewStatus.PUBLISHED, origin
        for entry in wanted:
            if tag not in entry.translations:
                continue
            message = Message(entry.source, entry.translations[tag], context=entry.key, user_comments=[f"source: {origin}"])
            catalogue.delete(entry.source, entry.key)
            catalogue[entry.source] = message
            made[tag] = made.get(tag, 0) + 1
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(pofiles.dump(catalogue))
    return made
