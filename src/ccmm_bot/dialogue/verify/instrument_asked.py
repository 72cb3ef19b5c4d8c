"""What an instrument holds is asked."""

from __future__ import annotations

from collections.abc import Iterator

from ccmm_bot.dialogue.findings import Finding, Rule, finding
from ccmm_bot.dialogue.verify.scope import Scope

RULE = Rule(
    code="D309",
    title="Every item of an instrument is asked, or listed as not asked",
    why="A column that is empty because nobody was asked looks like one that nobody answered.",
    fix="Ask it, or write it under not_asked with the reason.",
)


def check(scope: Scope) -> Iterator[Finding]:
    """By every dialogue that names the instrument; and nothing that is listed as not asked is asked after all."""
    for name, defined in scope.instruments.items():
        naming = [dialogue for dialogue in scope.examined if dialogue.instrument == name]
        left_out = any(dialogue.instrument == name for dialogue in scope.dialogues.values()) and not naming
        if left_out or scope.named - frozenset(scope.dialogues):
            continue  # a dialogue that may ask it has other things to mend first
        if not naming and set(defined.items) - set(defined.not_asked):
            yield finding(RULE, defined.mark, f'no dialogue asks the instrument "{name}"')
        for dialogue in naming:
            asks = [state.ask for state in dialogue.states.values() if state.ask is not None and state.ask.item.record]
            asked = {ask.item.name for ask in asks}
            for ask in asks:
                if ask.item.name in defined.not_asked:
                    yield finding(
                        RULE, ask.item.mark, f'"{ask.item.name}" is listed as not asked in "{name}"', "Take it from not_asked."
                    )
            for item in defined.items.values():
                if item.name not in asked and item.name not in defined.not_asked:
                    yield finding(RULE, item.mark, f'"{item.name}" is not asked by the dialogue "{dialogue.ref.id}"')
            said = {ask.text.key for ask in asks}
            for item in (each for each in defined.items.values() if each.name in asked):
                for key in item.wording:
                    if key not in said:
                        yield finding(
                            RULE, item.mark, f'"{item.name}" is asked nowhere in the wording {key}', "Remove the wording."
                        )
