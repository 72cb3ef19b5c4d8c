"""Finds answers: which values make this transition the one that is taken?

Guards compare one subject with constants, so a few values stand for all: every option, the neighbours of every constant, and
"skipped". A transition is taken when its guard holds and none before it does; the search goes through those values and gives up,
saying so, after a bounded number of trials.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import combinations
from typing import Final

from ccmm_bot.dialogue.guards import FACT, holds
from ccmm_bot.dialogue.model import All, AnyOf, AtLeast, Compare, Dialogue, Guard, Item, ItemType, Not, Operator, Program, State
from ccmm_bot.dialogue.values import SKIPPED, Answer, Fact
from ccmm_bot.dialogue.verify.graph import leaving
from ccmm_bot.dialogue.verify.guards import comparisons

TRIALS: Final = 20_000
#: The value of a language question: the language the conversation is in. The one who answers puts the tag in its place.
OWN_LANGUAGE: Final = "own_language"

Subject = str
Known = dict[Subject, Answer | Fact | None]  # None: not answered, fact not set


class GaveUpError(Exception):
    """Too many combinations to say anything."""


def candidates(item: Item, skippable: bool, constants: tuple[Fact, ...] = ()) -> tuple[Answer, ...]:
    """The answers worth trying, the likeliest first. ``constants``: what guards compare the item with."""
    values: list[Answer] = []
    match item.type:
        case ItemType.SELECT_ONE | ItemType.YES_NO:
            values += [OWN_LANGUAGE] if item.languages else [option.id for option in item.options]
        case ItemType.SELECT_MANY:
            free = [option.id for option in item.options if not option.exclusive]
            values += [(one,) for one in free]
            values += [tuple(free[:n]) for n in range(2, len(free) + 1)]
            mentioned = [one for one in free if one in constants]
            values += [tuple(some) for n in (2, 3) for some in combinations(mentioned, n)]
            values += [(option.id,) for option in item.options if option.exclusive]
            values.append(())
        case ItemType.SCALE:
            values += list(range(1 if item.minimum is None else item.minimum, (item.maximum or 5) + 1))
        case ItemType.INTEGER:
            low = item.minimum if item.minimum is not None else 0
            near = [one + step for one in constants if isinstance(one, int) for step in (0, -1, 1)]
            values += [
                one
                for one in dict.fromkeys([*near, low, low + 1, *([item.maximum] if item.maximum is not None else [])])
                if one >= (low if item.minimum is not None else one) and (item.maximum is None or one <= item.maximum)
            ]
        case ItemType.DATE:
            days = [date.fromisoformat(str(one)) for one in constants] or [date(2026, 3, 31)]
            values += [str(day + timedelta(days=step)) for day in days for step in (0, -1, 1)]
        case ItemType.PHONE:
            values.append("+16045550100")
        case ItemType.PLACE:
            values += [str(one) for one in constants]
            values.append("vancouver")
        case ItemType.TEXT:
            values.append("text")
    if skippable:
        values.append(SKIPPED)
    return tuple(dict.fromkeys(values))


@dataclass(slots=True)
class Solver:
    """The values of every subject of one dialogue, and the search through them."""

    program: Program
    dialogue: Dialogue
    _domains: dict[Subject, tuple[Answer | Fact | None, ...]] = field(default_factory=dict)
    _asked: frozenset[str] = frozenset()
    _trials: int = 0

    def __post_init__(self) -> None:
        constants: dict[Subject, list[Fact]] = {}
        for state in self.dialogue.states.values():
            for transition in leaving(state):
                for part in comparisons(transition.when):
                    if part.op in (Operator.ANSWERED, Operator.EMPTY):
                        continue  # compares with true or false, whatever the item holds
                    known = part.value if isinstance(part.value, tuple) else (part.value,)
                    constants.setdefault(part.subject, []).extend(known)
        for state in self.dialogue.states.values():
            if state.ask is not None:
                item = state.ask.item
                values = candidates(item, state.ask.skip, tuple(constants.get(item.name, ())))
                before = self._domains.get(item.name, ())
                self._domains[item.name] = tuple(dict.fromkeys((*before, *values)))
        for name, declared in self.program.facts.items():
            values_ = declared if declared is not None else tuple(dict.fromkeys((*constants.get(FACT + name, ()), "other")))
            self._domains[FACT + name] = (*values_, None)

    def domain(self, subject: Subject) -> tuple[Answer | Fact | None, ...]:
        """What ``subject`` can be. An item may also be unanswered, which only ``answered`` can tell; that comes last."""
        values = self._domains.get(subject, (None,))
        return values if None in values or subject in self._asked else (*values, None)

    def take(
        self, state: State, index: int, known: Mapping[Subject, Answer | Fact | None], asked: frozenset[str] = frozenset()
    ) -> Iterator[Known]:
        """Everything that has to be known for ``state.next[index]`` to be taken, on top of what is ``known`` already.

        The state's own item, and those in ``asked``, have been answered or skipped. Raises :class:`GaveUpError` when the search
        takes too long.
        """
        self._trials = 0
        self._asked = asked if state.ask is None else asked | {state.ask.item.name}
        wanted: list[tuple[Guard, bool]] = []
        guard = state.next[index].when
        if guard is not None:
            wanted.append((guard, True))
        wanted += [(before.when, False) for before in state.next[:index] if before.when is not None]
        yield from self._search(tuple(wanted), dict(known))

    def _search(self, wanted: tuple[tuple[Guard, bool], ...], known: Known) -> Iterator[Known]:
        self._trials += 1
        if self._trials > TRIALS:
            raise GaveUpError
        if not wanted:
            yield known
            return
        (guard, want), rest = wanted[0], wanted[1:]
        match guard:
            case Compare():
                yield from self._compare(guard, want, rest, known)
            case Not():
                yield from self._search(((guard.part, not want), *rest), known)
            case All():
                yield from self._count(guard.parts, len(guard.parts), want, rest, known)
            case AnyOf():
                yield from self._count(guard.parts, 1, want, rest, known)
            case AtLeast():
                yield from self._count(guard.parts, guard.n, want, rest, known)

    def _compare(self, guard: Compare, want: bool, rest: tuple[tuple[Guard, bool], ...], known: Known) -> Iterator[Known]:
        if guard.subject in known:
            if _holds(guard, known) is want:
                yield from self._search(rest, known)
            return
        for value in self.domain(guard.subject):
            tried = {**known, guard.subject: value}
            if _holds(guard, tried) is want:
                yield from self._search(rest, tried)

    def _count(
        self, parts: tuple[Guard, ...], n: int, want: bool, rest: tuple[tuple[Guard, bool], ...], known: Known
    ) -> Iterator[Known]:
        """``n`` of the parts hold; or, not wanted, so many do not that fewer than ``n`` are left."""
        chosen = n if want else len(parts) - n + 1
        for some in combinations(parts, chosen):
            yield from self._search((*((part, want) for part in some), *rest), known)


def _holds(guard: Compare, known: Known) -> bool:
    name = guard.subject
    value = known[name]
    if name.startswith(FACT):
        facts: dict[str, Fact] = {} if value is None or value is SKIPPED or isinstance(value, tuple) else {name[len(FACT) :]: value}
        return holds(guard, {}, facts)
    return holds(guard, {} if value is None else {name: value}, {})
