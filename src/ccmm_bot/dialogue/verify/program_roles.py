"""The roles of the program are filled by dialogues."""

from __future__ import annotations

from collections.abc import Iterator

from ccmm_bot.dialogue.findings import Finding, Rule, did_you_mean, finding
from ccmm_bot.dialogue.model import Program
from ccmm_bot.dialogue.verify.scope import Scope

RULE = Rule(
    code="D410",
    title="Every role of the program names a dialogue",
    why="A person who writes STOP, or asks for a human, would get no answer.",
    fix="Correct the name in program.yaml, or write the dialogue.",
)


def roles(program: Program) -> Iterator[tuple[str, str]]:
    """(place in program.yaml, dialogue) of every role."""
    yield "entry", program.entry
    yield "menu", program.menu
    yield "consent", program.consent
    if program.opening is not None:
        yield "opening", program.opening
    for command, name in program.commands.items():
        yield f"commands.{command.value}", name


def check(scope: Scope) -> Iterator[Finding]:
    """``entry``, ``menu``, ``consent``, ``opening`` and every command; and the opening is one that we may begin."""
    opening = scope.dialogues.get(scope.program.opening or "")
    if opening is not None and not opening.unprompted:
        message = f'the opening "{opening.ref.id}" is not unprompted'
        yield finding(RULE, scope.place("opening"), message, "Mark it unprompted: true: then its gates are proved.")
    for place, name in roles(scope.program):
        if name not in scope.known():
            yield finding(RULE, scope.place(place), f'{place} is "{name}", which is no dialogue', did_you_mean(name, scope.known()))
