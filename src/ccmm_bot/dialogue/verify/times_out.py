"""No question stays open for ever."""

from __future__ import annotations

from collections.abc import Iterator

from ccmm_bot.dialogue.findings import Finding, Rule, finding
from ccmm_bot.dialogue.verify.scope import Scope

RULE = Rule(
    code="D214",
    title="Every question times out",
    why="A person who never answers would stay in the middle of a dialogue for ever, and the next follow-up could not begin.",
    fix="Add timeout: P7D to the question, or to the defaults of the dialogue.",
)


def check(scope: Scope) -> Iterator[Finding]:
    """Without ``on_timeout`` the run then ends as partial."""
    for _, state, ask in scope.asks():
        if ask.timeout is None:
            yield finding(RULE, ask.mark, f'the question of "{state.name}" has no timeout')
