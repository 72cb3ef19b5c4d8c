"""One message of one sender at a time, so that nobody has to wait behind a hundred messages of somebody else.

Everything a process has under way then belongs to different senders: a noisy one has one message in the store's hands and the rest
in its own line. It also keeps a sender's messages in the order they came, and out of each other's way: two changes of one
conversation at once are work done twice on PostgreSQL.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Hashable


class Lanes:
    """One lane for each sender who has something under way. Use it from one event loop."""

    def __init__(self) -> None:
        self._lanes: dict[Hashable, deque[asyncio.Future[None]]] = {}

    def turn(self, sender: Hashable) -> Turn:
        """``async with`` it: wait for one's turn in the sender's lane, first come first served, and pass it on."""
        return Turn(self._lanes, sender)


class Turn:
    """One's turn in a lane."""

    __slots__ = ("_lanes", "_sender")

    def __init__(self, lanes: dict[Hashable, deque[asyncio.Future[None]]], sender: Hashable) -> None:
        self._lanes = lanes
        self._sender = sender

    async def __aenter__(self) -> None:
        """Wait for it."""
        behind = self._lanes.get(self._sender)
        if behind is None:
            self._lanes[self._sender] = deque()
            return
        mine: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        behind.append(mine)
        try:
            await mine
        except asyncio.CancelledError:
            if mine.done() and not mine.cancelled():
                self._pass_on()  # it had just become ours
            raise

    async def __aexit__(self, *_error: object) -> None:
        """Pass it on."""
        self._pass_on()

    def _pass_on(self) -> None:
        behind = self._lanes[self._sender]
        while behind:
            following = behind.popleft()
            if not following.done():  # else whoever waited has gone
                following.set_result(None)
                return
        del self._lanes[self._sender]
