"""Words of suicide, self-harm, violence, a child in danger and immediate danger, in every language (``crisis/<tag>.toml``).

A false alarm costs a human a look; a miss may cost a life. So a message is looked at in all languages at once, whatever the
conversation's language is: people switch, and write their language in Latin letters. Spelling is folded coarsely, one phrase
stands for many (see the files), and "not" silences only what it plainly denies ("he does not hit me"), never talk of dying.

Lists cannot understand. They find the common ways to say it, and no more; what they find on phrases people would type is measured
per language in docs/crisis-words.md.

A phrase is words with a space between: ``|`` between ways to write one word, ``*`` at the end of a word for any ending (at its
beginning for any beginning), ``..`` for up to three words that may come in between, ``$`` for the end of the message, ``!`` in
front where a "not" does not silence it. At least one word has no ``*`` at its beginning and three letters or more before one at
its end: it is what is looked up.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib import resources
from typing import Any, Final

from ccmm_bot.i18n.languages import TAGS
from ccmm_bot.i18n.languages import language as known
from ccmm_bot.i18n.normalise import words

#: A message is looked at as far as this; the rest of a longer one is not.
LONGEST: Final = 4000

_EVERY_LANGUAGE: Final = "*"  # to the folding: letters that any one of our languages folds are folded
_STRETCHED: Final = re.compile(r"(\w)\1\1+")  # "heeeelp"
#: Written apart, together, or with an invisible joiner; in Pashto it is a word of its own.
_PERSIAN_PREFIX: Final = re.compile(r"(?<!\S)(ن?می) ")
_STEM: Final = 3  # letters by which words with any ending are looked up
_GAP: Final = r"(?: \S+){0,3}"
_BEFORE: Final = 2  # words before a phrase in which "not" silences it


class Crisis(StrEnum):
    """What a phrase speaks of."""

    SUICIDE = "suicide"
    SELF_HARM = "self_harm"
    VIOLENCE = "violence"
    CHILD = "child"
    DANGER = "danger"


#: Talk of dying is heard however it is put: "I do not want to kill myself" is something a human should read.
_NEVER_SILENCED: Final = (Crisis.SUICIDE, Crisis.SELF_HARM)


@dataclass(frozen=True, slots=True)
class Found:
    """What was found first. The words themselves are not repeated: they are in the message."""

    kind: Crisis
    language: str


class _Phrase:
    """``denials``: words that silence it; empty: none do."""

    __slots__ = ("_expression", "_pattern", "denials", "found")

    def __init__(self, found: Found, expression: str, denials: frozenset[str]) -> None:
        self.found = found
        self.denials = denials
        self._expression = expression
        self._pattern: re.Pattern[str] | None = None

    @property
    def pattern(self) -> re.Pattern[str]:
        """Compiled when one of its words is first written: of two and a half thousand most never are."""
        found = self._pattern
        if found is None:
            found = self._pattern = re.compile(self._expression)
        return found


class PhraseError(ValueError):
    """A phrase in a file cannot be looked up; the message says which."""


class CrisisWords:
    """All phrases of all languages, ready to be looked for. Safe to share between threads."""

    def __init__(self, files: Mapping[str, Mapping[str, Any]]) -> None:
        self._words: dict[str, tuple[_Phrase, ...]] = {}
        self._stems: dict[str, tuple[tuple[str, tuple[_Phrase, ...]], ...]] = {}
        by_word: dict[str, list[_Phrase]] = {}
        by_stem: dict[str, list[_Phrase]] = {}
        for tag, data in files.items():
            denials = frozenset(word for entry in data["not"] for word in folded(entry).split())
            for kind in Crisis:
                for text in data[kind.value]:
                    phrase, anchor = _compiled(text, Found(kind, tag), denials)
                    for word in anchor:
                        (by_stem if word.endswith("*") else by_word).setdefault(word.rstrip("*"), []).append(phrase)
        self._words = {word: tuple(phrases) for word, phrases in by_word.items()}
        for stem, phrases in by_stem.items():
            head = stem[:_STEM]
            self._stems[head] = (*self._stems.get(head, ()), (stem, tuple(phrases)))

    def find(self, text: str) -> Found | None:
        """The first phrase in ``text``, or ``None``. Never raises, whatever the text."""
        written = folded(text[:LONGEST])
        found = self._find(written)
        if found is None and "می " in written:
            found = self._find(_PERSIAN_PREFIX.sub(r"\1", written))
        return found

    def _find(self, written: str) -> Found | None:
        for phrase in self._near(written):
            if _says(phrase, written):
                return phrase.found
        return None

    def _near(self, written: str) -> Iterator[_Phrase]:
        """Phrases one of whose words is there."""
        exact, stems = self._words, self._stems
        for word in dict.fromkeys(written.split()):  # each once, however often it is written
            if word in exact:
                yield from exact[word]
            if (head := word[:_STEM]) in stems:
                for stem, phrases in stems[head]:
                    if word.startswith(stem):
                        yield from phrases


@cache
def crisis_words() -> CrisisWords:
    """The phrases of this version."""
    return CrisisWords({tag: raw(tag) for tag in TAGS})


def raw(tag: str) -> Mapping[str, Any]:
    """The file ``crisis/<tag>.toml`` as it is written."""
    file = resources.files("ccmm_bot.i18n") / "crisis" / f"{known(tag).tag}.toml"
    return tomllib.loads(file.read_text(encoding="utf-8"))


def folded(text: str) -> str:
    """The words of a text, folded for all languages at once."""
    return _STRETCHED.sub(r"\1", words(text, _EVERY_LANGUAGE))


def _says(phrase: _Phrase, written: str) -> bool:
    for match in phrase.pattern.finditer(written):
        if not phrase.denials:
            return True
        before = written[: match.start()].split()[-_BEFORE:]
        after = written[match.end() :].split(maxsplit=1)[:1]
        if phrase.denials.isdisjoint((*before, *match[0].split(), *after)):
            return True
    return False


# --- compiling ------------------------------------------------------------------------------------------------------------------


def _compiled(text: str, found: Found, denials: frozenset[str]) -> tuple[_Phrase, tuple[str, ...]]:
    """A phrase, and the ways to write the word it is looked up by."""
    bare = text.removeprefix("!")
    parts: list[str] = []
    anchors: list[tuple[str, ...]] = []
    for step in bare.split():
        if step == "..":
            parts.append(_GAP)
            continue
        if step == "$":
            parts.append(r"\Z")
            continue
        ways = tuple(_ways(step))
        parts.append((" " if parts else "") + "(?:" + "|".join(_expression(way) for way in ways) + ")")
        if all(not way.startswith("*") and (not way.endswith("*") or len(way) > _STEM) for way in ways):
            anchors.append(ways)
    if not anchors:
        raise PhraseError(f"{found.language}, {found.kind.value}: {text!r} has no word it could be looked up by")
    silent = frozenset[str]() if text.startswith("!") or found.kind in _NEVER_SILENCED else denials
    return _Phrase(found, r"(?<!\S)" + "".join(parts) + r"(?!\S)", silent), max(anchors, key=_rarity)


def _ways(step: str) -> Iterator[str]:
    for way in step.split("|"):
        stem = folded(way.strip("*")).replace(" ", "")
        if not stem:
            raise PhraseError(f"{step!r} has nothing left when it is folded")
        yield ("*" if way.startswith("*") else "") + stem + ("*" if way.endswith("*") else "")


def _expression(way: str) -> str:
    before = r"\S*" if way.startswith("*") else ""
    after = r"\S*" if way.endswith("*") else ""
    return before + re.escape(way.strip("*")) + after


def _rarity(ways: Iterable[str]) -> int:
    return min(len(way.rstrip("*")) for way in ways)
