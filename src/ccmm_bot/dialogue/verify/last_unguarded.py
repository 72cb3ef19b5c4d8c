"""The last transition is always taken when no other is."""

from __future__ import annotations

from collections.abc import Iterator

from ccmm_bot.dialogue.findings import Finding, Rule, finding
from ccmm_bot.dialogue.verify.scope import Scope

RULE = Rule(
    code="D205",
    title="The last transition has no guard",
    why="Where no guard holds, a person would be left without a next step.",
    fix="Add a last transition without when, to the safe side.",
)


def check(scope: Scope) -> Iterator[Finding]:
    """Somebody who skips, or answers what nobody thought of, goes on to the safe side."""
    for _, state in scope.states():
        if state.next and state.next[-1].when is not None:
            yield finding(RULE, state.next[-1].mark, f'the last transition of "{state.name}" has a guard')
