"""A guard compares with values the item or the fact can have."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from ccmm_bot.dialogue.findings import Finding, Rule, did_you_mean, finding
from ccmm_bot.dialogue.guards import FACT
from ccmm_bot.dialogue.model import Compare, Item, ItemType, Operator, SetFact
from ccmm_bot.dialogue.values import Fact
from ccmm_bot.dialogue.verify.graph import actions, leaving
from ccmm_bot.dialogue.verify.guards import comparisons
from ccmm_bot.dialogue.verify.scope import Scope

RULE = Rule(
    code="D303",
    title="A guard compares with a value the item or fact can have",
    why="A comparison with an option that is not there never holds.",
    fix="Correct the value.",
)


def check(scope: Scope) -> Iterator[Finding]:
    """Options, the ends of a scale, dates as 2026-03-31, declared values of facts; also for facts that are set."""
    facts = scope.program.facts
    for dialogue in scope.examined:
        items = {state.ask.item.name: state.ask.item for state in dialogue.states.values() if state.ask is not None}
        for state in dialogue.states.values():
            for transition in leaving(state):
                for part in comparisons(transition.when):
                    if part.op not in (Operator.ANSWERED, Operator.EMPTY):
                        for value in part.value if isinstance(part.value, tuple) else (part.value,):
                            yield from _one(part, value, items, facts.get(part.subject.removeprefix(FACT)))
            for action in actions(state):
                if isinstance(action, SetFact) and not _fits_fact(action.value, facts.get(action.name)):
                    known = [_shown(one) for one in facts[action.name] or ()]
                    message = f'the fact "{action.name}" never is {_shown(action.value)}'
                    yield finding(RULE, action.mark, message, did_you_mean(_shown(action.value), known))


def _one(part: Compare, value: Fact, items: dict[str, Item], values: tuple[Fact, ...] | None) -> Iterator[Finding]:
    if part.subject.startswith(FACT):
        if not _fits_fact(value, values):
            message = f'the fact "{part.subject.removeprefix(FACT)}" never is {_shown(value)}'
            yield finding(RULE, part.mark, message, did_you_mean(_shown(value), [_shown(one) for one in values or ()]))
        return
    item = items[part.subject]
    fault = _fault(item, value)
    if fault is not None:
        yield finding(RULE, part.mark, f'the item "{item.name}" never is {_shown(value)}', fault)


def _fits_fact(value: Fact, values: tuple[Fact, ...] | None) -> bool:
    return values is None or any(value == one and type(value) is type(one) for one in values)


def _fault(item: Item, value: Fact) -> str | None:
    """What to write instead; ``None`` for a value the item can have."""
    match item.type:
        case ItemType.SELECT_ONE | ItemType.SELECT_MANY | ItemType.YES_NO:
            ids = [option.id for option in item.options]
            if item.languages or value in ids:
                return None
            if item.type is ItemType.YES_NO and isinstance(value, bool):
                return f'Write "{"yes" if value else "no"}", in quotes.'
            return did_you_mean(_shown(value), ids)
        case ItemType.SCALE | ItemType.INTEGER:
            if not isinstance(value, int) or isinstance(value, bool):
                return "Write a whole number, without quotes."
            low, high = item.minimum, item.maximum
            if (low is not None and value < low) or (high is not None and value > high):
                return f"Answers go from {low if low is not None else '…'} to {high if high is not None else '…'}."
            return None
        case ItemType.DATE:
            try:
                date.fromisoformat(str(value))
            except ValueError:
                return "Write the date like 2026-03-31."
            return None
        case _:
            return None if isinstance(value, str) else "Write a word."


def _shown(value: Fact) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
