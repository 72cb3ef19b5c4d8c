"""Texts name only slots that are filled in."""

from __future__ import annotations

from collections.abc import Iterator

from ccmm_bot.dialogue.findings import Finding, Rule, did_you_mean, finding
from ccmm_bot.dialogue.verify.graph import texts
from ccmm_bot.dialogue.verify.scope import Scope

RULE = Rule(
    code="D502",
    title="Slots in texts are declared in program.yaml",
    why="Nothing would stand where the person expects a name.",
    fix="Correct the name, or declare the slot.",
)


def check(scope: Scope) -> Iterator[Finding]:
    """Names in braces are in ``slots``."""
    for _, state in scope.states():
        for text in texts(state):
            for slot in text.slots:
                if slot not in scope.program.slots:
                    yield finding(
                        RULE, text.mark, f'the slot "{{{slot}}}" is not declared', did_you_mean(slot, scope.program.slots)
                    )
