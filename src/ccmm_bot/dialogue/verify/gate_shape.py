"""A gate is a question with options that cannot be skipped, and something depends on its answer."""

from __future__ import annotations

from collections.abc import Iterator

from ccmm_bot.dialogue.findings import Finding, Rule, finding
from ccmm_bot.dialogue.model import ItemType
from ccmm_bot.dialogue.verify.guards import comparisons
from ccmm_bot.dialogue.verify.scope import Scope

RULE = Rule(
    code="D403",
    title="A gate is a select_one or yes_no that cannot be skipped and opens by its own answer",
    why="Only one exact choice is a clear answer to who somebody is, whether she agrees, or whether she is safe.",
    fix="Ask a select_one or yes_no with skip: false, and guard the way on with an option of it.",
)


def check(scope: Scope) -> Iterator[Finding]:
    """Type, ``skip: false``, and at least one transition whose guard asks about the gate's item."""
    for _, state, ask in scope.asks():
        if ask.gate is None:
            continue
        name = f'the {ask.gate.value} gate "{state.name}"'
        if ask.item.type not in (ItemType.SELECT_ONE, ItemType.YES_NO) or ask.item.languages:
            yield finding(RULE, ask.mark, f"{name} is of type {ask.item.type.value}")
        elif ask.skip:
            yield finding(RULE, ask.mark, f"{name} can be skipped", "Write skip: false, or remove skip.")
        elif not any(part.subject == ask.item.name for transition in state.next for part in comparisons(transition.when)):
            yield finding(RULE, ask.mark, f"{name} leads the same way whatever is answered", "Guard a transition, or remove gate.")
