"""A language that is not live yet: it is on the menu, and whoever chooses it gets a human instead of an unreviewed dialogue.

An agency can require that a speaker has read chosen dialogues before people depend on them (``ccmm-bot agency require-reviewed``,
and ``CCMM_REQUIRE_REVIEWED`` for every agency). Until then nothing of the dialogues is said in that language but what the handoff
says. The conversation stays where it was, so it goes on by itself when the language goes live. Leaving, and choosing another
language, work throughout.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import cache

from ccmm_bot.dialogue import system_texts
from ccmm_bot.dialogue.effects import Effect, Flag, LanguageChosen, OptedIn, OptedOut, Prompt, Say, Silenced
from ccmm_bot.dialogue.events import Event, Reply, Tap, Unreadable
from ccmm_bot.dialogue.machine import Machine
from ccmm_bot.dialogue.model import Command, Severity, Text
from ccmm_bot.dialogue.session import Session

REASON = "language_not_live"

#: Dialogues that have to be reviewed → languages in which they are not.
Judge = Callable[[tuple[str, ...]], frozenset[str]]


class Waiting:
    """The languages that are not live, by what is required. Which have been reviewed is known since the start."""

    def __init__(self, judge: Judge = lambda _: frozenset(), always: Iterable[str] = (), known: Iterable[str] = ()) -> None:
        """``always``: required for every agency. ``known``: the dialogues there are; a name that is none requires nothing."""
        self._judge, self._always, self._known = judge, tuple(always), frozenset(known)
        self._by_required = cache(self._languages)

    def languages(self, required: str) -> frozenset[str]:
        """Those an agency waits for that requires these dialogues, separated by commas, to be reviewed."""
        return self._by_required(required)

    def _languages(self, required: str) -> frozenset[str]:
        return self._judge(tuple(dict.fromkeys((*self._always, *(name for name in names(required) if name in self._known)))))


def names(required: str) -> tuple[str, ...]:
    """The dialogues of a list that is separated by commas."""
    return tuple(name for part in required.split(",") if (name := part.strip()))


def holds(languages: frozenset[str], after: Session, effects: Sequence[Effect]) -> bool:
    """Whether what the engine wants is held back: it speaks a language that is not live, of something else than the way out."""
    if after.language is None or after.language not in languages:
        return False
    if any(isinstance(effect, OptedOut | OptedIn | Silenced) for effect in effects):
        return False
    # The menu of languages that was asked for, or its next page; not "I did not understand".
    return not any(isinstance(effect, Prompt) and effect.item.languages and effect.note is None for effect in effects)


def held(machine: Machine, before: Session, after: Session, event: Event, *, begun_by_person: bool) -> tuple[Session, list[Effect]]:
    """The session and the effects instead. A person is told that a human will write; what nobody wrote is answered by nothing."""
    chosen = after.language != before.language
    session = replace(before, language=after.language)
    effects: list[Effect] = [LanguageChosen(language=after.language)] if chosen and after.language is not None else []
    effects.append(Flag(run=0, reason=REASON, severity=Severity.HIGH))
    if isinstance(event, Reply | Tap | Unreadable) or begun_by_person:
        texts = _handoff(machine) if chosen else ()
        effects += [Say(text=text) for text in texts or (system_texts.STUCK,)]
    return session, effects


def _handoff(machine: Machine) -> tuple[Text, ...]:
    """What the dialogue behind "a human" says first."""
    dialogue = machine.dialogues.get(machine.program.commands.get(Command.HUMAN, ""))
    if dialogue is None:
        return ()
    name, seen = dialogue.initial, set[str]()
    while name not in seen:
        seen.add(name)
        state = dialogue.states[name]
        if state.say:
            return state.say
        if not state.next:
            break
        name = state.next[-1].target
    return ()
