"""Consent is given by an answer to a question about it, by nothing else."""

from __future__ import annotations

from collections.abc import Iterator

from ccmm_bot.dialogue.findings import Finding, Rule, finding
from ccmm_bot.dialogue.model import Gate, Operator, SetConsent, SetFact, State, Transition
from ccmm_bot.dialogue.verify.graph import actions, leaving
from ccmm_bot.dialogue.verify.guards import needs
from ccmm_bot.dialogue.verify.scope import Scope

RULE = Rule(
    code="D402",
    title="Consent is given only by an exact answer to a consent gate",
    why="Proof of consent is the wording a person agreed to and her answer to it; anything else is no consent.",
    fix="Put the effect on a transition with when: {item: {eq: option}}, behind a question with gate: consent.",
)


def check(scope: Scope) -> Iterator[Finding]:
    """``consent: {given: true}`` stands on a transition that needs the gate's own item to equal an option."""
    for _, state in scope.states():
        allowed = [action for transition in state.next if _agrees(state, transition) for action in transition.actions]
        for action in actions(state):
            if isinstance(action, SetConsent) and action.given and not any(action is one for one in allowed):
                yield finding(RULE, action.mark, f'"{state.name}" gives {action.kind} consent that nobody was asked for')
            if isinstance(action, SetFact) and action.name.endswith("_consent"):
                message = f'"{state.name}" sets the fact "{action.name}"'
                yield finding(RULE, action.mark, message, "Use the effect consent, which keeps the proof.")


def _agrees(state: State, transition: Transition) -> bool:
    if state.ask is None or state.ask.gate is not Gate.CONSENT or transition not in leaving(state):
        return False
    name = state.ask.item.name
    return any(part.subject == name and part.op in (Operator.EQ, Operator.IN) for part in needs(transition.when))
