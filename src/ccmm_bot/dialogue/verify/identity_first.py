"""A conversation we begin asks who is reading before anything else."""

from __future__ import annotations

from collections.abc import Iterator

from ccmm_bot.dialogue.findings import Finding, Rule, finding
from ccmm_bot.dialogue.model import Gate
from ccmm_bot.dialogue.verify.gates import before_passing, personal
from ccmm_bot.dialogue.verify.scope import Scope

RULE = Rule(
    code="D405",
    title="An unprompted dialogue records and calls nothing before its identity gate",
    why="Phones are shared: a message we send may be read by a child, a husband, or whoever has the number now.",
    fix="Ask with gate: identity first.",
)


def check(scope: Scope) -> Iterator[Finding]:
    """Before the gate is passed nothing is recorded, called or shown, and it is there."""
    for dialogue in scope.examined:
        if not dialogue.unprompted:
            continue
        if not any(state.ask is not None and state.ask.gate is Gate.IDENTITY for state in dialogue.states.values()):
            yield finding(RULE, dialogue.mark, f'"{dialogue.ref.id}" is unprompted and has no identity gate')
            continue
        if dialogue.requires:
            message = f'"{dialogue.ref.id}" is unprompted, and the consent it requires would be asked before its identity gate'
            yield finding(RULE, dialogue.mark, message, "Remove requires, and call the consent dialogue behind the gate.")
        for name in sorted(before_passing(dialogue, Gate.IDENTITY)):
            state = dialogue.states[name]
            told = None
            if state.ask is not None and state.ask.item.record:
                told = f'"{state.ask.item.name}" is recorded'
            elif state.call is not None or state.goto is not None:
                told = f'"{state.call or state.goto}" is started'
            elif state.show is not None:
                told = "contacts are shown"
            if told and not any(True for _ in personal(state)):
                yield finding(RULE, state.mark, f"{told} before anybody said who she is")
