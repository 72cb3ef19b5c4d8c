"""Telling open pages that something happened, so that they look again: one look at the database for all of them.

Each process looks by itself, and only while somebody has a page open: any number of processes, on either database, need nothing
between them. What happened is not said, only that something did: the page asks for it as itself, with its own rights.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Callable
from typing import Final, Protocol
from uuid import UUID

from sqlalchemy.exc import SQLAlchemyError

from ccmm_bot.logs import get_logger

#: How often is looked, in seconds.
EVERY_S: Final = 0.25
#: What follows by itself is told a second time: a message that was just written is sent a moment later, which adds no row.
ECHO_S: Final = 1.5
#: How often a silent stream says that it lives, so that nothing on the way takes it for dead.
BEAT_S: Final = 15.0
#: A stream ends after this; the browser opens the next one by itself, and is asked again who it is.
LASTS_S: Final = 60.0
_AFTER_A_FAILURE_S: Final = 5.0

_log = get_logger(__name__)


class Looking(Protocol):
    """What :class:`ccmm_bot.store.news.News` does."""

    def look(self) -> frozenset[UUID]:
        """The agencies in which something happened since the last look."""


class Newsroom:
    """The open pages of one process. ``making``: begins to look."""

    def __init__(self, making: Callable[[], Looking]) -> None:
        self._making = making
        self._listening: dict[UUID, set[asyncio.Event]] = {}
        self._looking: asyncio.Task[None] | None = None
        self._closed = False

    @property
    def looking(self) -> bool:
        """Whether the database is looked at."""
        return self._looking is not None

    def close(self) -> None:
        """End every stream: the process is about to stop, and would wait for them."""
        self._closed = True
        for each in self._events():
            each.set()

    async def listen(self, agency: UUID) -> AsyncGenerator[str, None]:
        """Server-sent events (HTML, "Server-sent events") for one page of an agency."""
        event = asyncio.Event()
        self._listening.setdefault(agency, set()).add(event)
        if self._looking is None:
            self._looking = asyncio.create_task(self._look())
        until = asyncio.get_running_loop().time() + LASTS_S
        try:
            yield "retry: 500\n\n"
            while not self._closed and asyncio.get_running_loop().time() < until:
                try:
                    await asyncio.wait_for(event.wait(), BEAT_S)
                except TimeoutError:
                    yield ": still here\n\n"
                    continue
                if not self._closed:
                    event.clear()
                    yield "data: look\n\n"
        finally:
            self._leave(agency, event)

    def _leave(self, agency: UUID, event: asyncio.Event) -> None:
        self._listening[agency].discard(event)
        if not self._listening[agency]:
            del self._listening[agency]
        if not self._listening and self._looking is not None:
            self._looking.cancel()
            self._looking = None

    async def _look(self) -> None:
        with contextlib.suppress(asyncio.CancelledError):
            looking, loop = self._making(), asyncio.get_running_loop()
            again: dict[UUID, float] = {}
            while True:
                try:
                    found = await asyncio.to_thread(looking.look)
                except SQLAlchemyError as problem:
                    _log.warning("news.not_read", error=type(problem))
                    await asyncio.sleep(_AFTER_A_FAILURE_S)
                    continue
                now = loop.time()
                due = {agency for agency, at in again.items() if at <= now}
                again = {agency: at for agency, at in again.items() if at > now} | dict.fromkeys(found, now + ECHO_S)
                for agency in found | due:
                    for each in self._listening.get(agency, ()):
                        each.set()
                await asyncio.sleep(EVERY_S)

    def _events(self) -> list[asyncio.Event]:
        return [each for events in self._listening.values() for each in events]
