"""Guards ask about items of the dialogue and facts of the program, effects name items of the dialogue."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ccmm_bot.dialogue.findings import Finding, Rule, did_you_mean, finding
from ccmm_bot.dialogue.guards import FACT
from ccmm_bot.dialogue.model import Dialogue, Item, ItemType, Mark, RaiseFlag, SetFact, SetLanguage, State
from ccmm_bot.dialogue.verify.graph import actions, leaving
from ccmm_bot.dialogue.verify.guards import comparisons
from ccmm_bot.dialogue.verify.scope import Scope

RULE = Rule(
    code="D203",
    title="Guards and effects speak of items and facts that exist",
    why="A guard on a name nobody ever sets never holds, and nobody notices.",
    fix="Correct the name, ask the item in this dialogue, or declare the fact in program.yaml.",
)


def check(scope: Scope) -> Iterator[Finding]:
    """Subjects of guards, facts that are set, items of flags, the item a language or a region is taken from."""
    for dialogue in scope.examined:
        items = {state.ask.item.name: state.ask.item for state in dialogue.states.values() if state.ask is not None}
        for state in dialogue.states.values():
            yield from _guards(scope, state, items)
            for mark, name, what in _named(state):
                if name not in items:
                    yield finding(RULE, mark, f'{what} names the item "{name}", which is not asked here', did_you_mean(name, items))
            yield from _languages(dialogue, state)
            for action in actions(state):
                if isinstance(action, SetFact) and action.name not in scope.program.facts:
                    message = f'the fact "{action.name}" is not declared in program.yaml'
                    yield finding(RULE, action.mark, message, did_you_mean(action.name, scope.program.facts))


def _guards(scope: Scope, state: State, items: Mapping[str, Item]) -> Iterator[Finding]:
    for transition in leaving(state):
        for part in comparisons(transition.when):
            if part.subject.startswith(FACT):
                name = part.subject.removeprefix(FACT)
                if name not in scope.program.facts:
                    message = f'the fact "{name}" is not declared in program.yaml'
                    yield finding(RULE, part.mark, message, did_you_mean(name, scope.program.facts))
            elif part.subject not in items:
                message = f'a guard asks about the item "{part.subject}", which is not asked here'
                yield finding(RULE, part.mark, message, did_you_mean(part.subject, items))


def _named(state: State) -> Iterator[tuple[Mark | None, str, str]]:
    for action in actions(state):
        if isinstance(action, RaiseFlag):
            for name in action.items:
                yield action.mark, name, "a flag"
        elif isinstance(action, SetLanguage):
            yield action.mark, action.item, "language"
    if state.show is not None and state.show.where is not None:
        yield state.show.mark, state.show.where, "show"


def _languages(dialogue: Dialogue, state: State) -> Iterator[Finding]:
    """A language is taken from a question that offers the languages, a region from one that has options or a place."""
    items = {other.ask.item.name: other.ask.item for other in dialogue.states.values() if other.ask is not None}
    for action in actions(state):
        if isinstance(action, SetLanguage) and action.item in items and not items[action.item].languages:
            message = f'the language is taken from "{action.item}", whose options are not the languages'
            yield finding(RULE, action.mark, message, "Ask it with options: languages.")
    if state.show is not None and state.show.where in items:
        kind = items[state.show.where].type
        if kind not in (ItemType.SELECT_ONE, ItemType.PLACE):
            message = f'the region is taken from "{state.show.where}", a question of type {kind.value}'
            yield finding(RULE, state.show.mark, message, "Take it from a select_one or a place.")
