"""Every question about a person's life can be passed over."""

from __future__ import annotations

from collections.abc import Iterator

from ccmm_bot.dialogue.findings import Finding, Rule, finding
from ccmm_bot.dialogue.verify.scope import Scope

RULE = Rule(
    code="D408",
    title="A question whose answer is kept can be skipped, unless it is a gate",
    why="Nobody has to tell what she does not want to tell (CCMM report, client surveys: every item can be skipped).",
    fix="Remove skip: false; the last transition takes those who skip.",
)


def check(scope: Scope) -> Iterator[Finding]:
    """Recorded items have ``skip: true``; a consent, identity or safety gate needs an answer."""
    for _, state, ask in scope.asks():
        if ask.item.record and ask.gate is None and not ask.skip:
            yield finding(RULE, ask.mark, f'"{state.name}" keeps an answer and cannot be skipped')
