"""Every state can be reached."""

from __future__ import annotations

from collections.abc import Iterator

from ccmm_bot.dialogue.findings import Finding, Rule, finding
from ccmm_bot.dialogue.verify.graph import edges, reach
from ccmm_bot.dialogue.verify.scope import Scope

RULE = Rule(
    code="D210",
    title="Every state can be reached from the initial one",
    why="A state nobody reaches holds a question nobody is asked.",
    fix="Lead a transition to it, or remove it.",
)


def check(scope: Scope) -> Iterator[Finding]:
    """By any transition, time-out or bound on visits."""
    for dialogue in scope.examined:
        reached = reach(edges(dialogue), [dialogue.initial])
        for name, state in dialogue.states.items():
            if name not in reached:
                yield finding(RULE, state.mark, f'nothing leads to the state "{name}"')
