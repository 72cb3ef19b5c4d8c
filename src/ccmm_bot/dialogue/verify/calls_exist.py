"""Every call and goto names a dialogue that is there."""

from __future__ import annotations

from collections.abc import Iterator

from ccmm_bot.dialogue.findings import Finding, Rule, did_you_mean, finding
from ccmm_bot.dialogue.verify.scope import Scope

RULE = Rule(
    code="D202",
    title="Every called dialogue is there",
    why="A person sent to a dialogue that is not there would get no next message.",
    fix="Correct the name, or write the dialogue.",
)


def check(scope: Scope) -> Iterator[Finding]:
    """``call`` and ``goto`` name files of the folder."""
    for _, state in scope.states():
        for word, name in (("calls", state.call), ("goes to", state.goto)):
            if name is not None and name not in scope.known():
                yield finding(
                    RULE, state.mark, f'"{state.name}" {word} "{name}", which is no dialogue', did_you_mean(name, scope.known())
                )
