"""A dialogue as a graph: who leads where, what can be reached, which loops there are."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

from ccmm_bot.dialogue.model import Action, Dialogue, State, Text, Transition

Edges = Mapping[str, tuple[str, ...]]


def leaving(state: State) -> tuple[Transition, ...]:
    """Every transition out of a state, the one of its time-out last."""
    return state.next if state.on_timeout is None else (*state.next, state.on_timeout)


def targets(state: State) -> tuple[str, ...]:
    """Every state that can follow, by a transition, a time-out or a bound on visits."""
    bound = () if state.visits is None else (state.visits.then,)
    return (*(transition.target for transition in leaving(state)), *bound)


def edges(dialogue: Dialogue) -> Edges:
    """Who leads where; targets that do not exist are left out."""
    return {
        name: tuple(target for target in targets(state) if target in dialogue.states) for name, state in dialogue.states.items()
    }


def reach(edges_: Edges, starts: Iterable[str]) -> frozenset[str]:
    """The starts, and everything that can be reached from them; what is no node of the graph is left out."""
    seen: set[str] = set()
    todo = list(starts)
    while todo:
        name = todo.pop()
        if name in edges_ and name not in seen:
            seen.add(name)
            todo.extend(edges_[name])
    return frozenset(seen)


def cycles(edges_: Edges) -> Iterator[tuple[str, ...]]:
    """One loop for each edge that closes one in a depth-first walk, as the states on it in order."""
    done: set[str] = set()
    for start in edges_:
        if start in done:
            continue
        path: list[str] = []
        on_path: set[str] = set()
        stack: list[tuple[str, Iterator[str]]] = [(start, iter(edges_[start]))]
        path.append(start)
        on_path.add(start)
        while stack:
            name, following = stack[-1]
            target = next(following, None)
            if target is None:
                stack.pop()
                path.pop()
                on_path.discard(name)
                done.add(name)
            elif target in on_path:
                yield tuple(path[path.index(target) :])
            elif target not in done:
                path.append(target)
                on_path.add(target)
                stack.append((target, iter(edges_.get(target, ()))))


def actions(state: State) -> tuple[Action, ...]:
    """Everything a state does, on entry and on any way out."""
    return (*state.actions, *(action for transition in leaving(state) for action in transition.actions))


def texts(state: State) -> Iterator[Text]:
    """Every text of a state in reading order; the two words of yes_no belong to the system, not to the author."""
    yield from state.say
    if state.ask is not None:
        yield state.ask.text
        yield from (text for text in (state.ask.again, state.ask.why) if text is not None)
        yield from (option.text for option in state.ask.item.options if not option.text.key.startswith("system."))


def must(dialogue: Dialogue, gives: Callable[[State, Transition], bool], takes: Callable[[State], bool]) -> dict[str, bool]:
    """For each state, whether on *every* path to it a transition ``gives`` came after the last state that ``takes``.

    A forward analysis to its greatest fixed point; ``takes`` acts inside a state, before its transitions.
    """
    holds = dict.fromkeys(dialogue.states, True)
    holds[dialogue.initial] = False
    changed = True
    while changed:
        changed = False
        for name, state in dialogue.states.items():
            inside = holds[name] and not takes(state)
            out = [(transition.target, inside or gives(state, transition)) for transition in leaving(state)]
            if state.visits is not None:
                out.append((state.visits.then, holds[name]))
            for target, given in out:
                if target in holds and holds[target] and not given:
                    holds[target] = False
                    changed = True
    return holds
