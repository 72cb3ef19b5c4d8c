"""How far a person has come: an honest count, which may shrink on the way and never grows."""

from __future__ import annotations

from collections.abc import Mapping

from ccmm_bot.dialogue.model import Dialogue


def questions_left(dialogue: Dialogue) -> Mapping[str, int]:
    """For each state, the questions on the longest way from it to an end, its own included.

    A way through a state that can be returned to has no length; it is counted as if nobody returned. Questions of called dialogues
    are not counted: they have a count of their own, or none. Nor are gates: a consent is no question of a survey.
    """
    left: dict[str, int] = {}
    for name in dialogue.states:
        _longest(dialogue, name, left, frozenset())
    return left


def _longest(dialogue: Dialogue, name: str, left: dict[str, int], above: frozenset[str]) -> int:
    if name in left:
        return left[name]
    state = dialogue.states.get(name)
    if state is None or name in above:
        return 0
    own = 1 if state.ask is not None and state.ask.gate is None else 0
    ways = [_longest(dialogue, one.target, left, above | {name}) for one in state.next]
    left[name] = own + max(ways, default=0)
    return left[name]
