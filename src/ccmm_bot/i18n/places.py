"""Reading the name of a place in British Columbia (``places.toml``)."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources

from rapidfuzz import fuzz, process

from ccmm_bot.i18n.normalise import words

_CLOSE = 88
_SHORTEST_FUZZY = 4
_AROUND = ("british columbia", "colombie britannique", "city of", "ville de", "district of", "canada", "bc", "b c", "in", "near")


@cache
def _gazetteer() -> dict[str, str]:
    """Folded name → id; a name that two places share is left out."""
    data = tomllib.loads((resources.files("ccmm_bot.i18n") / "places.toml").read_text(encoding="utf-8"))
    found: dict[str, set[str]] = {}
    for id_, names in data["places"].items():
        for name in names:
            found.setdefault(words(name, None), set()).add(id_)
    return {name: ids.pop() for name, ids in found.items() if len(ids) == 1}


@cache
def place_names() -> dict[str, str]:
    """Place id → its English name, for pages and exports."""
    data = tomllib.loads((resources.files("ccmm_bot.i18n") / "places.toml").read_text(encoding="utf-8"))
    return {id_: names[0] for id_, names in data["places"].items()}


def read_place(text: str) -> str | None:
    """The id of the place ``text`` names, a small misspelling forgiven; ``None`` where it is none of ours or two."""
    folded = words(text, None)
    exact = _gazetteer().get(folded)
    if exact is not None:
        return exact
    folded = _bare(folded)
    exact = _gazetteer().get(folded)
    if exact is not None or not _SHORTEST_FUZZY <= len(folded) <= 60:
        return exact
    close = process.extract(folded, _gazetteer().keys(), scorer=fuzz.ratio, score_cutoff=_CLOSE, limit=None)
    ids = {_gazetteer()[name] for name, _, _ in close if len(name) >= _SHORTEST_FUZZY and name[0] == folded[0]}
    return ids.pop() if len(ids) == 1 else None


def _bare(folded: str) -> str:
    """Without the province and the like."""
    padded = f" {folded} "
    for phrase in _AROUND:
        padded = padded.replace(f" {phrase} ", " ")
    return " ".join(padded.split())
