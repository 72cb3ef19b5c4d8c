"""Not faster than the provider takes it: one bucket a sender, one pause a chat.

Waiting is first come, first served among conversations, and a conversation waits for one message at a time; so one that has fifty
messages to send takes every other turn at most. Pacing is for one process: where several send for the same number, each keeps to
the rate on its own, and the provider's refusals (429) do the rest.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from aiolimiter import AsyncLimiter

from ccmm_bot.channels.rates import Rates
from ccmm_bot.messages import ChannelKind

#: One of our senders: (channel, account).
Via = tuple[ChannelKind, str]

_REMEMBERED = 10_000  # chats


@dataclass(slots=True)
class _Sender:
    limiter: AsyncLimiter | None
    paused_until: float = 0.0
    refused: dict[str, float] = field(default_factory=dict)  # chat → until when its refusal lasts


class Pace:
    """Everybody's turns, on one event loop."""

    def __init__(self) -> None:
        self._senders: dict[Via, _Sender] = {}
        self._chats: dict[str, float] = {}  # chat → when its next message may go

    async def turn(self, via: Via, chat: str, rates: Rates) -> None:
        """Wait for the turn of the next message of ``chat``. A chat asks for one turn at a time."""
        loop = asyncio.get_running_loop()
        sender = self._sender(via, rates)
        if rates.chat is not None and (wait := self._chats.get(chat, 0.0) - loop.time()) > 0:
            await asyncio.sleep(wait)
        while True:
            if sender.limiter is not None:
                await sender.limiter.acquire()
            if (wait := sender.paused_until - loop.time()) <= 0:
                break
            await asyncio.sleep(wait)
        if rates.chat is not None:
            self._note(chat, loop.time() + 1 / rates.chat)

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
            # One at a time, evenly: a bucket of a second's worth would let twice the rate through in the first second.
            limiter = None if rates.sender is None else AsyncLimiter(1, 1 / rates.sender)
            found = self._senders[via] = _Sender(limiter)
        return found

    def _note(self, chat: str, free_at: float) -> None:
        if len(self._chats) >= _REMEMBERED:
            now = asyncio.get_running_loop().time()
            self._chats = {each: until for each, until in self._chats.items() if until > now}
        self._chats[chat] = free_at
