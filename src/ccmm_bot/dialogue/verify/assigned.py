"""Nothing is read before every path has asked it."""

from __future__ import annotations

from collections.abc import Iterator

from ccmm_bot.dialogue.findings import Finding, Rule, finding
from ccmm_bot.dialogue.guards import FACT
from ccmm_bot.dialogue.model import All, AnyOf, AtLeast, Compare, Dialogue, Guard, Mark, Not, Operator, SetLanguage, State
from ccmm_bot.dialogue.verify.scope import Scope

RULE = Rule(
    code="D301",
    title="An item is read only where every path has asked it",
    why="On the path that never asked, no comparison holds, and people are led the wrong way in silence.",
    fix="Ask it on every path before, or compare with answered.",
)


def check(scope: Scope) -> Iterator[Finding]:
    """A skipped item counts as asked; one whose question timed out does not. ``answered`` may be asked of any item."""
    for dialogue in scope.examined:
        asked = _asked(dialogue)
        for name, state in dialogue.states.items():
            before = asked[name]
            after = before if state.ask is None else before | {state.ask.item.name}
            for mark, item, known in _reads(state, before, after):
                if item not in known:
                    yield finding(RULE, mark, f'"{name}" reads the item "{item}", which some path to it does not ask')


def _reads(state: State, before: frozenset[str], after: frozenset[str]) -> Iterator[tuple[Mark | None, str, frozenset[str]]]:
    if state.show is not None and state.show.where is not None:
        yield state.show.mark, state.show.where, before
    for action in state.actions:
        if isinstance(action, SetLanguage):
            yield action.mark, action.item, before
    for transition in state.next:
        for part in _unsure(transition.when, frozenset()):
            yield part.mark, part.subject, after
        for action in transition.actions:
            if isinstance(action, SetLanguage):
                yield action.mark, action.item, after
    for action in state.on_timeout.actions if state.on_timeout is not None else ():
        if isinstance(action, SetLanguage):
            yield action.mark, action.item, before


def _unsure(guard: Guard | None, sure: frozenset[str]) -> Iterator[Compare]:
    """The comparisons that are made without asking first whether there is an answer.

    Beside ``answered: true`` in ``all`` an item may be compared, and beside ``answered: false`` in ``any``: the author has thought
    of those who were not asked.
    """
    match guard:
        case None:
            return
        case Compare():
            if not guard.subject.startswith(FACT) and guard.op is not Operator.ANSWERED and guard.subject not in sure:
                yield guard
        case Not():
            yield from _unsure(guard.part, sure)
        case All() | AnyOf() | AtLeast():
            told = isinstance(guard, All)
            beside = frozenset(
                part.subject
                for part in guard.parts
                if isinstance(part, Compare)
                and part.op is Operator.ANSWERED
                and part.value is told
                and not isinstance(guard, AtLeast)
            )
            for part in guard.parts:
                yield from _unsure(part, sure | beside)


def _asked(dialogue: Dialogue) -> dict[str, frozenset[str]]:
    """For each state, the items every path to it has asked: a forward analysis to its greatest fixed point."""
    every = frozenset(state.ask.item.name for state in dialogue.states.values() if state.ask is not None)
    known = dict.fromkeys(dialogue.states, every)
    known[dialogue.initial] = frozenset()
    changed = True
    while changed:
        changed = False
        for name, state in dialogue.states.items():
            after = known[name] if state.ask is None else known[name] | {state.ask.item.name}
            out = [(transition.target, after) for transition in state.next]
            if state.on_timeout is not None:
                out.append((state.on_timeout.target, known[name]))
            if state.visits is not None:
                out.append((state.visits.then, known[name]))
            for target, items in out:
                if not known[target] <= items:
                    known[target] &= items
                    changed = True
    return known
