"""The consent dialogue can give every consent that is required, and needs none itself."""

from __future__ import annotations

from collections.abc import Iterator

from ccmm_bot.dialogue.findings import Finding, Rule, finding
from ccmm_bot.dialogue.model import SetConsent
from ccmm_bot.dialogue.verify.graph import actions
from ccmm_bot.dialogue.verify.scope import Scope

RULE = Rule(
    code="D412",
    title="The consent dialogue asks for every consent that some dialogue requires",
    why="A dialogue that requires what nobody can give never runs, and the person is sent back without a word.",
    fix="Ask for it in the consent dialogue, or do not require it.",
)


def check(scope: Scope) -> Iterator[Finding]:
    """For each kind in a ``requires`` there is a way to give it."""
    asked = scope.dialogues.get(scope.program.consent)
    if asked is None:
        return
    if asked.requires and asked in scope.examined:
        yield finding(RULE, asked.mark, f'the consent dialogue "{asked.ref.id}" requires consent itself', "Remove requires.")
    kinds = {one.kind for state in asked.states.values() for one in actions(state) if isinstance(one, SetConsent) and one.given}
    for dialogue in scope.examined:
        for kind in dialogue.requires:
            if kind not in kinds and dialogue is not asked:
                yield finding(RULE, dialogue.mark, f'"{asked.ref.id}" never asks for the {kind} consent that is required here')
