"""A question that leaves nothing behind is not asked."""

from __future__ import annotations

from collections.abc import Iterator

from ccmm_bot.dialogue.findings import Finding, Level, Rule, finding
from ccmm_bot.dialogue.model import RaiseFlag, SetLanguage
from ccmm_bot.dialogue.verify.graph import actions, leaving
from ccmm_bot.dialogue.verify.guards import comparisons
from ccmm_bot.dialogue.verify.scope import Scope

RULE = Rule(
    code="D306",
    title="An item that is not recorded steers something",
    why="A person would be asked for nothing: every question costs her time and trust.",
    fix="Record it, use it in a guard, or do not ask.",
    level=Level.WARNING,
)


def check(scope: Scope) -> Iterator[Finding]:
    """An item with ``record: false`` is read by a guard, an effect or a directory."""
    for dialogue in scope.examined:
        used: set[str] = set()
        for state in dialogue.states.values():
            if state.show is not None and state.show.where is not None:
                used.add(state.show.where)
            for transition in leaving(state):
                used.update(part.subject for part in comparisons(transition.when))
            for action in actions(state):
                if isinstance(action, SetLanguage):
                    used.add(action.item)
                elif isinstance(action, RaiseFlag):
                    used.update(action.items)
        for state in dialogue.states.values():
            if state.ask is not None and not state.ask.item.record and state.ask.item.name not in used:
                yield finding(RULE, state.ask.item.mark, f'the answer to "{state.ask.item.name}" is neither kept nor used')
