"""How long a dialogue takes to read and answer, and how many SMS segments it sends, per language.

Two ways through each dialogue are measured: the *usual* one, where every question is asked and nothing more is said, and the
*longest* one, with every help text that an answer can bring. A list of options that comes again unchanged is read in full the
first time; afterwards the reader recognises it, and only the label that is chosen (the longest, to be careful) is counted.
"""

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

#: Words a minute of a slow reader: the lower end of the 45 to 60 below which a text can hardly be followed any more (H. Abadzi,
#: "Reading Fluency Measurements in EFA FTI Partner Countries: Outcomes and Improvement Prospects", GPE Working Paper 1, 2011).
SLOW: Final = 45
#: Words a minute of a practised reader: the mean of 436 adults who read aloud in 17 languages (S. Trauzettel-Klosinski, K. Dietz,
#: "Standardized Assessment of Reading Performance", Investigative Ophthalmology & Visual Science 53(9), 2012).
PRACTISED: Final = 184
#: Seconds to choose and send an answer: one mental preparation (1.35 s) and two keys, the number and "send", at the rate of
#: somebody unfamiliar with a keyboard (1.20 s each); S. Card, T. Moran, A. Newell, Communications of the ACM 23(7), 1980.
SECONDS_AN_ANSWER: Final = 1.35 + 2 * 1.20

_OPTION = regex.compile(r"(?m)^\d+\. ")
_WORD = regex.compile(r"[\p{L}\p{M}\p{N}][\p{L}\p{M}\p{N}'’\u200c-]*")
#: Names of usual length, so that the numbers do not depend on an installation.
_NAMES: Final = {"service_name": "Newcomer help", "agency_name": "Settlement agency", "initials": "A. B."}


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """One way through a dialogue; dialogues it calls are counted on their own."""

    questions: int
    words: int
    segments: int

    def minutes(self, rate: int) -> float:
        """Reading at ``rate`` words a minute, and answering."""
        return self.words / rate + self.questions * SECONDS_AN_ANSWER / 60

    def rate_for(self, minutes: float) -> float:
        """The words a minute somebody has to read to be done in ``minutes``; infinite where answering alone takes longer."""
        reading = minutes - self.questions * SECONDS_AN_ANSWER / 60
        return self.words / reading if reading > 0 else float("inf")


@dataclass(frozen=True, slots=True, kw_only=True)
class Length:
    """A dialogue in one language."""

    usual: Way  # the most questions, and of those ways the fewest words
    longest: Way  # the most words


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


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shown:
    """What one state sends."""

    asks: bool
    words: int  # but those of the list
    listed: str  # its options and hints, as they are written out; empty without
    segments: int

    def read(self, seen: frozenset[str]) -> int:
        """The words that are read by somebody who has met the lists ``seen``."""
        if self.listed not in seen:
            return self.words + _words(self.listed)
        return self.words + max((_words(line) for line in self.listed.splitlines() if _OPTION.match(line)), default=0)


def _length(dialogue: Dialogue, machine: Machine, stage: Stage) -> Length:
    shown = {name: _shown(state, machine, stage) for name, state in dialogue.states.items()}
    return Length(
        usual=_best(dialogue, shown, lambda way: (way.questions, -way.words)),
        longest=_best(dialogue, shown, lambda way: (way.words, way.segments)),
    )


def _shown(state: State, machine: Machine, stage: Stage) -> _Shown:
    texts = [content.text for content in present(_effects(state, machine), stage)]
    listed = ""
    if state.ask is not None:
        texts[-1], listed = _apart(texts[-1], hint=state.ask.skip)
    return _Shown(
        asks=state.ask is not None,
        words=sum(_words(text) for text in texts),
        listed=listed,
        segments=sum(segments(content.text).count for content in present(_effects(state, machine), stage)),
    )


def _apart(text: str, *, hint: bool) -> tuple[str, str]:
    """A question, and the list under it: options and hints, or the hint alone where there are no options."""
    if (first := _OPTION.search(text)) is not None:
        return text[: first.start()], text[first.start() :]
    question, newline, last = text.rpartition("\n")
    return (question, last) if hint and newline else (text, "")


def _words(text: str) -> int:
    return len(_WORD.findall(_OPTION.sub("", text)))


def _effects(state: State, machine: Machine) -> Iterator[Effect]:
    yield from (Say(text=text) for text in state.say)
    if (ask := state.ask) is not None:
        choices = prompts.choices(machine, ask.item, 0, ())
        yield Prompt(wait=1, text=ask.text, item=ask.item, choices=choices, skippable=ask.skip, segments=ask.segments)


def _best(dialogue: Dialogue, shown: dict[str, _Shown], worth: Callable[[Way], tuple[int, int]]) -> Way:
    """The path from the first state that is worth most. Ways back (``visits``) are gone once, not around."""
    on_the_way: set[str] = set()

    @cache
    def from_state(name: str, seen: frozenset[str]) -> Way:
        on_the_way.add(name)
        state, here = dialogue.states[name], shown[name]
        known = seen | {here.listed} if here.listed else seen
        ways = [transition.target for transition in state.next]
        ways += [state.on_timeout.target] if state.on_timeout is not None else []
        further = [from_state(target, known) for target in dict.fromkeys(ways) if target not in on_the_way]
        best = max(further, key=worth, default=Way(questions=0, words=0, segments=0))
        on_the_way.discard(name)
        return Way(
            questions=here.asks + best.questions,
            words=here.read(seen) + best.words,
            segments=here.segments + best.segments,
        )

    return from_state(dialogue.initial, frozenset())
