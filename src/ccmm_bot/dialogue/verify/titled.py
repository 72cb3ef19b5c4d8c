"""What is kept of a person has a name she can read."""

from __future__ import annotations

from collections.abc import Iterator

from ccmm_bot.dialogue.findings import Finding, Rule, finding
from ccmm_bot.dialogue.verify.scope import Scope

RULE = Rule(
    code="D416",
    title="A dialogue that keeps answers has a title, where people can ask what is kept",
    why="Who asks what we keep about her reads these titles; without one she is shown a date and a number.",
    fix="Add title: two or three words for what it asks about.",
)


def check(scope: Scope) -> Iterator[Finding]:
    """Only where some dialogue shows a report of answers."""
    if not any(state.report is not None for _, state in scope.states()):
        return
    for dialogue in scope.examined:
        keeps = any(state.ask is not None and state.ask.item.record for state in dialogue.states.values())
        if keeps and dialogue.title is None:
            yield finding(RULE, dialogue.mark, f'"{dialogue.ref.id}" keeps answers and has no title')
