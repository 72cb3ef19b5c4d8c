"""Dialogues that tell which transitions they take, and that a walk can begin anywhere in.

Each transition gets one more effect, a fact set, which comes out of the engine like any other and says which transition it was.
Each state that asks nothing gets a door: a question whose only way on leads into it. Nothing else is different.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from types import MappingProxyType
from typing import Final

from ccmm_bot.dialogue.effects import Effect, FactSet
from ccmm_bot.dialogue.model import Ask, Dialogue, Item, ItemType, Outcome, SetFact, State, Text, Transition

#: The fact that tells. Authors' names cannot begin with an underscore.
_TRACE: Final = "_walk"
_OVER: Final = "_over"
#: Where a called dialogue stands that is about to return.
RETURNING: Final = "_returning"
#: The index of a state's time-out among its transitions.
TIMEOUT: Final = -1

_ASK: Final = Ask(
    item=Item(name="_door", type=ItemType.YES_NO, record=False), text=Text(key="_door", source="?"), skip=False, retries=1
)
#: The answer that opens a door.
OPEN: Final = "1"


@dataclasses.dataclass(frozen=True, slots=True, order=True)
class Step:
    """One transition: of which dialogue and state, and the how-manieth."""

    dialogue: str
    state: str
    index: int

    def __str__(self) -> str:
        return f"{self.dialogue}/{self.state}/{self.index}"


def door(state: str) -> str:
    """The state a walk stands in to enter ``state``."""
    return f"_door_{state}"


def instrument(dialogue: Dialogue) -> Dialogue:
    """The same dialogue, telling and with doors. It keeps its reference."""
    states: dict[str, State] = {}
    for name, state in dialogue.states.items():
        told = tuple(_telling(dialogue, state, index, one) for index, one in enumerate(state.next))
        late = None if state.on_timeout is None else _telling(dialogue, state, TIMEOUT, state.on_timeout)
        states[name] = dataclasses.replace(state, next=told, on_timeout=late)
        if state.ask is None:
            states[door(name)] = State(name=door(name), ask=_ASK, next=(Transition(target=name),))
    states[RETURNING] = State(name=RETURNING, ask=_ASK, next=(Transition(target=_OVER),))
    states[_OVER] = State(name=_OVER, end=Outcome.COMPLETED)
    return dataclasses.replace(dialogue, states=MappingProxyType(states))


def _telling(dialogue: Dialogue, state: State, index: int, one: Transition) -> Transition:
    mark = SetFact(name=_TRACE, value=str(Step(dialogue.ref.id, state.name, index)))
    return dataclasses.replace(one, actions=(mark, *one.actions))


def taken(effects: Iterable[Effect], dialogue: str) -> tuple[Step, ...]:
    """The transitions of ``dialogue`` the engine took, in order."""
    told = [one.value for one in effects if isinstance(one, FactSet) and one.name == _TRACE]
    steps = [Step(name, state, int(index)) for name, state, index in (str(value).split("/") for value in told)]
    return tuple(step for step in steps if step.dialogue == dialogue)
