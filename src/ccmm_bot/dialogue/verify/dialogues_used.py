"""Every dialogue is started by somebody."""

from __future__ import annotations

from collections.abc import Iterator

from ccmm_bot.dialogue.findings import Finding, Level, Rule, finding
from ccmm_bot.dialogue.verify.program_roles import roles
from ccmm_bot.dialogue.verify.scope import Scope

RULE = Rule(
    code="D413",
    title="Every dialogue has a role, is called, or is unprompted",
    why="What nothing starts nobody sees.",
    fix="Call it from the menu, mark it unprompted: true, or remove the file.",
    level=Level.WARNING,
)


def check(scope: Scope) -> Iterator[Finding]:
    """A role in program.yaml, a call or goto somewhere, or ``unprompted``."""
    used = {name for _, name in roles(scope.program)}
    for dialogue in scope.dialogues.values():
        for state in dialogue.states.values():
            used.update(name for name in (state.call, state.goto) if name is not None)
    for dialogue in scope.examined:
        if dialogue.ref.id not in used and not dialogue.unprompted:
            yield finding(RULE, dialogue.mark, f'nothing starts the dialogue "{dialogue.ref.id}"')
