"""What a state shows is a data file beside the dialogues."""

from __future__ import annotations

from collections.abc import Iterator

from ccmm_bot.dialogue.findings import Finding, Rule, did_you_mean, finding
from ccmm_bot.dialogue.verify.scope import Scope

RULE = Rule(
    code="D204",
    title="A directory that is shown is a data file of the folder",
    why="A person who asks for phone numbers would get none.",
    fix="Correct the name, or write the data file.",
)


def check(scope: Scope) -> Iterator[Finding]:
    """``show: {directory: name}`` needs ``name.yaml``."""
    for _, state in scope.states():
        if state.show is not None and state.show.name not in scope.directories:
            message = f'the directory "{state.show.name}" is no data file'
            yield finding(RULE, state.show.mark, message, did_you_mean(state.show.name, scope.directories))
