"""An item that several instruments hold is the same item."""

from __future__ import annotations

from collections.abc import Iterator

from ccmm_bot.dialogue.findings import Finding, Rule, finding
from ccmm_bot.dialogue.instrument import Better, InstrumentItem
from ccmm_bot.dialogue.verify.scope import Scope

RULE = Rule(
    code="D310",
    title="An item of several instruments has one type, one set of options, one score, and, where it is scored, a shared wording",
    why="Entry and exit are compared by the item's name (CCMM report, entry against exit); two questions are not one.",
    fix="Give one of them another name, or the same definition.",
)


def check(scope: Scope) -> Iterator[Finding]:
    """Every item against the first instrument that has one of its name."""
    first: dict[str, InstrumentItem] = {}
    for defined in scope.instruments.values():
        for item in defined.items.values():
            other = first.setdefault(item.name, item)
            if _meaning(other) != _meaning(item):
                yield finding(RULE, item.mark, f'"{item.name}" is defined differently in {other.mark}')
            elif item.better is not Better.NONE and not set(other.wording) & set(item.wording):
                yield finding(RULE, item.mark, f'"{item.name}" is worded differently in {other.mark}')


def _meaning(item: InstrumentItem) -> tuple[object, ...]:
    return item.type, tuple(sorted(item.options)), item.minimum, item.maximum, item.better
