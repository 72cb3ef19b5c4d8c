"""Takes committed messages to their channels: at once, in order, and never the same one twice.

Each conversation is a lane: one message at a time, in the order they were written. A message is marked ``sending`` and that is
committed before its provider is called; what became of it is written down after. A definite "not now" keeps its place in the lane.
An unknown outcome keeps the conversation back until receipts, or a look at what the provider holds, settle it
(:mod:`ccmm_bot.worker.settling`). Nobody sends faster than the provider takes it (:mod:`ccmm_bot.worker.pacing`).

What a crash, a restart or another process left behind is found by looking at the outbox now and then (:meth:`Sender.sweep`).
"""

from __future__ import annotations

import asyncio
import os
import socket
from collections import deque
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime

from ccmm_bot.channels.rates import rates_of
from ccmm_bot.channels.registry import Channels
from ccmm_bot.conversation.works import Receipt
from ccmm_bot.logs import get_logger
from ccmm_bot.messages import OutboundMessage, RefusedFinal, RefusedRetry, SendOutcome, Unknown
from ccmm_bot.store.outbox import Outbox
from ccmm_bot.worker.pacing import Pace, Via
from ccmm_bot.worker.settling import Settler

_log = get_logger(__name__)

CALL_S = 25.0  # everything that belongs to one message: uploading its buttons, sending it, its recording
LEASE_S = 28.0  # longer than a call, and shorter than a conversation may wait for an heir when we die in one
_SHORT_DELAY_S = 30.0  # a lane waits this long itself; longer refusals are left to the sweep
_CLOCKS_DIFFER_S = 0.05  # between the loop's clock and the one the store goes by
_CHANNEL_OFF_DELAY_S = 300.0
_TOO_MANY = ("429", "20429", "63018")  # what providers call "too many requests"


@dataclass(slots=True)
class _Lane:
    """One conversation's messages that were handed in."""

    via: Via | None  # our sender they go out by
    ids: deque[str]
    tried: set[str] = field(default_factory=set)  # those the store did not give out when asked
    has_turn: bool = False  # waited for already, and not used


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
        settler: Settler | None = None,
    ) -> None:
        self._outbox = outbox
        self._channels = channels
        self._now = now
        self._owner = f"{socket.gethostname()}:{os.getpid()}:{id(self):x}"
        self._calls = asyncio.Semaphore(concurrency)
        self._sweep_every_s = sweep_every_s
        self._pace = Pace(outbox.slots)
        self._settler = settler or Settler(outbox, channels, now)
        self._lanes: dict[str, _Lane] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._sweeper: asyncio.Task[None] | None = None
        self._stopping = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None

    @property
    def owner(self) -> str:
        """The name its messages are marked with while they are being sent."""
        return self._owner

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

    def hand_off(self, conversation_id: str, ids: Iterable[str], via: Via | None = None) -> None:
        """Send these committed messages of one conversation, in this order. Returns at once. ``via`` says by which sender of ours
        they go, so that they wait for its turn.

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
            self._enqueue(conversation_id, wanted, via)
        else:
            self._loop.call_soon_threadsafe(self._enqueue, conversation_id, wanted, via)

    def on_commit(self, receipt: Receipt) -> None:
        """Send what a committed event made: ``Receiver.sent_by``."""
        if receipt.outbound:
            first = receipt.outbound[0]
            ids = [message.id for message in receipt.outbound]
            self.hand_off(receipt.conversation_id, ids, (first.channel, first.account))

    async def idle(self) -> None:
        """Wait until nothing handed in is left to do: for tests and for a terminal that wants the answers before the prompt."""
        while self._tasks:
            await asyncio.wait(set(self._tasks))

    # --- lanes ---------------------------------------------------------------------------------------------------------

    def _enqueue(self, conversation_id: str, ids: tuple[str, ...], via: Via | None) -> None:
        lane = self._lanes.get(conversation_id)
        if lane is not None:
            lane.via = lane.via or via
            lane.ids.extend(each for each in ids if each not in lane.ids)
            return
        self._lanes[conversation_id] = _Lane(via, deque(ids))
        task = asyncio.get_running_loop().create_task(self._run_lane(conversation_id))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _run_lane(self, conversation_id: str) -> None:
        lane = self._lanes[conversation_id]
        try:
            while lane.ids:
                await self._turn(lane, conversation_id)
                outcome = await self._send_one(lane)
                match outcome:
                    case None:
                        await self._pass_over(lane, conversation_id)
                        continue
                    case RefusedRetry():
                        if lane.via is not None and outcome.code in _TOO_MANY:
                            self._pace.refused(lane.via, conversation_id, outcome.delay_s)
                        if outcome.delay_s > _SHORT_DELAY_S or await self._interrupted(outcome.delay_s + _CLOCKS_DIFFER_S):
                            break  # it keeps its place in the store, and so do those behind it
                    case Unknown():
                        break  # until it is settled
                    case _:
                        lane.ids.popleft()
                lane.has_turn = False
        except Exception:
            # The store is in trouble. The messages are safe in it, and the sweep comes back to them.
            _log.exception("sending in one conversation was interrupted")
        finally:
            del self._lanes[conversation_id]

    async def _turn(self, lane: _Lane, conversation_id: str) -> None:
        """Wait until our sender may send again. The message is not claimed yet, so that nothing is lost if we end meanwhile."""
        channel = None if lane.via is None else self._channels.get(*lane.via)
        if lane.via is not None and channel is not None and not lane.has_turn:
            await self._pace.turn(lane.via, conversation_id, rates_of(channel))
            lane.has_turn = True

    async def _pass_over(self, lane: _Lane, conversation_id: str) -> None:
        """The store did not give the next message out. If another one has to go first (one that was held), take that."""
        lane.tried.add(lane.ids.popleft())
        ready = await self._outbox.next_for(conversation_id)
        first = next((each for each in ready if each not in lane.tried), None)
        if ready and first == ready[0] and first not in lane.ids:
            lane.ids.extendleft(reversed([each for each in ready if each not in lane.ids]))

    async def _send_one(self, lane: _Lane) -> SendOutcome | None:
        """Claim, send, write down. ``None`` when the message is not ours to send: gone already, held, or suppressed."""
        async with self._calls:
            claimed = await self._outbox.claim([lane.ids[0]], self._owner, LEASE_S)
            if not claimed:
                return None
            message = claimed[0]
            outcome = await self._call(message)
        match outcome:
            case Unknown(reason=reason):
                _log.warning("nobody knows whether a message was sent", message=message.id, reason=reason)
            case RefusedFinal(code=code, ours=True) | RefusedRetry(code=code, ours=True):
                _log.error("a provider refuses our messages: a matter of our own set-up", channel=message.channel, code=code)
            case _:
                pass
        await self._outbox.mark(message.id, outcome)
        return outcome

    async def _call(self, message: OutboundMessage) -> SendOutcome:
        channel = self._channels.get(message.channel, message.account)
        if channel is None:
            return RefusedRetry(code="channel_off", reason="the channel is off", delay_s=_CHANNEL_OFF_DELAY_S)
        try:
            async with asyncio.timeout(CALL_S):
                return await channel.send(message)
        except TimeoutError:
            return Unknown(reason="no answer in time")
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
            self.hand_off(waiting.conversation_id, waiting.ids, (waiting.channel, waiting.account))
        for unknown in adopted.unknown:
            if await self._settler.settle(unknown):
                via = (unknown.message.channel, unknown.message.account)
                self.hand_off(unknown.conversation_id, await self._outbox.next_for(unknown.conversation_id), via)
