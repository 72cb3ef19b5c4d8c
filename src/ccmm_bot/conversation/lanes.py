"""One message of one sender at a time, so that nobody has to wait behind a hundred messages of somebody else.

Everything a process has under way then belongs to different senders: a noisy one has one message in the store's hands and the rest
in its own line. It also keeps a sender's messages in the order they came, and out of each other's way: two changes of one
conversation at once are work done twice on PostgreSQL.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Hashable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field


@dataclass(slots=True)
class _Lane:
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    users: int = 0


class Lanes:
    """One lane for each sender who has something under way. Use it from one event loop."""

    def __init__(self) -> None:
        self._lanes: dict[Hashable, _Lane] = {}

    @asynccontextmanager
    async def turn(self, sender: Hashable) -> AsyncIterator[None]:
        """Wait for one's turn in the sender's lane, first come first served, and pass it on."""
        lane = self._lanes.setdefault(sender, _Lane())
        lane.users += 1
        try:
            async with lane.turn:
                yield
        finally:
            lane.users -= 1
            if not lane.users:
                del self._lanes[sender]
