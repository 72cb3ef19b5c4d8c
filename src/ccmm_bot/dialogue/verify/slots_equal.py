"""A translation has the slots of its source."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ccmm_bot.dialogue.findings import Finding, Rule, finding
from ccmm_bot.dialogue.verify.graph import texts
from ccmm_bot.dialogue.verify.scope import Scope

RULE = Rule(
    code="D503",
    title="A translation has the same slots as the English text",
    why="A lost slot loses a name; a translated one is shown to the person in braces.",
    fix="Correct the translation: slots stay as they are, in braces.",
)

_BRACES = re.compile(r"\{([^{}]*)\}")


def check(scope: Scope) -> Iterator[Finding]:
    """In every checked language that has the text, offered or not."""
    for _, state in scope.states():
        for text in texts(state):
            for language in scope.languages:
                translated = scope.word(text, language)
                if translated is not None and set(_BRACES.findall(translated)) != set(text.slots):
                    yield finding(RULE, text.mark, f'in {language}, "{text.key}" does not have the slots of the English text')
