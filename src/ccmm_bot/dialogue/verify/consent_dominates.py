"""Nothing is recorded without consent."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from ccmm_bot.dialogue.findings import Finding, Rule, finding
from ccmm_bot.dialogue.guards import FACT
from ccmm_bot.dialogue.model import Dialogue, Operator, SetConsent, State, Transition
from ccmm_bot.dialogue.verify.graph import actions, edges, must, reach
from ccmm_bot.dialogue.verify.guards import needs
from ccmm_bot.dialogue.verify.scope import Scope

RULE = Rule(
    code="D401",
    title="Consent to service comes before every recorded item",
    why="Rights and consent come first (CCMM report, principles): an answer kept without consent is one taken.",
    fix="Write requires: [service], or lead every path through a transition that gives consent or is guarded by it.",
)

SERVICE: Final = "service"


def check(scope: Scope) -> Iterator[Finding]:
    """``requires``, or on every path a transition that gives consent or is guarded by consent given.

    Consent taken back on the way, here or in a called dialogue, has to be given anew.
    """
    withdrawing = _withdrawing(scope)
    for dialogue in scope.examined:
        if SERVICE in dialogue.requires:
            continue
        given = must(dialogue, _gives, lambda state: _takes(state, withdrawing))
        for name, state in dialogue.states.items():
            if state.ask is not None and state.ask.item.record and not given[name]:
                message = f'the answer to "{state.ask.item.name}" is recorded, but some path to "{name}" has no consent'
                yield finding(RULE, state.ask.item.mark, message)


def _gives(state: State, transition: Transition) -> bool:
    by_effect = any(isinstance(one, SetConsent) and one.kind == SERVICE and one.given for one in transition.actions)
    by_guard = any(
        part.subject == f"{FACT}{SERVICE}_consent"
        and ((part.op is Operator.EQ and part.value is True) or (part.op is Operator.NE and part.value is False))
        for part in needs(transition.when)
    )
    return by_effect or by_guard


def _takes(state: State, withdrawing: frozenset[str]) -> bool:
    taken = any(isinstance(one, SetConsent) and one.kind == SERVICE and not one.given for one in actions(state))
    return taken or state.call in withdrawing


def _withdrawing(scope: Scope) -> frozenset[str]:
    """The dialogues in which consent to service may be taken back, in themselves or in one they call."""

    def takes(dialogue: Dialogue) -> bool:
        reached = reach(edges(dialogue), [dialogue.initial])
        return any(
            isinstance(one, SetConsent) and one.kind == SERVICE and not one.given
            for name in reached
            for one in actions(dialogue.states[name])
        )

    found = {name for name, dialogue in scope.dialogues.items() if takes(dialogue)}
    while True:
        more = {
            name
            for name, dialogue in scope.dialogues.items()
            if name not in found and any({state.call, state.goto} & found for state in dialogue.states.values())
        }
        if not more:
            return frozenset(found)
        found |= more
