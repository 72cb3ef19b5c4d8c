"""When a question is asked: the way to its state as one condition on answers.

Every way from the first state to a question is a chain of guards that held and guards that did not. Put together and simplified (as
a reduced ordered binary decision diagram, R. E. Bryant 1986) they say when the question is asked; most often: always.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from ccmm_bot.dialogue.model import All, AnyOf, AtLeast, Compare, Dialogue, Guard, Not, Operator

#: A condition: the number of a node. The first two are the constants.
Condition = int
NEVER: Final[Condition] = 0
ALWAYS: Final[Condition] = 1


@dataclass(slots=True)
class Conditions:
    """Conditions over comparisons, each of which stands for itself: equal conditions are the same number."""

    atoms: list[Compare] = field(default_factory=list)
    _nodes: list[tuple[int, Condition, Condition]] = field(default_factory=lambda: [(-1, 0, 0), (-1, 1, 1)])
    _known: dict[tuple[int, Condition, Condition], Condition] = field(default_factory=dict)
    _done: dict[tuple[Condition, Condition, Condition], Condition] = field(default_factory=dict)

    def _node(self, atom: int, low: Condition, high: Condition) -> Condition:
        if low == high:
            return low
        key = (atom, low, high)
        if key not in self._known:
            self._known[key] = len(self._nodes)
            self._nodes.append(key)
        return self._known[key]

    def choose(self, test: Condition, then: Condition, otherwise: Condition) -> Condition:
        """``then`` where ``test`` holds, else ``otherwise``."""
        if test in (NEVER, ALWAYS) or then == otherwise:
            return then if test == ALWAYS or then == otherwise else otherwise
        if (then, otherwise) == (ALWAYS, NEVER):
            return test
        key = (test, then, otherwise)
        if key not in self._done:
            top = min(self._nodes[each][0] for each in key if each > ALWAYS)
            low, high = (self.choose(*(self._branch(each, top, side) for each in key)) for side in (False, True))
            self._done[key] = self._node(top, low, high)
        return self._done[key]

    def _branch(self, condition: Condition, atom: int, side: bool) -> Condition:
        top, low, high = self._nodes[condition]
        return condition if top != atom else high if side else low

    def both(self, one: Condition, other: Condition) -> Condition:
        """Both hold."""
        return self.choose(one, other, NEVER)

    def either(self, one: Condition, other: Condition) -> Condition:
        """At least one holds."""
        return self.choose(one, ALWAYS, other)

    def negated(self, one: Condition) -> Condition:
        """It does not hold."""
        return self.choose(one, NEVER, ALWAYS)

    def of(self, guard: Guard | None) -> Condition:
        """A guard as a condition."""
        match guard:
            case None:
                return ALWAYS
            case Compare(op=Operator.IN, value=tuple()):
                values = guard.value if isinstance(guard.value, tuple) else ()
                return self.of(AnyOf(parts=tuple(Compare(subject=guard.subject, op=Operator.EQ, value=each) for each in values)))
            case Compare():
                if guard not in self.atoms:
                    self.atoms.append(guard)
                return self._node(self.atoms.index(guard), NEVER, ALWAYS)
            case Not():
                return self.negated(self.of(guard.part))
            case All():
                return self._at_least(len(guard.parts), [self.of(part) for part in guard.parts])
            case AnyOf():
                return self._at_least(1, [self.of(part) for part in guard.parts])
            case AtLeast():
                return self._at_least(guard.n, [self.of(part) for part in guard.parts])

    def _at_least(self, n: int, parts: list[Condition]) -> Condition:
        """``n`` of the parts: counted from the last to the first."""
        counted = [ALWAYS] + [NEVER] * n  # counted[k]: at least k of those seen so far
        for part in reversed(parts):
            counted = [ALWAYS] + [self.choose(part, counted[k - 1], counted[k]) for k in range(1, n + 1)]
        return counted[n]

    def without(self, condition: Condition, unknown: Callable[[Compare], bool]) -> Condition:
        """Whether it can hold at all, whatever the comparisons are that nobody can make here."""
        for number, atom in enumerate(self.atoms):
            if unknown(atom):
                condition = self._possible(condition, number, {})
        return condition

    def _possible(self, condition: Condition, atom: int, done: dict[Condition, Condition]) -> Condition:
        top, low, high = self._nodes[condition]
        if condition <= ALWAYS or top > atom:
            return condition
        if condition not in done:
            if top == atom:
                done[condition] = self.either(low, high)
            else:
                done[condition] = self._node(top, self._possible(low, atom, done), self._possible(high, atom, done))
        return done[condition]

    def used(self, condition: Condition) -> frozenset[Compare]:
        """The comparisons it depends on."""
        seen: set[Condition] = set()
        waiting = [condition]
        while waiting:
            each = waiting.pop()
            if each > ALWAYS and each not in seen:
                seen.add(each)
                waiting += self._nodes[each][1:]
        return frozenset(self.atoms[self._nodes[each][0]] for each in seen)

    def simplified(self, condition: Condition, alone: Callable[[Compare], str | None]) -> Condition:
        """The same, said shorter where two comparisons cannot both hold.

        ``alone``: the group a comparison is of, of which at most one holds; ``None`` for one that stands for itself.
        """
        groups: dict[str, list[int]] = {}
        for number, atom in enumerate(self.atoms):
            if (group := alone(atom)) is not None:
                groups.setdefault(group, []).append(number)
        possible = ALWAYS
        for members in groups.values():
            for at, one in enumerate(members):
                for other in members[at + 1 :]:
                    together = self.both(self._node(one, NEVER, ALWAYS), self._node(other, NEVER, ALWAYS))
                    possible = self.both(possible, self.negated(together))
        return self._shortened(condition, possible, {})

    def _shortened(
        self, condition: Condition, possible: Condition, done: dict[tuple[Condition, Condition], Condition]
    ) -> Condition:
        """A condition that says the same wherever ``possible`` holds (O. Coudert and J. C. Madre 1990, with matching siblings)."""
        if condition <= ALWAYS or possible == ALWAYS:
            return condition
        key = (condition, possible)
        if key not in done:
            top = min(self._nodes[each][0] for each in key)
            low, high = self._branch(condition, top, False), self._branch(condition, top, True)
            can_low, can_high = self._branch(possible, top, False), self._branch(possible, top, True)
            apart = self.choose(low, self.negated(high), high)
            if NEVER in (can_low, can_high):
                kept = (high, can_high) if can_low == NEVER else (low, can_low)
                done[key] = self._shortened(*kept, done)
            elif self.both(apart, self.both(can_low, can_high)) == NEVER:
                done[key] = self._shortened(self.choose(can_low, low, high), self.either(can_low, can_high), done)
            else:
                done[key] = self._node(top, self._shortened(low, can_low, done), self._shortened(high, can_high, done))
        return done[key]

    def written(self, condition: Condition, atom: Callable[[Compare, bool], str], most: int) -> str | None:
        """In words joined by and, or; ``None`` where that would take more than ``most`` signs.

        ``atom``: a comparison in words, or (``False``) its contrary.
        """
        done: dict[Condition, tuple[str, tuple[str, ...]]] = {}

        def write(each: Condition) -> tuple[str, tuple[str, ...]]:
            if each not in done:
                number, low, high = self._nodes[each]
                holds, lacks = atom(self.atoms[number], True), atom(self.atoms[number], False)
                ways: list[tuple[str, tuple[str, ...]]] = []
                if high != NEVER:
                    # where the upper branch holds whatever the comparison says, it need not be said that it does
                    covered = high != ALWAYS and self.choose(high, low, ALWAYS) == ALWAYS
                    ways.append(
                        ("", (holds,))
                        if high == ALWAYS
                        else write(high)
                        if covered
                        else _joined("and", ("", (holds,)), write(high))
                    )
                if low != NEVER:
                    covered = low != ALWAYS and self.choose(low, high, ALWAYS) == ALWAYS
                    ways.append(
                        ("", (lacks,)) if low == ALWAYS else write(low) if covered else _joined("and", ("", (lacks,)), write(low))
                    )
                done[each] = ways[0] if len(ways) == 1 else _joined("or", *ways)
                if sum(map(len, done[each][1])) > most:
                    raise OverflowError
            return done[each]

        try:
            joiner, parts = write(condition)
        except OverflowError:
            return None
        return f" {joiner} ".join(parts)


def _joined(joiner: str, *ways: tuple[str, tuple[str, ...]]) -> tuple[str, tuple[str, ...]]:
    """Parts under one joiner; those joined by the other one in brackets."""
    parts: list[str] = []
    for inner, some in ways:
        parts += some if inner in ("", joiner) else [f"({f' {inner} '.join(some)})"]
    return joiner, tuple(dict.fromkeys(parts))


def in_order(dialogue: Dialogue) -> tuple[str, ...]:
    """The states as they are come to, each after all that lead to it; a way back to a state (``visits``) is not counted."""
    done: list[str] = []
    seen = {dialogue.initial}
    waiting = [(dialogue.initial, _before(dialogue, dialogue.initial))]
    while waiting:  # depth first, by hand: a long form is deeper than Python calls may be
        name, targets = waiting[-1]
        target = next(targets, None)
        if target is None:
            done.append(name)
            waiting.pop()
        elif target not in seen and target in dialogue.states:
            seen.add(target)
            waiting.append((target, _before(dialogue, target)))
    return tuple(reversed(done))


def _before(dialogue: Dialogue, name: str) -> Iterator[str]:
    return iter([each.target for each in reversed(dialogue.states[name].next)])


def reached(dialogue: Dialogue, conditions: Conditions, order: Iterable[str]) -> Mapping[str, Condition]:
    """For every state of ``order``, when it is come to."""
    names = list(order)
    place = {name: number for number, name in enumerate(names)}
    found = dict.fromkeys(names, NEVER)
    found[dialogue.initial] = ALWAYS
    for name in names:
        left = found[name]
        for transition in dialogue.states[name].next:
            guard = conditions.of(transition.when)
            if place.get(transition.target, -1) > place[name]:
                taken = conditions.both(left, guard)
                found[transition.target] = conditions.either(found[transition.target], taken)
            left = conditions.both(left, conditions.negated(guard))
    return found
