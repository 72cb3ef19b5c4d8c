"""What a process that serves for long asks of the C library."""

from __future__ import annotations

import ctypes
from typing import Final

#: Of glibc's malloc.h (mallopt(3)).
_M_ARENA_MAX: Final = -8


def share_arenas() -> None:
    """Keep what threads allocate in one place.

    glibc gives each new thread a pool of memory of its own, eight for a processor, and what is free in one is of no use to the
    others. Our threads mostly wait; they do with one beside the main thread's. Three megabytes in an idle process. Has to be asked
    before the threads are there, and changes nothing where the C library is another.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_M_ARENA_MAX, 2)
