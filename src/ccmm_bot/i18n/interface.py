"""The catalogue of the staff pages (domain ``staff``): what staff read, in English and in the interface's other languages.

Its texts are ordinary gettext: marked with ``_`` and ``N_`` in code and templates, known by their English, with plural forms.
They are no texts for clients: none of the rules for messages (segments, buttons, neutral words) apply to them.
"""

from __future__ import annotations

import gettext
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

from babel.messages.catalog import Message
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo

import ccmm_bot
from ccmm_bot.i18n import pofiles
from ccmm_bot.i18n.languages import Language, language
from ccmm_bot.i18n.pofiles import PoCatalog

DOMAIN: Final = "staff"
#: The interface's languages beside English.
LANGUAGES: Final = ("fr",)

_PACKAGE: Final = Path(ccmm_bot.__file__).resolve().parent
_METHODS: Final = (
    ("web/templates/**.html", "jinja2"),
    ("web/**.py", "python"),
    ("casework/**.py", "python"),
    ("evaluation/templates/**.html", "jinja2"),
    ("evaluation/**.py", "python"),
    ("channels/outgoing.py", "python"),
)
_JINJA: Final = {"extensions": "jinja2.ext.i18n", "trimmed": "true"}
_OPTIONS: Final = {"web/templates/**.html": _JINJA, "evaluation/templates/**.html": _JINJA}
#: Errors whose message staff read (:meth:`ccmm_bot.errors.CcmmError.told`): what they are raised with is a text.
_ERRORS: Final = (
    "AccountError",
    "AddressError",
    "ColleagueError",
    "NoPurpose",
    "NotReadable",
    "StudyError",
    "TooFewPeople",
    "HelpLineError",
    "NotConfirmed",
    "InstallationError",
    "OfficeError",
    "TokenError",
    "WeakPassword",
    "WebhookError",
)
_KEYWORDS: Final = {"_": None, "N_": None, "gettext": None, "ngettext": (1, 2), "translate": None} | dict.fromkeys(_ERRORS)
_PLACEHOLDER: Final = re.compile(r"%\((\w+)\)[sd]|\{(\w+)\}")


def template() -> PoCatalog:
    """Every text of the staff pages, in the order of the files."""
    found = pofiles.new(None, DOMAIN)
    for name, _line, text, _comments, _context in sorted(
        extract_from_dir(_PACKAGE, list(_METHODS), _OPTIONS, keywords=_KEYWORDS), key=lambda each: (each[0], each[1])
    ):
        found.add(text, locations=[(f"src/ccmm_bot/{name}", 0)])
    return found


def update(locales_dir: Path, tag: str) -> bytes:
    """The catalogue of a language brought up to date: today's texts with what was translated; what is gone is gone."""
    entry, path = language(tag), path_of(locales_dir, tag)
    old = pofiles.read(path, entry) if path.is_file() else pofiles.new(entry, DOMAIN)
    merged = pofiles.new(entry, DOMAIN)
    merged.review_status, merged.reviewer, merged.reviewed_on = old.review_status, old.reviewer, old.reviewed_on
    for message in pofiles.entries(template()):
        known = old.get(message.id)
        string = known.string if known is not None and known.string else None
        merged.add(message.id, string, locations=message.locations)
    return pofiles.dump(merged)


def path_of(locales_dir: Path, tag: str) -> Path:
    """Where the catalogue lies."""
    return pofiles.path_of(locales_dir, language(tag), DOMAIN)


def compile_catalogue(locales_dir: Path, tag: str) -> bytes:
    """The compiled catalogue."""
    buffer = io.BytesIO()
    write_mo(buffer, pofiles.read(path_of(locales_dir, tag), language(tag)))
    return buffer.getvalue()


@lru_cache(maxsize=16)
def speaking(locales_dir: Path, tag: str) -> gettext.NullTranslations:
    """The interface's texts in a language; English where it has none. A catalogue newer than what was compiled from it counts."""
    source, compiled = (pofiles.path_of(locales_dir, language(tag), DOMAIN, suffix) for suffix in (".po", ".mo"))
    if compiled.is_file() and (not source.is_file() or compiled.stat().st_mtime >= source.stat().st_mtime):
        return gettext.GNUTranslations(io.BytesIO(compiled.read_bytes()))
    if source.is_file():
        return gettext.GNUTranslations(io.BytesIO(compile_catalogue(locales_dir, tag)))
    return gettext.NullTranslations()


def has(locales_dir: Path, tag: str) -> bool:
    """Whether there is a catalogue for a language."""
    return any(pofiles.path_of(locales_dir, language(tag), DOMAIN, suffix).is_file() for suffix in (".po", ".mo"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """A text that is missing, or does not fit its English."""

    text: str
    why: str


def faults(locales_dir: Path, tag: str) -> Iterator[Fault]:
    """What a catalogue lacks: translations, plural forms, placeholders."""
    entry, path = language(tag), path_of(locales_dir, tag)
    have = pofiles.read(path, entry) if path.is_file() else pofiles.new(entry, DOMAIN)
    for message in pofiles.entries(template()):
        known = have.get(message.id)
        yield from _faults(message, known, entry)


def _faults(message: Message, known: Message | None, entry: Language) -> Iterator[Fault]:
    english = message.id if isinstance(message.id, (list, tuple)) else (message.id,)
    shown = str(english[0])
    strings = () if known is None or not known.string else known.string
    translated = (strings,) if isinstance(strings, str) else tuple(strings)
    if not translated or not all(translated) or (known is not None and known.fuzzy):
        yield Fault(text=shown, why="is not translated")
        return
    wanted = {name for text in english for name in _names(str(text))}
    for text in translated:
        if not _names(text) <= wanted or (len(english) == 1 and _names(text) != wanted):
            yield Fault(text=shown, why=f"has other placeholders in {entry.english_name}")


def _names(text: str) -> set[str]:
    return {first or second for first, second in _PLACEHOLDER.findall(text)}
