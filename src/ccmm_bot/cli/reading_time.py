"""How long a dialogue takes to read, and how many SMS segments it sends: the longest way through it, per language."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from typing import Final

import regex

from ccmm_bot.cli.authoring import Workbench
from ccmm_bot.conversation.present import Stage, present
from ccmm_bot.dialogue import prompts
from ccmm_bot.dialogue.effects import Effect, Prompt, Say
from ccmm_bot.dialogue.machine import Machine
from ccmm_bot.dialogue.model import Dialogue, State
from ccmm_bot.dialogue.verify.translated import offered
from ccmm_bot.i18n.segments import segments
from ccmm_bot.messages import LIMITS, ChannelKind

#: Slow readers: the lower end of the 45 to 60 words a minute below which a text can hardly be followed any more (H. Abadzi,
#: "Reading Fluency Measurements in EFA FTI Partner Countries: Outcomes and Improvement Prospects", GPE Working Paper 1, 2011).
#: Practised adults read about 238 (M. Brysbaert, Journal of Memory and Language 109, 2019). An assumption, not a measurement of
#: our clients.
WORDS_A_MINUTE: Final = 45

_NUMBER_OF_ANSWER = regex.compile(r"(?m)^\d+\. ")
_WORD = regex.compile(r"[\p{L}\p{M}\p{N}][\p{L}\p{M}\p{N}'’\u200c-]*")
#: Names of usual length, so that the numbers do not depend on an installation.
_NAMES: Final = {"service_name": "Newcomer help", "agency_name": "Settlement agency", "initials": "A. B."}


@dataclass(frozen=True, slots=True, kw_only=True)
class Length:
    """The longest way through a dialogue; dialogues it calls are counted on their own."""

    words: int
    segments: int

    @property
    def minutes(self) -> float:
        """Reading time of a slow reader."""
        return self.words / WORDS_A_MINUTE


def lengths(workbench: Workbench) -> dict[str, dict[str, Length]]:
    """Dialogue → language → length, for the languages a dialogue is offered in."""
    program = workbench.loaded.program
    if program is None:
        return {}
    machine = workbench.machine(program)
    named = replace(workbench, slots=_NAMES)
    return {
        name: {
            tag: _length(dialogue, machine, named.stage(LIMITS[ChannelKind.SMS], tag, {}))
            for tag in offered(dialogue, workbench.catalogues, workbench.languages)
        }
        for name, dialogue in sorted(workbench.loaded.dialogues.items())
    }


def _length(dialogue: Dialogue, machine: Machine, stage: Stage) -> Length:
    texts = {
        name: [content.text for content in present(_effects(state, machine), stage)] for name, state in dialogue.states.items()
    }

    def words(name: str) -> int:
        return sum(len(_WORD.findall(_NUMBER_OF_ANSWER.sub("", text))) for text in texts[name])

    def parts(name: str) -> int:
        return sum(segments(text).count for text in texts[name])

    return Length(words=_longest(dialogue, words), segments=_longest(dialogue, parts))


def _effects(state: State, machine: Machine) -> Iterator[Effect]:
    yield from (Say(text=text) for text in state.say)
    if (ask := state.ask) is not None:
        choices = prompts.choices(machine, ask.item, 0, ())
        yield Prompt(wait=1, text=ask.text, item=ask.item, choices=choices, skippable=ask.skip, segments=ask.segments)


def _longest(dialogue: Dialogue, cost: Callable[[str], int]) -> int:
    """The costliest path from the first state. Ways back (``visits``) are gone once, not around."""
    on_the_way: set[str] = set()

    @cache
    def from_state(name: str) -> int:
        on_the_way.add(name)
        state = dialogue.states[name]
        ways = [transition.target for transition in state.next]
        ways += [state.on_timeout.target] if state.on_timeout is not None else []
        further = max((from_state(target) for target in ways if target not in on_the_way), default=0)
        on_the_way.discard(name)
        return cost(name) + further

    return from_state(dialogue.initial)
