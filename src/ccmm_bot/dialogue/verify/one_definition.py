"""An item is the same item wherever it is asked."""

from __future__ import annotations

from collections.abc import Iterator

from ccmm_bot.dialogue.findings import Finding, Rule, finding
from ccmm_bot.dialogue.model import Item
from ccmm_bot.dialogue.verify.scope import Scope

RULE = Rule(
    code="D305",
    title="An item has one type and one set of options, wherever it is asked",
    why="Answers to two different questions under one name cannot be counted or compared (CCMM report, entry against exit).",
    fix="Give one of them another name, or the same type and options.",
)


def check(scope: Scope) -> Iterator[Finding]:
    """Within a dialogue for every item, between dialogues for those that are recorded."""
    recorded: dict[str, tuple[Item, str]] = {}
    for dialogue in scope.examined:
        here: dict[str, tuple[Item, str]] = {}
        for state in dialogue.states.values():
            if state.ask is None:
                continue
            item = state.ask.item
            place = f"{dialogue.ref.id}.{state.name}"
            for seen, applies in ((here, True), (recorded, item.record)):
                if not applies:
                    continue
                first, where = seen.setdefault(item.name, (item, place))
                if _shape(first) != _shape(item):
                    yield finding(RULE, item.mark, f'the item "{item.name}" is asked differently in {where}')
                    break


def _shape(item: Item) -> tuple[object, ...]:
    ids = tuple(sorted(option.id for option in item.options)) if item.type.value.startswith("select") else ()
    return item.type, ids, item.languages, item.minimum, item.maximum
