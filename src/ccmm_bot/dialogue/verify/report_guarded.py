"""Nobody sees another person's answers."""

from __future__ import annotations

from collections.abc import Iterator

from ccmm_bot.dialogue.findings import Finding, Rule, finding
from ccmm_bot.dialogue.model import Gate
from ccmm_bot.dialogue.verify.gates import before_passing
from ccmm_bot.dialogue.verify.scope import Scope

RULE = Rule(
    code="D415",
    title="What is stored is shown only behind an identity gate and a safety gate",
    why="Phones are shared: whoever holds this one could read what somebody else told us.",
    fix="Ask with gate: identity and with gate: safety first, and show the report behind both.",
)


def check(scope: Scope) -> Iterator[Finding]:
    """No state with ``show: {report: …}`` is reached without having passed a gate of each kind."""
    for dialogue in scope.examined:
        unguarded = {gate: before_passing(dialogue, gate) for gate in (Gate.IDENTITY, Gate.SAFETY)}
        for state in dialogue.states.values():
            lacks = [gate.value for gate, names in unguarded.items() if state.name in names]
            if state.report is not None and lacks:
                yield finding(RULE, state.report.mark, f'"{state.name}" shows answers before the {" and the ".join(lacks)} gate')
