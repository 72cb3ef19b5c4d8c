"""Waiting for what happens in another task, thread or process."""

from __future__ import annotations

import asyncio
from collections.abc import Callable


async def until(condition: Callable[[], object], *, within_s: float | None = 20.0, every_s: float = 0.01) -> None:
    """Wait until ``condition`` holds. Raises :class:`TimeoutError` after ``within_s``; ``None``: never."""
    async with asyncio.timeout(within_s):
        while not condition():  # noqa: ASYNC110 - there is no event: it is not this loop that brings it about
            await asyncio.sleep(every_s)
