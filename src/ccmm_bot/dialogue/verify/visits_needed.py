"""A bound on visits stands only where there is a loop to bound."""

from __future__ import annotations

from collections.abc import Iterator

from ccmm_bot.dialogue.findings import Finding, Rule, finding
from ccmm_bot.dialogue.verify.graph import edges, reach
from ccmm_bot.dialogue.verify.scope import Scope

RULE = Rule(
    code="D212",
    title="visits stands only on a state that can be returned to",
    why="A bound that can never be met makes a reader look for a loop that is not there.",
    fix="Remove visits, or lead the loop back to this state.",
)


def check(scope: Scope) -> Iterator[Finding]:
    """The state can be reached from itself."""
    for dialogue in scope.examined:
        graph = edges(dialogue)
        for name, state in dialogue.states.items():
            if state.visits is not None and name not in reach(graph, graph[name]):
                yield finding(RULE, state.visits.mark, f'nothing leads back to "{name}"')
