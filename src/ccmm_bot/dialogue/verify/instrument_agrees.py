"""A question of an instrument is the one the instrument defines."""

from __future__ import annotations

from collections.abc import Iterator

from ccmm_bot.dialogue.findings import Finding, Rule, did_you_mean, finding
from ccmm_bot.dialogue.verify.scope import Scope

RULE = Rule(
    code="D308",
    title="A question whose answer is kept is the one its instrument defines: type, options, bounds and wording",
    why="An answer that is exported under a definition it was not given to is a wrong number in a report.",
    fix="Correct the question or the definition; where the meaning changes, count the version up.",
)


def check(scope: Scope) -> Iterator[Finding]:
    """Every recorded item of a dialogue whose instrument is defined."""
    for dialogue, _, ask in scope.asks():
        defined = scope.instruments.get(dialogue.instrument or "")
        if defined is None or not ask.item.record:
            continue
        item = defined.items.get(ask.item.name)
        if item is None:
            message = f'"{ask.item.name}" is not an item of the instrument "{defined.name}"'
            yield finding(RULE, ask.item.mark, message, f"Add it to the instrument. {did_you_mean(ask.item.name, defined.items)}")
            continue
        different = item.asked_as(ask.item)
        if different is not None:
            yield finding(RULE, ask.item.mark, f'"{item.name}" {different}, in {item.mark}')
        if ask.text.key not in item.wording:
            message = f'"{item.name}" is worded under {ask.text.key} and defined with {", ".join(item.wording)}, in {item.mark}'
            yield finding(RULE, ask.item.mark, message)
