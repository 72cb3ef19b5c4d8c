"""What is logged during a test, heard by itself: it does not depend on what other tests, or a library, have set before."""

from __future__ import annotations

import io
import logging
from collections.abc import Iterator
from contextlib import contextmanager

from ccmm_bot.logs import configure


@contextmanager
def logged(level: str = "debug", *, as_json: bool = True) -> Iterator[io.StringIO]:
    """Everything that is logged meanwhile, as a service writes it. What was set before is set again."""
    root, own = logging.getLogger(), logging.getLogger("ccmm_bot")
    before = root.handlers[:], root.level, own.level, own.propagate, root.manager.disable
    stream = io.StringIO()
    configure(level, as_json=as_json, stream=stream)
    own.propagate = True
    logging.disable(logging.NOTSET)
    try:
        yield stream
    finally:
        root.handlers[:], own.propagate = before[0], before[3]
        root.setLevel(before[1])
        own.setLevel(before[2])
        logging.disable(before[4])
