"""What is shared is used."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from ccmm_bot.dialogue.bundle import every_text, used_sets
from ccmm_bot.dialogue.findings import Finding, Level, Rule, finding
from ccmm_bot.dialogue.guards import FACT
from ccmm_bot.dialogue.options import TEXTS
from ccmm_bot.dialogue.verify.graph import leaving, texts
from ccmm_bot.dialogue.verify.guards import comparisons
from ccmm_bot.dialogue.verify.scope import Scope

RULE = Rule(
    code="D414",
    title="Every declared fact, slot, option set and shared text is used",
    why="Translators translate, and readers look for, what nobody is ever shown.",
    fix="Use it or remove it.",
    level=Level.WARNING,
)

#: Facts the engine and the channels keep for every installation, read or not.
_OWN: Final = frozenset({"service_consent", "research_consent", "contact_consent", "language_known", "likely_languages", "channel"})


def check(scope: Scope) -> Iterator[Finding]:
    """Facts no guard reads and no slot shows, slots and shared texts nothing says, sets no question offers.

    Silent while some file does not compile.
    """
    if scope.named - frozenset(scope.dialogues):
        return
    dialogues = scope.dialogues.values()
    states = [state for dialogue in dialogues for state in dialogue.states.values()]
    read = {part.subject for state in states for one in leaving(state) for part in comparisons(one.when)}
    for name in scope.program.facts:
        if FACT + name not in read and name not in _OWN and name not in scope.program.slots:
            yield finding(RULE, scope.place(f"facts.{name}"), f'no guard reads the fact "{name}"')
    named = {slot for state in states for text in texts(state) for slot in text.slots}
    for name in scope.program.slots:
        if name not in named:
            yield finding(RULE, scope.place(f"slots.{name}"), f'no text names the slot "{name}"')
    said = {text.key for dialogue in dialogues for text in every_text(dialogue)}
    offered = {name for dialogue in dialogues for name in used_sets(dialogue)}
    for name, shared in scope.shared.items():
        if name == TEXTS:
            for option in shared.options:
                if option.text.key not in said:
                    yield finding(RULE, option.text.mark, f'nothing says the shared text "{option.id}"')
        elif name not in offered:
            yield finding(RULE, shared.mark, f'no question offers the option set "{name}"')
