"""Nobody passes a gate by junk, by silence, or by an answer nobody thought of."""

from __future__ import annotations

from collections.abc import Iterator

from ccmm_bot.dialogue.findings import Finding, Rule, finding
from ccmm_bot.dialogue.model import Dialogue, Gate, State
from ccmm_bot.dialogue.verify.gates import behind_closed, closed, opened, opens, tells
from ccmm_bot.dialogue.verify.graph import edges, reach
from ccmm_bot.dialogue.verify.scope import Scope

RULE = Rule(
    code="D404",
    title="The last transition and the time-out of a gate stay outside it",
    why="Else a child with the phone, or nobody at all, could agree, be taken for the person, or be asked in an unsafe moment.",
    fix="Lead them to a state that ends, or that asks at another gate; give each way behind the gate a first state of its own.",
)


def check(scope: Scope) -> Iterator[Finding]:
    """Three proofs for the ways that are not opened by the gate's exact answer (its last transition and ``on_timeout``).

    They carry no effect that opens something (consent given, a fact set, opted in). They do not come, past no other gate of the
    kind, to the first state behind an exact answer, unless that answer opens by its effects and the state is for both. And
    behind an identity gate they come to nothing that records, names the person, or calls another dialogue.
    """
    for dialogue, state, ask in scope.asks():
        if ask.gate is None or not state.next:
            continue
        for one in closed(state):
            if any(opens(action) for action in one.actions):
                yield finding(RULE, one.mark, f'who does not pass the {ask.gate.value} gate "{state.name}" gets what it guards')
        outside = behind_closed(dialogue, state, ask.gate)
        yield from _into(dialogue, state, ask.gate, outside)
        if ask.gate is Gate.IDENTITY:
            for name in sorted(outside):
                if told := tells(dialogue, name):
                    message = f'who does not pass the identity gate "{state.name}" comes to "{name}", which {told}'
                    yield finding(RULE, state.mark, message)


def _into(dialogue: Dialogue, state: State, gate: Gate, outside: frozenset[str]) -> Iterator[Finding]:
    graph = edges(dialogue)
    for one in opened(state):
        if one.target not in outside or any(opens(action) for action in one.actions):
            continue
        if any(tells(dialogue, name) for name in reach(graph, [one.target])) or gate is Gate.SAFETY:
            message = f'who does not pass the {gate.value} gate "{state.name}" comes to "{one.target}" all the same'
            yield finding(RULE, state.mark, message)
