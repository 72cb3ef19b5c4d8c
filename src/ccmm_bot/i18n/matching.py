"""Which option somebody's words mean: exactly, or, where nothing hangs on it, nearly."""

from __future__ import annotations

import re
from collections.abc import Sequence

from rapidfuzz import fuzz

from ccmm_bot.dialogue.effects import Choice
from ccmm_bot.i18n.labels import Labels
from ccmm_bot.i18n.normalise import squeezed
from ccmm_bot.i18n.vocabulary import vocabulary

_CLOSE = 88
_SHORTEST_FUZZY = 4
_LONGEST_FUZZY = 200
_ETHIOPIC = re.compile(
    "[\u1200-\u139f]"
)  # a letter is a syllable, and "not" is one syllable inside the word: nothing is a small slip


def exactly(labels: Labels, choices: Sequence[Choice], written: str, language: str | None) -> str | None:
    """The one choice whose label ``written`` is (folded, or apart from its spaces), or whose "yes" or "no" it is."""
    forms = [(choice.id, labels.forms(choice, language)) for choice in choices]
    found = {id_ for id_, form in forms if written in form.whole}
    if not found and len(written) >= _SHORTEST_FUZZY:
        tight = squeezed(written)
        found = {id_ for id_, form in forms if tight in form.tight}
    if not found and (meaning := vocabulary(language).yes_no.get(written)) is not None:
        found = {id_ for id_, form in forms if form.meaning == meaning}
    return found.pop() if len(found) == 1 else None


def nearly(labels: Labels, choices: Sequence[Choice], written: str, language: str | None) -> str | None:
    """The one choice of which ``written`` is a part by itself, or a small misspelling. Never for consent, identity or safety."""
    forms = [(choice.id, labels.forms(choice, language)) for choice in choices]
    found = {id_ for id_, form in forms if written in form.parts}
    if not found and _SHORTEST_FUZZY <= len(written) <= _LONGEST_FUZZY:
        found = {id_ for id_, form in forms if any(_close(written, one) for one in (*form.whole, *form.parts))}
    return found.pop() if len(found) == 1 else None


def _close(written: str, label: str) -> bool:
    """A small slip. A slip does not change how a word begins: "unsatisfied" is no misspelling of "satisfied"."""
    if len(label) < _SHORTEST_FUZZY or _ETHIOPIC.search(label) or fuzz.ratio(written, label, score_cutoff=_CLOSE) == 0:
        return False
    ours, theirs = label.split(), written.split()
    if len(ours) != len(theirs) or any(one[0] != other[0] for one, other in zip(ours, theirs, strict=True)):
        return False
    return _digits(written) == _digits(label)


def _digits(text: str) -> list[str]:
    return [char for char in text if char.isdigit()]
