"""Takes committed messages to their channels: at once, in order, and never the same one twice.

Each conversation is a lane: one message at a time, in the order they were written. A message is marked ``sending`` and that is
committed before its provider is called; what became of it is written down after. A definite "not now" keeps its place in the
lane. An unknown outcome is never sent again from here: receipts, and a look at what the provider holds, may settle it; until
then staff see it.

What a crash, a restart or another process left behind is found by looking at the outbox now and then (:meth:`Sender.sweep`).
"""

from __future__ import annotations

import asyncio
import logging
import os
import socket
from collections import OrderedDict, deque
from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Protocol, runtime_checkable

from ccmm_bot.channels.registry import Channels
from ccmm_bot.conversation.works import Receipt
from ccmm_bot.messages import OutboundMessage, RefusedRetry, SendOutcome, Sent, Unknown
from ccmm_bot.store.outbox import Outbox, Reconcile

_log = logging.getLogger(__name__)

LEASE_S = 120.0  # longer than any call to a provider may take
_SHORT_DELAY_S = 30.0  # a lane waits this long itself; longer refusals are left to the sweep
_CLOCKS_DIFFER_S = 0.05  # between the loop's clock and the one the store goes by
_CHANNEL_OFF_DELAY_S = 300.0
_SETTLE_WITHIN = timedelta(minutes=30)  # how long we go on asking the provider about an unknown outcome
_REMEMBERED = 10_000


@runtime_checkable
class Searchable(Protocol):
    """A channel whose provider can be asked what it holds."""

    async def find(self, message: OutboundMessage, *, since: datetime) -> tuple[str, ...]:
        """Provider ids of messages that may be this one, made at ``since`` or later."""


