"""Where a line of people can be cut, so that everything counted between two cuts is nobody, or ten people and more."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ccmm_bot.evaluation.disclosure import SMALL

Lines = NDArray[np.int64]
#: People looked at in one go.
_WINDOW: Final = 512


def cuts(days: Lines, counted: Any) -> list[int]:
    """The ends of the groups, as early as can be. No day is divided; what is left over at the end is in none.

    ``days`` rise; ``counted``: lines × everything that is counted of them. A group depends on what came before it only.
    """
    found: list[int] = []
    looked, sums = 0, np.zeros(counted.shape[1], dtype=np.int64)
    while looked < len(days):
        running = sums + np.cumsum(counted[looked : looked + _WINDOW], axis=0)
        ends = looked + np.arange(1, len(running) + 1)
        turns = (ends >= len(days)) | (days[ends - 1] != days[np.minimum(ends, len(days) - 1)])
        full = np.flatnonzero(turns & fine(running))
        if len(full):
            looked = int(ends[full[0]])
            found.append(looked)
            sums = np.zeros_like(sums)
        else:
            looked, sums = looked + len(running), running[-1]
    return found


def fine(sums: Any) -> Any:
    """Whether each is nobody, or ten and more."""
    return ((sums == 0) | (sums >= SMALL)).all(axis=-1)
