"""A guard compares an item in a way its type allows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from ccmm_bot.dialogue.findings import Finding, Rule, finding
from ccmm_bot.dialogue.guards import FACT
from ccmm_bot.dialogue.model import Compare, Item, ItemType, Operator
from ccmm_bot.dialogue.values import Fact
from ccmm_bot.dialogue.verify.graph import leaving
from ccmm_bot.dialogue.verify.guards import comparisons
from ccmm_bot.dialogue.verify.scope import Scope

RULE = Rule(
    code="D302",
    title="An operator fits the type of the item",
    why="An option is not less than another, and a list never equals a word: the guard would never hold.",
    fix="Use an operator the type has.",
)

_SAME: Final = (Operator.EQ, Operator.NE, Operator.IN)
_ORDER: Final = (Operator.LT, Operator.LE, Operator.GT, Operator.GE)
_FITS: Final = {
    ItemType.SELECT_ONE: _SAME,
    ItemType.YES_NO: _SAME,
    ItemType.SELECT_MANY: (Operator.INCLUDES, Operator.EMPTY),
    ItemType.SCALE: (*_SAME, *_ORDER),
    ItemType.INTEGER: (*_SAME, *_ORDER),
    ItemType.DATE: (*_SAME, *_ORDER),
    ItemType.TEXT: (),
    ItemType.PHONE: (),
    ItemType.PLACE: _SAME,
}


def check(scope: Scope) -> Iterator[Finding]:
    """``answered`` fits every item; a fact is ordered only where its values are numbers."""
    for dialogue in scope.examined:
        items = {state.ask.item.name: state.ask.item for state in dialogue.states.values() if state.ask is not None}
        for state in dialogue.states.values():
            for transition in leaving(state):
                for part in comparisons(transition.when):
                    yield from _one(part, items.get(part.subject), scope.program.facts.get(part.subject.removeprefix(FACT)))


def _one(part: Compare, item: Item | None, values: tuple[Fact, ...] | None) -> Iterator[Finding]:
    if part.op is Operator.ANSWERED:
        return
    if item is None:
        numbers = values is None or all(isinstance(value, int) and not isinstance(value, bool) for value in values)
        allowed: tuple[Operator, ...] = (*_SAME, *_ORDER) if numbers else _SAME
        what = f'the fact "{part.subject.removeprefix(FACT)}"'
    else:
        allowed, what = _FITS[item.type], f'the item "{item.name}" of type {item.type.value}'
    if part.op not in allowed:
        words = ", ".join(op.value for op in (*allowed, Operator.ANSWERED))
        yield finding(RULE, part.mark, f"{what} cannot be compared with {part.op.value}", f"Use one of {words}.")
