"""Every message fits where it is shown."""

from __future__ import annotations

from collections.abc import Iterator

from ccmm_bot.dialogue.findings import Finding, Rule, finding
from ccmm_bot.dialogue.model import Ask, Mark, Text
from ccmm_bot.dialogue.verify.scope import Scope

RULE = Rule(
    code="D505",
    title="Every message fits its channel, and its SMS segments, in every language",
    why="A long SMS arrives in pieces, out of order, and costs; what a channel cannot show is cut off or refused.",
    fix="Shorten the text or the options; or, where nothing can go, raise segments for this question.",
)


def check(scope: Scope) -> Iterator[Finding]:
    """The question as it is shown, with its options and hints, in both wordings; and everything that is only said.

    What fits is told by the ``budget`` that was handed in. A text said in a dialogue may take three segments, a question as
    many as its ``segments``. One finding names all languages in which a message does not fit.
    """
    budget = scope.budget
    if budget is None:
        return
    for dialogue, state in scope.states():
        shown: list[tuple[Mark | None, Text, Ask | None]] = [(text.mark, text, None) for text in state.say]
        if state.ask is not None:
            wordings = [state.ask.text, *([state.ask.again] if state.ask.again is not None else [])]
            shown += [(text.mark, text, state.ask) for text in wordings]
            shown += [(text.mark, text, None) for text in (state.ask.why,) if text is not None]
        for mark, text, ask in shown:
            over: dict[str, list[str]] = {}
            for language in scope.languages_of(dialogue):
                for problem in budget(text, ask, language):
                    over.setdefault(problem, []).append(language)
            for problem, languages in over.items():
                yield finding(RULE, mark, f'"{text.key}" in {", ".join(languages)}: {problem}')
