"""Not faster than the provider takes it: one queue a sender, one pause a chat.

Waiting is first come, first served among conversations, and a conversation waits for one message at a time; so one that has fifty
messages to send takes every other turn at most. Turns are shared by every process that sends (:mod:`ccmm_bot.store.slots`): each
takes as many as it has use for in the next tenth of a second, and at least one.
"""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass, field
from typing import Final, Protocol

from ccmm_bot.channels.rates import Rates
from ccmm_bot.messages import ChannelKind

#: One of our senders: (channel, account).
Via = tuple[ChannelKind, str]

_REMEMBERED = 10_000  # chats
#: How far ahead a process takes turns: so much of them is lost when it dies.
_AHEAD_S: Final = 0.1


class Turns(Protocol):
    """Where turns come from when several processes send."""

    async def take(self, channel: ChannelKind, account: str, count: int, every_s: float) -> float:
        """Take turns in a row; in how many seconds the first one comes."""

    async def chat_free_in(self, conversation_id: str, every_s: float) -> float:
        """In how many seconds a chat may get another message, as far as other processes are concerned."""


class OwnTurns:
    """Turns of one process that is alone."""

    def __init__(self) -> None:
        self._free_at: dict[Via, float] = {}

    async def take(self, channel: ChannelKind, account: str, count: int, every_s: float) -> float:
        """The next ones."""
        now = asyncio.get_running_loop().time()
        first = max(self._free_at.get((channel, account), now), now)
        self._free_at[channel, account] = first + count * every_s
        return first - now

    async def chat_free_in(self, conversation_id: str, every_s: float) -> float:
        """Nobody else sends."""
        return 0.0


@dataclass(slots=True)
class _Sender:
    every_s: float | None  # between two messages
    turns: asyncio.Lock = field(default_factory=asyncio.Lock)  # first come, first served
    waiting: int = 0
    taken: deque[float] = field(default_factory=deque)  # turns in hand, by the loop's clock
    paused_until: float = 0.0
    refused: dict[str, float] = field(default_factory=dict)  # chat → until when its refusal lasts


class Pace:
    """Everybody's turns, on one event loop."""

    def __init__(self, turns: Turns | None = None) -> None:
        self._turns = turns or OwnTurns()
        self._senders: dict[Via, _Sender] = {}
        self._chats: dict[str, float] = {}  # chat → when its next message may go

    async def turn(self, via: Via, chat: str, rates: Rates) -> None:
        """Wait for the turn of the next message of ``chat``. A chat asks for one turn at a time."""
        loop = asyncio.get_running_loop()
        sender = self._sender(via, rates)
        if rates.chat is not None:
            known = self._chats.get(chat)
            free = await self._turns.chat_free_in(chat, 1 / rates.chat) if known is None else known - loop.time()
            await asyncio.sleep(max(free, 0))
        while True:
            await self._own_turn(via, sender)
            if (wait := sender.paused_until - loop.time()) <= 0:
                break
            await asyncio.sleep(wait)
        if rates.chat is not None:
            self._note(chat, loop.time() + 1 / rates.chat)

    async def _own_turn(self, via: Via, sender: _Sender) -> None:
        if sender.every_s is None:
            return
        loop = asyncio.get_running_loop()
        sender.waiting += 1
        try:
            async with sender.turns:
                while sender.taken and sender.taken[0] < loop.time() - max(sender.every_s, _AHEAD_S):
                    sender.taken.popleft()  # whoever it was for is gone; many turns at once are none
                if not sender.taken:
                    count = max(1, min(sender.waiting, int(_AHEAD_S / sender.every_s)))
                    first = await self._turns.take(*via, count, sender.every_s) + loop.time()
                    sender.taken.extend(first + n * sender.every_s for n in range(count))
                await asyncio.sleep(max(sender.taken.popleft() - loop.time(), 0))
        finally:
            sender.waiting -= 1

    def refused(self, via: Via, chat: str, delay_s: float) -> None:
        """The provider said "too many requests". Where it says so in two chats at a time, it means the sender: all of it pauses."""
        sender = self._senders.get(via)
        if sender is None:
            return
        now = asyncio.get_running_loop().time()
        sender.refused = {each: until for each, until in sender.refused.items() if until > now}
        if any(each != chat for each in sender.refused):
            sender.paused_until = max(sender.paused_until, now + delay_s)
        sender.refused[chat] = now + delay_s

    def _sender(self, via: Via, rates: Rates) -> _Sender:
        found = self._senders.get(via)
        if found is None:
            found = self._senders[via] = _Sender(None if rates.sender is None else 1 / rates.sender)
        return found

    def _note(self, chat: str, free_at: float) -> None:
        if len(self._chats) >= _REMEMBERED:
            now = asyncio.get_running_loop().time()
            self._chats = {each: until for each, until in self._chats.items() if until > now}
        self._chats[chat] = free_at
