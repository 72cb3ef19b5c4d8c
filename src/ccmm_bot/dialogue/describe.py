"""Guards and effects in a few words, for diagrams and for the author who tries a dialogue."""

from __future__ import annotations

from typing import Final

from ccmm_bot.dialogue.model import (
    Action,
    All,
    AnyOf,
    AtLeast,
    CallHuman,
    Compare,
    FallSilent,
    Guard,
    Not,
    Operator,
    OptIn,
    OptOut,
    RaiseFlag,
    SetConsent,
    SetFact,
    SetFollowUp,
    SetLanguage,
)
from ccmm_bot.dialogue.values import Fact

_SIGNS: Final = {
    Operator.EQ: "=",
    Operator.NE: "≠",
    Operator.LT: "<",
    Operator.LE: "≤",
    Operator.GT: ">",
    Operator.GE: "≥",
    Operator.IN: "in",
    Operator.INCLUDES: "includes",
}


def guard_words(guard: Guard) -> str:
    """``who = me``, ``at least 4 of (family = yes, …)``."""
    match guard:
        case Compare(op=Operator.ANSWERED):
            return f"{guard.subject} {'answered' if guard.value else 'not answered'}"
        case Compare(op=Operator.EMPTY):
            return f"{guard.subject} {'empty' if guard.value else 'not empty'}"
        case Compare():
            return f"{guard.subject} {_SIGNS[guard.op]} {_value(guard.value)}"
        case Not():
            return f"not ({guard_words(guard.part)})"
        case All():
            return " and ".join(_inner(part) for part in guard.parts)
        case AnyOf():
            return " or ".join(_inner(part) for part in guard.parts)
        case AtLeast():
            return f"at least {guard.n} of ({', '.join(guard_words(part) for part in guard.parts)})"


def _inner(part: Guard) -> str:
    return f"({guard_words(part)})" if isinstance(part, (All, AnyOf)) else guard_words(part)


def _value(value: Fact | tuple[Fact, ...]) -> str:
    if isinstance(value, tuple):
        return ", ".join(_value(one) for one in value)
    return str(value).lower() if isinstance(value, bool) else str(value)


def action_words(action: Action) -> str:
    """``flag new_needs (high)``, ``service consent given``."""
    match action:
        case RaiseFlag():
            return f"flag {action.reason} ({action.severity.value})"
        case SetConsent():
            return f"{action.kind} consent {'given' if action.given else 'not given'}"
        case SetLanguage():
            return f"language from {action.item}"
        case SetFact():
            return f"{action.name} := {_value(action.value)}"
        case OptOut():
            return "opt out"
        case OptIn():
            return "opt in"
        case CallHuman():
            return f"call a human ({action.reason})"
        case FallSilent():
            return "fall silent"
        case SetFollowUp():
            return f"follow-up {action.status}"
