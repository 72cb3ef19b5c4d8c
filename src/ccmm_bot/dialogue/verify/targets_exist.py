"""Every transition leads to a state that is there."""

from __future__ import annotations

from collections.abc import Iterator

from ccmm_bot.dialogue.findings import Finding, Rule, did_you_mean, finding
from ccmm_bot.dialogue.verify.graph import leaving
from ccmm_bot.dialogue.verify.scope import Scope

RULE = Rule(
    code="D201",
    title="Every target is a state of the dialogue",
    why="A person sent to a state that is not there would get no next message.",
    fix="Correct the name, or write the state.",
)


def check(scope: Scope) -> Iterator[Finding]:
    """``initial``, ``next``, ``on_timeout`` and ``visits.then`` name states."""
    for dialogue in scope.examined:
        known = dialogue.states
        if dialogue.initial not in known:
            message = f'the initial state "{dialogue.initial}" is not there'
            yield finding(RULE, dialogue.mark, message, did_you_mean(dialogue.initial, known))
        for state in known.values():
            for transition in leaving(state):
                if transition.target not in known:
                    message = f'"{state.name}" leads to "{transition.target}", which is no state'
                    yield finding(RULE, transition.mark, message, did_you_mean(transition.target, known))
            if state.visits is not None and state.visits.then not in known:
                message = f'"{state.name}" gives way to "{state.visits.then}", which is no state'
                yield finding(RULE, state.visits.mark, message, did_you_mean(state.visits.then, known))
