"""What to walk: for every transition and pair, where to begin, what has been said before, and what to answer."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Final

from ccmm_bot.dialogue.guards import FACT
from ccmm_bot.dialogue.model import Action, Ask, Dialogue, Program, SetConsent, SetFact, SetLanguage, State
from ccmm_bot.dialogue.values import SKIPPED, Answer, Fact
from ccmm_bot.dialogue.verify.solve import GaveUpError, Known, Solver, candidates
from ccmm_bot.dialogue.verify.walk.instrument import TIMEOUT, Step

_SOLUTIONS_TRIED: Final = 64


@dataclass(frozen=True, slots=True)
class Says:
    """An answer to a question; ``ask`` is ``None`` where a door is opened or a call returns."""

    ask: Ask | None
    answer: Answer | None = None


@dataclass(frozen=True, slots=True)
class Waits:
    """Nobody answers until the question times out."""


Input = Says | Waits


@dataclass(frozen=True, slots=True, kw_only=True)
class Second:
    """The transition walked after another: at once, by an answer, or when a call returns (with what is then known)."""

    step: Step
    input: Input | None = None
    returns: bool = False
    facts: Mapping[str, Fact] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Leg:
    """One beginning: where the walk stands, what is known, what is answered, which transition that takes."""

    step: Step
    call: str | None  # the dialogue that is about to return to the state
    door: bool
    answers: Mapping[str, Answer]
    facts: Mapping[str, Fact]
    input: Input
    seconds: list[Second] = field(default_factory=list)


@dataclass(slots=True)
class Plan:
    """The legs of one dialogue, and the pairs no answers can bring about."""

    dialogue: Dialogue
    legs: list[Leg] = field(default_factory=list)
    transitions: int = 0
    pairs: int = 0
    impossible: int = 0


def plan(program: Program, dialogue: Dialogue) -> Plan:
    """Everything there is to walk in ``dialogue``, which every check has found sound."""
    solver = Solver(program, dialogue)
    out = Plan(dialogue)
    for state in dialogue.states.values():
        for index in _ways(state):
            out.transitions += 1
            _one_transition(out, solver, state, index)
    return out


def _ways(state: State) -> Iterator[int]:
    yield from range(len(state.next))
    if state.on_timeout is not None:
        yield TIMEOUT


def _one_transition(out: Plan, solver: Solver, state: State, index: int) -> None:
    dialogue = out.dialogue
    transition = state.on_timeout if index == TIMEOUT else state.next[index]
    if transition is None:
        return
    target = dialogue.states[transition.target]
    following = list(_ways(target))
    out.pairs += len(following)
    solutions = _solutions(solver, state, index, _done(state.actions))
    answered = frozenset() if state.ask is None or index == TIMEOUT else frozenset({state.ask.item.name})
    legs: list[tuple[Known, Leg]] = []
    for second in following:
        for known in solutions:
            after = _known_after(known, transition.actions, target)
            found = _second(solver, target, second, after, answered)
            if found is None:
                continue
            # What the second transition needs to be known beside, the first must have left behind.
            own = target.ask.item.name if target.ask is not None else ""
            late = {name for name in found if target.call is not None and name.startswith(FACT)}
            before = {**known, **{name: value for name, value in found.items() if name not in {*after, own, *late}}}
            leg = next((one for needed, one in legs if needed == before), None)
            if leg is None:
                leg = _leg(dialogue, state, index, before)
                legs.append((before, leg))
            leg.seconds.append(_walked(dialogue, target, second, found))
            break
        else:
            out.impossible += 1
    if not legs and solutions:
        legs.append((solutions[0], _leg(dialogue, state, index, solutions[0])))
    out.legs.extend(leg for _, leg in legs)


def _solutions(solver: Solver, state: State, index: int, known: Known, asked: frozenset[str] = frozenset()) -> list[Known]:
    """Answers that take the transition; the time-out needs none."""
    if index == TIMEOUT:
        return [known]
    try:
        return list(islice(solver.take(state, index, known, asked), _SOLUTIONS_TRIED))
    except GaveUpError:
        return []


def _second(solver: Solver, state: State, index: int, known: Known, asked: frozenset[str]) -> Known | None:
    """What has to be known for the second transition; ``None`` where the first makes that impossible."""
    return next(iter(_solutions(solver, state, index, known, asked)), None)


def _walked(dialogue: Dialogue, state: State, index: int, found: Known) -> Second:
    step = Step(dialogue.ref.id, state.name, index)
    if index == TIMEOUT:
        return Second(step=step, input=Waits())
    if state.ask is not None:
        return Second(step=step, input=Says(state.ask, _answer(state.ask, found)))
    if state.call is not None:
        return Second(step=step, input=Says(None), returns=True, facts=_facts(found))
    return Second(step=step)


def _leg(dialogue: Dialogue, state: State, index: int, known: Known) -> Leg:
    answers: dict[str, Answer] = {name: value for name, value in known.items() if not name.startswith(FACT) and value is not None}
    input_: Input = Waits()
    if index != TIMEOUT:
        input_ = Says(state.ask, None if state.ask is None else _answer(state.ask, known))
    if state.ask is not None:
        answers.pop(state.ask.item.name, None)
    return Leg(
        step=Step(dialogue.ref.id, state.name, index),
        call=state.call,
        door=state.ask is None and state.call is None,
        answers=answers,
        facts=_facts(known),
        input=input_,
    )


def _answer(ask: Ask, known: Known) -> Answer:
    """The answer that is known, or any: the likeliest one where guards do not care."""
    value = known.get(ask.item.name)
    if value is not None and not isinstance(value, bool):
        return value
    return next(iter(candidates(ask.item, ask.skip)), SKIPPED)


def _facts(known: Known) -> dict[str, Fact]:
    return {
        name.removeprefix(FACT): value
        for name, value in known.items()
        if name.startswith(FACT) and isinstance(value, (str, int, bool))
    }


def _known_after(known: Known, actions: Iterable[Action], target: State) -> Known:
    """What is known when ``target`` chooses: its own item is asked anew, a call may have learned any fact."""
    after = {**known, **_done(actions), **_done(target.actions)}
    if target.ask is not None:
        after.pop(target.ask.item.name, None)
    if target.call is not None:
        after = {name: value for name, value in after.items() if not name.startswith(FACT)}
    return after


def _done(actions: Iterable[Action]) -> Known:
    """The facts that effects leave behind."""
    out: Known = {}
    for action in actions:
        match action:
            case SetConsent():
                out[f"{FACT}{action.kind}_consent"] = action.given
            case SetFact():
                out[FACT + action.name] = action.value
            case SetLanguage():
                out[f"{FACT}language_known"] = True
            case _:
                pass
    return out
