"""A language asked for is complete."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ccmm_bot.dialogue.findings import Finding, Rule, finding
from ccmm_bot.dialogue.model import Dialogue, Text
from ccmm_bot.dialogue.verify.graph import texts
from ccmm_bot.dialogue.verify.scope import Scope, Wordings

RULE = Rule(
    code="D504",
    title="A language that is asked for has every text",
    why="A dialogue is offered in a language only when it is whole in it; until then its speakers get English.",
    fix="Translate it in locales/, or check without --language.",
)


def check(scope: Scope) -> Iterator[Finding]:
    """Only for languages named by ``--language``: an unfinished language is work to do, not a mistake."""
    for _, state in scope.states():
        for text in texts(state):
            for language in scope.wanted:
                if scope.word(text, language) is None:
                    yield finding(RULE, text.mark, f'"{text.key}" is not translated into {language}')


def offered(dialogue: Dialogue, wordings: Wordings, languages: Iterable[str]) -> tuple[str, ...]:
    """The languages a dialogue is offered in: those that have every one of its texts, its yes and no included."""
    wanted: list[Text] = []
    for state in dialogue.states.values():
        wanted.extend(texts(state))
        if state.ask is not None:
            wanted.extend(option.text for option in state.ask.item.options)
    return tuple(tag for tag in languages if all(wordings.text(text, tag) is not None for text in wanted))
