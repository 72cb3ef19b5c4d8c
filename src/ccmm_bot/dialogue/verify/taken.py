"""Every transition is taken by somebody."""

from __future__ import annotations

from collections.abc import Iterator

from ccmm_bot.dialogue.findings import Finding, Rule, finding
from ccmm_bot.dialogue.verify.scope import Scope
from ccmm_bot.dialogue.verify.solve import GaveUpError, Solver

RULE = Rule(
    code="D304",
    title="Every transition can be taken",
    why="What nobody's answer leads to was meant for somebody, who now gets something else.",
    fix="Correct its guard, or those above it, which take every answer first.",
)


def check(scope: Scope) -> Iterator[Finding]:
    """Answers are searched for: some that make its guard hold, and none of those above it."""
    for dialogue in scope.examined:
        solver = Solver(scope.program, dialogue)
        for state in dialogue.states.values():
            for index, transition in enumerate(state.next):
                try:
                    found = next(solver.take(state, index, {}), None)
                except GaveUpError:
                    continue  # nothing is claimed that is not proved
                if found is None:
                    message = f'no answer takes the transition of "{state.name}" to "{transition.target}"'
                    yield finding(RULE, transition.mark, message)
