"""The whole walk: every dialogue, in every language it is offered in, by number, by word and by tap."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from ccmm_bot.dialogue.effects import Choice
from ccmm_bot.dialogue.findings import Finding, finding, in_order
from ccmm_bot.dialogue.machine import Machine
from ccmm_bot.dialogue.model import Dialogue
from ccmm_bot.dialogue.reading import Reader
from ccmm_bot.dialogue.verify.scope import Scope
from ccmm_bot.dialogue.verify.walk.instrument import TIMEOUT, instrument
from ccmm_bot.dialogue.verify.walk.plan import Plan, plan
from ccmm_bot.dialogue.verify.walk.replay import Miss, Replay, Tally
from ccmm_bot.dialogue.verify.walk.typing import Manner, Typist
from ccmm_bot.dialogue.verify.walked import RULE


@dataclass(frozen=True, slots=True, kw_only=True)
class Walked:
    """What was walked. Transitions and pairs are those of the dialogues; walks count each language and manner."""

    transitions: int
    pairs: int
    impossible: int  # pairs whose guards contradict each other
    untyped: int  # transitions and pairs that take an answer nobody can type
    walks: int  # how often the engine took one of them
    languages: int
    findings: tuple[Finding, ...]


def walk(scope: Scope, languages: Sequence[Choice], reader: Reader) -> Walked:
    """Walk the dialogues of ``scope.examined``. ``languages`` are on the language menu, with their own names."""
    dialogues = {name: instrument(dialogue) for name, dialogue in scope.dialogues.items()}
    machine = Machine(scope.program, dialogues, languages, reader)
    autonyms = {choice.id: choice.label for choice in languages}
    plans = [plan(scope.program, dialogue) for dialogue in scope.examined]
    tally = Tally()
    misses: dict[tuple[str, Miss, Manner], list[str]] = {}
    used: set[str] = set()
    for one in plans:
        for language in scope.languages_of(one.dialogue):
            used.add(language)
            typist = Typist(scope, language, autonyms.get(language, language))
            for manner in Manner:
                for miss in _walk_one(one, machine, language, typist, manner, tally):
                    misses.setdefault((one.dialogue.ref.id, miss, manner), []).append(language)
    planned = sum(one.transitions + one.pairs for one in plans)
    impossible = sum(one.impossible for one in plans)
    return Walked(
        transitions=len(tally.transitions),
        pairs=len(tally.pairs),
        impossible=impossible,
        untyped=planned - impossible - len(tally.transitions) - len(tally.pairs),
        walks=tally.walks,
        languages=len(used),
        findings=in_order(_finding(scope.dialogues, key, tags) for key, tags in misses.items()),
    )


def _walk_one(one: Plan, machine: Machine, language: str, typist: Typist, manner: Manner, tally: Tally) -> list[Miss]:
    replay = Replay(
        machine,
        one.dialogue.ref,
        language,
        partial(typist.type, manner=manner),
        typed_only=manner is not Manner.NUMBER,
        by_tap=manner is Manner.TAP,
    )
    return [miss for leg in one.legs for miss in replay.leg(leg, tally)]


def _finding(dialogues: Mapping[str, Dialogue], key: tuple[str, Miss, Manner], languages: list[str]) -> Finding:
    name, miss, manner = key
    state = dialogues[name].states[miss.step.state]
    transition = state.on_timeout if miss.step.index == TIMEOUT else state.next[miss.step.index]
    target = transition.target if transition is not None else ""
    by = "nothing" if miss.typed is None else f'the {manner.value} "{miss.typed}"'
    message = f'in {", ".join(languages)}, {by} does not lead from "{state.name}" to "{target}"'
    return finding(RULE, transition.mark if transition is not None else state.mark, message)
