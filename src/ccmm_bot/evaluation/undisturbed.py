"""Keeps the garbage collector from walking through everything there is while a data set is read and its tables are made."""

from __future__ import annotations

import gc
import threading
from collections.abc import Iterator
from contextlib import contextmanager

_LOCK = threading.Lock()
_inside = 0


@contextmanager
def undisturbed() -> Iterator[None]:
    """What is there by now is not looked through: it stays for as long anyway. One in another, and several threads, are fine.

    Ten thousand people read make the collector look through all libraries several times over, a tenth of the whole work.
    """
    global _inside  # noqa: PLW0603 - the collector is one for the whole process, too
    with _LOCK:
        _inside += 1
        gc.freeze()
    try:
        yield
    finally:
        with _LOCK:
            _inside -= 1
            if not _inside:
                gc.unfreeze()
