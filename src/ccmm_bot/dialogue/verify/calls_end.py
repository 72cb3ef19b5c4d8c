"""Dialogues that call each other come back."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from ccmm_bot.dialogue.findings import Finding, Rule, finding
from ccmm_bot.dialogue.model import Dialogue
from ccmm_bot.dialogue.verify.graph import Edges, cycles, edges, reach
from ccmm_bot.dialogue.verify.scope import Scope

RULE = Rule(
    code="D213",
    title="Calls between dialogues never come back to the caller",
    why="Each round would lay another unfinished run on the pile, and none of them would ever end.",
    fix="End the called dialogue instead: its caller goes on by itself.",
)


def check(scope: Scope) -> Iterator[Finding]:
    """No loop of calls; and none of calls and gotos together, because a goto goes on in its caller's name.

    A loop of gotos alone leaves nothing behind and is allowed, as long as somebody is asked something on the way.
    """
    both = _graph(scope, lambda each: _calls(each) + _gotos(each))
    for dialogue in scope.examined:
        for state in dialogue.states.values():
            if state.call is not None and dialogue.ref.id in reach(both, [state.call]):
                way = "calls itself" if state.call == dialogue.ref.id else f'calls "{state.call}", which leads back here'
                yield finding(RULE, state.mark, f'"{dialogue.ref.id}" {way}')
    for loop in cycles(_graph(scope, _silent_gotos)):
        dialogue = scope.dialogues[loop[-1]]
        if dialogue in scope.examined:
            way = " → ".join((*loop, loop[0]))
            yield finding(RULE, dialogue.mark, f"{way} goes round without asking anything", "Ask something on the way.")


def _graph(scope: Scope, following: Callable[[Dialogue], tuple[str, ...]]) -> Edges:
    return {name: tuple(one for one in following(dialogue) if one in scope.dialogues) for name, dialogue in scope.dialogues.items()}


def _calls(dialogue: Dialogue) -> tuple[str, ...]:
    return tuple(state.call for state in dialogue.states.values() if state.call is not None)


def _gotos(dialogue: Dialogue) -> tuple[str, ...]:
    return tuple(state.goto for state in dialogue.states.values() if state.goto is not None)


def _silent_gotos(dialogue: Dialogue) -> tuple[str, ...]:
    """The dialogues gone to on a path that asks nothing. A call counts as asking nothing: nobody knows that it asks."""
    graph = {name: () if dialogue.states[name].ask is not None else following for name, following in edges(dialogue).items()}
    reached = reach(graph, [dialogue.initial])
    return tuple(goto for name in reached if (goto := dialogue.states[name].goto) is not None)
