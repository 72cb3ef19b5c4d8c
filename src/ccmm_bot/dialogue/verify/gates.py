"""What lies behind a gate, and where those are led who did not pass it."""

from __future__ import annotations

from collections.abc import Iterator

from ccmm_bot.dialogue.model import (
    Action,
    Dialogue,
    Gate,
    Operator,
    OptIn,
    SetConsent,
    SetFact,
    State,
    Text,
    Transition,
)
from ccmm_bot.dialogue.verify.graph import reach, texts
from ccmm_bot.dialogue.verify.guards import comparisons, needs

#: What may be said to whoever holds the phone: the name the agency chose for this service, and initials.
NEUTRAL_SLOTS = frozenset({"service_name", "initials"})


def closed(state: State) -> tuple[Transition, ...]:
    """Where junk, other answers and time-outs lead: the last transition and ``on_timeout``."""
    last = state.next[-1:]
    return last if state.on_timeout is None else (*last, state.on_timeout)


def opened(state: State) -> tuple[Transition, ...]:
    """Where the gate's exact answers lead: the guarded transitions that ask about its item."""
    name = state.ask.item.name if state.ask is not None else ""
    return tuple(one for one in state.next[:-1] if any(part.subject == name for part in comparisons(one.when)))


def opens(action: Action) -> bool:
    """Whether an effect gives something away."""
    return isinstance(action, (OptIn, SetFact)) or (isinstance(action, SetConsent) and action.given)


def behind_closed(dialogue: Dialogue, gate: State, kind: Gate) -> frozenset[str]:
    """Every state that somebody reaches who did not pass ``gate``.

    At a later gate of the same kind the way goes on for those only who do not pass that one either; a transition that needs an
    answer which opened ``gate`` is not for them.
    """
    answers = {(part.subject, part.value) for one in opened(gate) for part in needs(one.when) if part.op is Operator.EQ}

    def follows(state: State) -> tuple[str, ...]:
        if state.ask is not None and state.ask.gate is kind:
            return tuple(one.target for one in closed(state))
        open_ways = [
            one.target
            for one in state.next
            if not any(part.op is Operator.EQ and (part.subject, part.value) in answers for part in needs(one.when))
        ]
        late = [] if state.on_timeout is None else [state.on_timeout.target]
        bound = [] if state.visits is None else [state.visits.then]
        return (*open_ways, *late, *bound)

    graph = {name: follows(state) for name, state in dialogue.states.items()}
    return reach(graph, [one.target for one in closed(gate)]) & frozenset(dialogue.states)


def before_passing(dialogue: Dialogue, kind: Gate) -> frozenset[str]:
    """Every state that can be reached without having passed a gate of this kind."""

    def follows(state: State) -> tuple[str, ...]:
        ways = closed(state) if state.ask is not None and state.ask.gate is kind else (*state.next, *closed(state))
        bound = [] if state.visits is None else [state.visits.then]
        return (*(one.target for one in ways), *bound)

    graph = {name: follows(state) for name, state in dialogue.states.items()}
    return reach(graph, [dialogue.initial]) & frozenset(dialogue.states)


def personal(state: State) -> Iterator[Text]:
    """The texts of a state that name the person or her agency."""
    for text in texts(state):
        if not set(text.slots) <= NEUTRAL_SLOTS:
            yield text


def tells(dialogue: Dialogue, name: str) -> str | None:
    """What a state gives away or takes from somebody who is not known to be the one; ``None`` for a state that is harmless."""
    state = dialogue.states[name]
    if state.ask is not None and state.ask.item.record:
        return f'records "{state.ask.item.name}"'
    if any(True for _ in personal(state)):
        return "names the person or her agency"
    if state.call is not None:
        return f'calls "{state.call}"'
    if state.goto is not None:
        return f'goes to "{state.goto}"'
    if any(opens(action) for action in state.actions):
        return "has an effect that opens something"
    return None
