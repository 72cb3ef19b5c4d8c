"""Every path ends: a dialogue only goes forward, but for loops that a bound on visits breaks."""

from __future__ import annotations

from collections.abc import Iterator

from ccmm_bot.dialogue.findings import Finding, Rule, finding
from ccmm_bot.dialogue.model import Dialogue
from ccmm_bot.dialogue.verify.graph import Edges, cycles, edges
from ccmm_bot.dialogue.verify.scope import Scope

RULE = Rule(
    code="D211",
    title="Every path ends",
    why="A person could be led in circles for ever.",
    fix="Lead the loop through a state with visits: {at_most: 5, then: state}.",
)


def check(scope: Scope) -> Iterator[Finding]:
    """Two proofs that together leave no endless path.

    Without the states that carry ``visits`` there is no loop, so an endless path would enter one of those states for ever; each
    of them lets nobody in more often than its bound, so from some moment on every entry gives way to ``then``; and the graph
    in which all of them give way has no loop either.
    """
    for dialogue in scope.examined:
        free = {name: targets for name, targets in edges(dialogue).items() if dialogue.states[name].visits is None}
        plain: Edges = {name: tuple(one for one in targets if one in free) for name, targets in free.items()}
        yield from _report(dialogue, plain, "loops without a bound")
        spent = {
            name: targets if (visits := dialogue.states[name].visits) is None else (visits.then,)
            for name, targets in edges(dialogue).items()
        }
        if not any(True for _ in cycles(plain)):
            yield from _report(dialogue, spent, 'loops on when its visits are used up: "then" leads back into it')


def _report(dialogue: Dialogue, edges_: Edges, what: str) -> Iterator[Finding]:
    for loop in cycles(edges_):
        way = " → ".join((*loop, loop[0]))
        yield finding(RULE, dialogue.states[loop[-1]].mark, f"{way} {what}")
