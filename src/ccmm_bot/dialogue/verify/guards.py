"""Questions about a guard that need no answers: what it asks about, what it cannot hold without."""

from __future__ import annotations

from collections.abc import Iterator

from ccmm_bot.dialogue.model import All, AnyOf, AtLeast, Compare, Guard, Not


def comparisons(guard: Guard | None) -> Iterator[Compare]:
    """Every comparison in a guard."""
    match guard:
        case None:
            return
        case Compare():
            yield guard
        case Not():
            yield from comparisons(guard.part)
        case All() | AnyOf() | AtLeast():
            for part in guard.parts:
                yield from comparisons(part)


def needs(guard: Guard | None) -> Iterator[Compare]:
    """The comparisons that certainly hold whenever the guard does."""
    match guard:
        case Compare():
            yield guard
        case All():
            for part in guard.parts:
                yield from needs(part)
        case AnyOf() if len(guard.parts) == 1:
            yield from needs(guard.parts[0])
        case AtLeast() if guard.n == len(guard.parts):
            for part in guard.parts:
                yield from needs(part)
        case _:
            return
