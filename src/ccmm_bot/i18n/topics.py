"""Words that give a topic away, language by language (``topics.toml``), and the texts that must not say them.

A phone is shared by a household, or read by somebody who must not know. What we say unprompted, before the person has said who
she is, names no topic in any language: the translation's side of the check D406, which looks at the English.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any, Final

import regex

from ccmm_bot.dialogue import system_texts
from ccmm_bot.dialogue.effects import Note
from ccmm_bot.dialogue.model import Dialogue, Gate
from ccmm_bot.dialogue.verify.gates import before_passing
from ccmm_bot.dialogue.verify.neutral_opening import TOPICS as ENGLISH
from ccmm_bot.i18n.checkers import SLOT
from ccmm_bot.i18n.languages import SOURCE, Script, language
from ccmm_bot.i18n.normalise import words
from ccmm_bot.i18n.pofiles import ReviewStatus
from ccmm_bot.i18n.texts import of_state

#: Articles, prepositions and conjunctions are written together with the word that follows.
_TAKES_BEGINNINGS = (Script.ARABIC, Script.ETHIOPIC)


def topic_of(text: str, tag: str) -> str | None:
    """The first word in ``text`` that gives a topic away, as the list has it; ``None`` where there is none.

    :raises UnknownLanguage: not one of our tags.
    """
    found = _pattern(tag).search(words(SLOT.sub(" ", text), tag))
    return None if found is None else str(found[1])


#: What the service itself says first, or around a question it asks first: the knock, the line above a reminder, the test message,
#: and what stands beside every question's options.
_SAID_FIRST: Final = (
    system_texts.KNOCK,
    system_texts.KNOCK_BUTTON,
    system_texts.NOTES[Note.REMINDER],
    system_texts.TRY_OUT,
    system_texts.CRISIS_NEUTRAL,
    system_texts.YES,
    system_texts.NO,
    system_texts.CHOOSE,
    system_texts.SKIP,
    system_texts.DONE,
    system_texts.HINT_SKIP_NUMBER,
    system_texts.HINT_SKIP_WORD,
    system_texts.HINT_MANY,
    system_texts.STOPPED,
)


def neutral_keys(dialogues: Mapping[str, Dialogue]) -> frozenset[str]:
    """The keys of what we say on a phone before anybody has said who she is: the states of unprompted dialogues before the identity
    gate is passed, and what the service itself says first."""
    return frozenset(
        text.key
        for dialogue in dialogues.values()
        if dialogue.unprompted
        for name in before_passing(dialogue, Gate.IDENTITY)
        for text in of_state(dialogue.states[name])
    ) | {text.key for text in _SAID_FIRST}


@cache
def topics(tag: str) -> tuple[str, ...]:
    """The list of a language."""
    if language(tag).tag == SOURCE:
        return ENGLISH
    return tuple(_lists()[tag])


def review_of(tag: str) -> ReviewStatus:
    """Who has read a language's list."""
    return ReviewStatus(_lists()["review"][tag])


@cache
def _lists() -> Mapping[str, Any]:
    return tomllib.loads((resources.files("ccmm_bot.i18n") / "topics.toml").read_text(encoding="utf-8"))


@cache
def _pattern(tag: str) -> regex.Pattern[str]:
    folded = sorted({words(topic, tag) for topic in topics(tag)}, key=len, reverse=True)
    begins = "" if language(tag).script in _TAKES_BEGINNINGS else r"(?<![\p{L}\p{M}])"
    return regex.compile(f"{begins}({'|'.join(map(regex.escape, folded))})")
