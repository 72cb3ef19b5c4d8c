"""Three-valued guards: a skipped answer is not an empty one, and neither is an unanswered item."""

from __future__ import annotations

from collections.abc import Mapping

from ccmm_bot.dialogue.model import All, AnyOf, AtLeast, Compare, Guard, Not, Operator
from ccmm_bot.dialogue.values import SKIPPED, Answer, Fact

FACT = "fact."


def holds(guard: Guard | None, answers: Mapping[str, Answer], facts: Mapping[str, Fact]) -> bool:
    """Whether ``guard`` holds. ``None`` always does. Nothing but ``answered: false`` holds for a skipped or unanswered item."""
    match guard:
        case None:
            return True
        case Compare():
            return _compare(guard, answers, facts)
        case All():
            return all(holds(part, answers, facts) for part in guard.parts)
        case AnyOf():
            return any(holds(part, answers, facts) for part in guard.parts)
        case Not():
            return not holds(guard.part, answers, facts)
        case AtLeast():
            return sum(holds(part, answers, facts) for part in guard.parts) >= guard.n


def _compare(guard: Compare, answers: Mapping[str, Answer], facts: Mapping[str, Fact]) -> bool:
    subject = guard.subject
    actual: Answer | Fact | None = facts.get(subject[len(FACT) :]) if subject.startswith(FACT) else answers.get(subject)
    known = actual is not None and actual is not SKIPPED
    if guard.op is Operator.ANSWERED:
        return known is guard.value
    if actual is None or actual is SKIPPED:
        return False
    return _applies(guard.op, actual, guard.value)


def _applies(op: Operator, actual: Fact | tuple[str, ...], wanted: Fact | tuple[Fact, ...]) -> bool:
    match op:
        case Operator.EQ:
            return actual == wanted
        case Operator.NE:
            return actual != wanted
        case Operator.IN:
            return isinstance(wanted, tuple) and actual in wanted
        case Operator.INCLUDES:
            return isinstance(actual, tuple) and wanted in actual
        case Operator.EMPTY:
            return (actual in ((), "")) is wanted
        case Operator.LT | Operator.LE | Operator.GT | Operator.GE:
            return _ordered(op, actual, wanted)
        case Operator.ANSWERED:  # decided before, where it can be told for unanswered items too
            return wanted is True


def _ordered(op: Operator, actual: object, wanted: object) -> bool:
    """Numbers with numbers, ISO dates with ISO dates; anything else is never in order."""
    if isinstance(actual, int) and isinstance(wanted, int):
        order = actual - wanted
    elif isinstance(actual, str) and isinstance(wanted, str):
        order = (actual > wanted) - (actual < wanted)
    else:
        return False
    match op:
        case Operator.LT:
            return order < 0
        case Operator.LE:
            return order <= 0
        case Operator.GT:
            return order > 0
        case _:
            return order >= 0
