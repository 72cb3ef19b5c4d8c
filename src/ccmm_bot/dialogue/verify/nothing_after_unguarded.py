"""No transition stands behind one that is always taken."""

from __future__ import annotations

from collections.abc import Iterator

from ccmm_bot.dialogue.findings import Finding, Rule, finding
from ccmm_bot.dialogue.verify.scope import Scope

RULE = Rule(
    code="D206",
    title="Nothing follows a transition without a guard",
    why="What stands behind it never happens, though somebody wrote it to happen.",
    fix="Move the transition without when to the end, or give it a guard.",
)


def check(scope: Scope) -> Iterator[Finding]:
    """Transitions are tried from top to bottom."""
    for _, state in scope.states():
        for transition in state.next[:-1]:
            if transition.when is None:
                yield finding(RULE, transition.mark, f'a transition of "{state.name}" without a guard is not the last one')