class Sender:
    """Sends for one process. Everything happens on one event loop; :meth:`hand_off` may be called from any thread."""

    def __init__(
        self,
        outbox: Outbox,
        channels: Channels,
        now: Callable[[], datetime],
        *,
        concurrency: int = 32,
        sweep_every_s: float = 5.0,
    ) -> None:
        self._outbox = outbox
        self._channels = channels
        self._now = now
        self._owner = f"{socket.gethostname()}:{os.getpid()}:{id(self):x}"
        self._calls = asyncio.Semaphore(concurrency)
        self._sweep_every_s = sweep_every_s
        self._lanes: dict[str, deque[str]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._sweeper: asyncio.Task[None] | None = None
        self._stopping = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._sent: OrderedDict[str, None] = OrderedDict()  # provider ids that are accounted for

    async def start(self) -> None:
        """Take up what was left behind, and go on looking for such."""
        self._loop = asyncio.get_running_loop()
        self._sweeper = self._loop.create_task(self._sweep_for_ever())

    async def stop(self, *, drain_s: float = 20.0) -> None:
        """Finish what has been handed in (for at most ``drain_s`` seconds), then stop. The rest stays pending in the store."""
        self._stopping.set()
        if self._sweeper is not None:
            self._sweeper.cancel()
            with suppress(asyncio.CancelledError):
                await self._sweeper
        if self._tasks:
            await asyncio.wait(set(self._tasks), timeout=drain_s)
        for task in tuple(self._tasks):
            task.cancel()
        if self._tasks:
            await asyncio.gather(*self._tasks, return_exceptions=True)

    def hand_off(self, conversation_id: str, ids: Iterable[str]) -> None:
        """Send these committed messages of one conversation, in this order. Returns at once.

        Before :meth:`start` and after :meth:`stop` nothing is taken: the messages stay pending, for the next sweep of any process.
        """
        wanted = tuple(ids)
        if not wanted or self._loop is None or self._stopping.is_set():
            return
        try:
            here = asyncio.get_running_loop() is self._loop
        except RuntimeError:
            here = False
        if here:
            self._enqueue(conversation_id, wanted)
        else:
            self._loop.call_soon_threadsafe(self._enqueue, conversation_id, wanted)

    def on_commit(self, receipt: Receipt) -> None:
        """Send what a committed event made: give this to ``Receiver.on_commit``."""
        self.hand_off(receipt.conversation_id, (message.id for message in receipt.outbound))

    async def idle(self) -> None:
        """Wait until nothing handed in is left to do: for tests and for a terminal that wants the answers before the prompt."""
        while self._tasks:
            await asyncio.wait(set(self._tasks))

    # --- lanes ---------------------------------------------------------------------------------------------------------

    def _enqueue(self, conversation_id: str, ids: tuple[str, ...]) -> None:
        lane = self._lanes.get(conversation_id)
        if lane is not None:
            lane.extend(each for each in ids if each not in lane)
            return
        self._lanes[conversation_id] = deque(ids)
        task = asyncio.get_running_loop().create_task(self._run_lane(conversation_id))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _run_lane(self, conversation_id: str) -> None:
        lane = self._lanes[conversation_id]
        try:
            while lane:
                outcome = await self._send_one(lane[0])
                if not isinstance(outcome, RefusedRetry):
                    lane.popleft()
                elif outcome.delay_s > _SHORT_DELAY_S or await self._interrupted(outcome.delay_s + _CLOCKS_DIFFER_S):
                    break  # it keeps its place in the store, and so do those behind it
        except Exception:
            # The store is in trouble. The messages are safe in it, and the sweep comes back to them.
            _log.exception("sending in one conversation was interrupted")
        finally:
            del self._lanes[conversation_id]

    async def _send_one(self, message_id: str) -> SendOutcome | None:
        """Claim, send, write down. ``None`` when the message is not ours to send: gone already, held, or suppressed."""
        async with self._calls:
            claimed = await self._outbox.claim([message_id], self._owner, LEASE_S)
            if not claimed:
                return None
            message = claimed[0]
            outcome = await self._call(message)
            if isinstance(outcome, Sent):
                self._remember(outcome.provider_message_id)
            elif isinstance(outcome, Unknown):
                _log.warning("nobody knows whether message %s was sent: %s", message.id, outcome.reason)
            await self._outbox.mark(message.id, outcome)
            return outcome

    async def _call(self, message: OutboundMessage) -> SendOutcome:
        channel = self._channels.get(message.channel, message.account)
        if channel is None:
            return RefusedRetry(code="channel_off", reason="the channel is off", delay_s=_CHANNEL_OFF_DELAY_S)
        try:
            return await channel.send(message)
        except Exception as error:
            _log.exception("a channel failed where it must not")
            return Unknown(reason=type(error).__name__)

    async def _interrupted(self, delay_s: float) -> bool:
        """Wait; ``True`` when we are told to stop meanwhile."""
        try:
            await asyncio.wait_for(self._stopping.wait(), timeout=delay_s)
        except TimeoutError:
            return False
        return True

    # --- what was left behind ------------------------------------------------------------------------------------------

    async def _sweep_for_ever(self) -> None:
        while True:
            try:
                await self.sweep()
            except Exception:
                _log.exception("looking for messages left behind failed")
            await asyncio.sleep(self._sweep_every_s)

    async def sweep(self) -> None:
        """Take up pending messages nobody looks after, and try to settle unknown outcomes."""
        adopted = await self._outbox.adopt(self._owner, self._now())
        for waiting in adopted.waiting:
            self.hand_off(waiting.conversation_id, waiting.ids)
        for unknown in adopted.unknown:
            await self._settle(unknown)

    async def _settle(self, unknown: Reconcile) -> None:
        """Look for the message at its provider. Exactly one that nobody else accounts for is it; anything else decides nothing."""
        message = unknown.message
        channel = self._channels.get(message.channel, message.account)
        if not isinstance(channel, Searchable) or self._now() - unknown.since > _SETTLE_WITHIN:
            return
        try:
            found = await channel.find(message, since=unknown.since)
        except Exception as error:
            _log.info("a provider could not be asked about an unknown outcome: %s", type(error).__name__)
            return
        unaccounted = [each for each in found if each not in self._sent]
        if len(unaccounted) == 1:
            self._remember(unaccounted[0])
            await self._outbox.mark(message.id, Sent(provider_message_id=unaccounted[0]))

    def _remember(self, provider_id: str) -> None:
        self._sent[provider_id] = None
        if len(self._sent) > _REMEMBERED:
            self._sent.popitem(last=False)
