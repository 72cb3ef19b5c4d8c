"""A person is told why she is asked."""

from __future__ import annotations

from collections.abc import Iterator

from ccmm_bot.dialogue.findings import Finding, Level, Rule, finding
from ccmm_bot.dialogue.verify.scope import Scope

RULE = Rule(
    code="D407",
    title="A question whose answer is kept says why it is asked",
    why="Who has been questioned by officials needs to know what this is for (CCMM report, trauma- and violence-informed care).",
    fix="Add why: one short sentence.",
    level=Level.WARNING,
)


def check(scope: Scope) -> Iterator[Finding]:
    """``why`` is shown when the person asks for help."""
    for _, state, ask in scope.asks():
        if ask.item.record and ask.why is None:
            yield finding(RULE, ask.mark, f'"{state.name}" keeps an answer and does not say why it asks')
