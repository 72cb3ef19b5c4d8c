"""Three-valued guards: skipped is not empty, and neither is unanswered."""

from __future__ import annotations

import pytest

from ccmm_bot.dialogue.guards import holds
from ccmm_bot.dialogue.model import All, AnyOf, AtLeast, Compare, Guard, Not, Operator
from ccmm_bot.dialogue.values import SKIPPED, Answer, Fact

ANSWERS: dict[str, Answer] = {"skipped": SKIPPED, "none": (), "some": ("a", "b"), "word": "yes", "age": 5, "day": "2026-03-31"}
FACTS: dict[str, Fact] = {"consent": True, "channel": "sms"}


def compare(subject: str, op: str, value: Fact | tuple[Fact, ...]) -> Compare:
    return Compare(subject=subject, op=Operator(op), value=value)


@pytest.mark.parametrize(
    ("guard", "expected"),
    [
        (None, True),
        (compare("word", "eq", "yes"), True),
        (compare("word", "ne", "no"), True),
        (compare("age", "lt", 6), True),
        (compare("age", "le", 5), True),
        (compare("age", "gt", 5), False),
        (compare("age", "ge", 5), True),
        (compare("age", "lt", "6"), False),
        (compare("day", "gt", "2026-01-01"), True),
        (compare("word", "in", ("no", "yes")), True),
        (compare("some", "includes", "b"), True),
        (compare("some", "includes", "c"), False),
        (compare("none", "empty", True), True),
        (compare("some", "empty", True), False),
        (compare("some", "empty", False), True),
        (compare("some", "answered", True), True),
        (compare("none", "answered", True), True),
        (compare("skipped", "answered", True), False),
        (compare("skipped", "answered", False), True),
        (compare("never_asked", "answered", False), True),
        (compare("fact.consent", "eq", True), True),
        (compare("fact.channel", "eq", "whatsapp"), False),
        (compare("fact.unknown", "eq", True), False),
        (compare("fact.unknown", "answered", False), True),
        (All(parts=(compare("word", "eq", "yes"), compare("age", "eq", 5))), True),
        (All(parts=(compare("word", "eq", "yes"), compare("age", "eq", 6))), False),
        (AnyOf(parts=(compare("word", "eq", "no"), compare("age", "eq", 5))), True),
        (AnyOf(parts=()), False),
        (Not(part=compare("word", "eq", "no")), True),
        (AtLeast(n=2, parts=(compare("word", "eq", "yes"), compare("age", "eq", 5), compare("age", "eq", 6))), True),
        (AtLeast(n=3, parts=(compare("word", "eq", "yes"), compare("age", "eq", 5), compare("age", "eq", 6))), False),
    ],
)
def test_a_guard_holds(guard: Guard | None, expected: bool) -> None:
    assert holds(guard, ANSWERS, FACTS) is expected


@pytest.mark.parametrize("subject", ["skipped", "never_asked", "fact.unknown"])
@pytest.mark.parametrize("op", [op for op in Operator if op is not Operator.ANSWERED])
@pytest.mark.parametrize("value", ["yes", 0, 5, "", True, False, ("yes", "")])
def test_a_skipped_or_unanswered_item_satisfies_no_comparison(subject: str, op: Operator, value: Fact | tuple[Fact, ...]) -> None:
    assert not holds(Compare(subject=subject, op=op, value=value), ANSWERS, FACTS)
