"""Recognising a language by its name, in whatever language the name is written."""

from __future__ import annotations

from functools import cache

from rapidfuzz import fuzz, process

from ccmm_bot.i18n import vocabulary
from ccmm_bot.i18n.languages import LANGUAGES, TAGS
from ccmm_bot.i18n.normalise import words

_GREETINGS = frozenset({"hi"})  # Hindi's tag, and what many write first whatever they speak
_START = "start"
_CLOSE = 88
_SHORTEST_FUZZY = 4


@cache
def _names() -> dict[str, str]:
    """Folded name → tag. "Kurdish" alone is not here: it does not say which of the two."""
    found: dict[str, set[str]] = {}
    for entry in LANGUAGES:
        for name in (entry.autonym, entry.english_name, entry.french_name, *vocabulary.raw(entry.tag)["names"]):
            found.setdefault(words(name, None), set()).add(entry.tag)
    return {name: tags.pop() for name, tags in found.items() if len(tags) == 1}


@cache
def _tags() -> dict[str, str]:
    return {entry.tag: entry.tag for entry in LANGUAGES if entry.tag not in _GREETINGS}


def by_name(text: str) -> str | None:
    """The language whose name ``text`` is, as a whole; ``None`` where it is no name or the name of more than one."""
    folded = words(text, None)
    return _names().get(folded) or (_tags().get(folded) if len(folded) == 3 else None)


def by_invitation(text: str) -> str | None:
    """The language of "START ti" or "START Tigrinya": what a poster, a QR code or a link lets a person send."""
    first, _, rest = words(text, None).partition(" ")
    if first != _START:
        return None
    return _names().get(rest) or (rest if rest in TAGS else None)


def in_menu(text: str) -> str | None:
    """As :func:`by_name`, where a language was asked for: two-letter tags and small misspellings count as well."""
    folded = words(text, None)
    exact = _names().get(folded) or _tags().get(folded)
    if exact or len(folded) < _SHORTEST_FUZZY:
        return exact
    close = process.extract(folded, _names().keys(), scorer=fuzz.ratio, score_cutoff=_CLOSE, limit=None)
    tags = {_names()[name] for name, _, _ in close if len(name) >= _SHORTEST_FUZZY and name[0] == folded[0]}
    return tags.pop() if len(tags) == 1 else None
