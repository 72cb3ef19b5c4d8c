"""Closing gaps as durable work: what people wrote while nobody here took messages is fetched from the provider, and taken.

A message goes through the conversation's own door under the provider's own id, so that one that did come before, or comes late by
its webhook, changes nothing. The rows of the gaps are the truth: a job says which one to look at.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import Final, Protocol, runtime_checkable
from uuid import UUID

from ccmm_bot.channels.registry import Channels
from ccmm_bot.channels.twilio.received import Received
from ccmm_bot.conversation.receive import Receiver
from ccmm_bot.logs import get_logger
from ccmm_bot.store import gaps
from ccmm_bot.store.session import Store
from ccmm_bot.store.tables import GapCause
from ccmm_bot.worker.jobs.port import Jobs

_log = get_logger(__name__)

#: The kind of the job that closes one gap.
RECONCILE: Final = "reconcile"


@runtime_checkable
class Keeps(Protocol):
    """A channel whose provider keeps what people wrote."""

    async def received(self, *, since: datetime, until: datetime) -> Received:
        """What came in a span of time."""


class Reconciling:
    """Finds open gaps and closes them. Any number of processes may do so at the same time."""

    def __init__(self, store: Store, channels: Channels, receiver: Receiver, jobs: Jobs, now: Callable[[], datetime]) -> None:
        self._store = store
        self._channels = channels
        self._receiver = receiver
        self._jobs = jobs
        self._now = now

    async def open(self, since: datetime, until: datetime, cause: GapCause) -> None:
        """Nobody took messages from ``since`` to ``until``."""
        now = self._now()
        begins = max(since, now - gaps.FURTHEST)
        opened = await asyncio.to_thread(gaps.open_gaps, self._store, since=begins, until=until, cause=cause, now=now)
        if opened:
            _log.warning("messages may have been missed", seconds=round((until - since).total_seconds()), count=len(opened))

    async def sweep(self) -> int:
        """Give every gap that is due a job; returns how many."""
        return await asyncio.to_thread(self._sweep)

    async def close(self, id: str) -> None:
        """Read the provider's list of one gap once, and take what we do not have."""
        gap_id = UUID(id.partition(".")[0])
        gap = await asyncio.to_thread(gaps.look, self._store, gap_id)
        if gap is None:
            return
        channel = self._channels.get(gap.channel, gap.account)
        missed = 0
        if isinstance(channel, Keeps):
            try:
                found = await channel.received(since=gap.since - gaps.MARGIN, until=gap.until + gaps.MARGIN)
                for message in found.messages:
                    receipt = await self._receiver.receive(message)
                    missed += not receipt.duplicate
            except Exception as error:
                # The provider, the network or our own database: whichever it is, what is left is taken later.
                _log.warning("a gap could not be closed yet", error=type(error).__name__)
            else:
                for raw, why in found.unreadable:
                    await self._receiver.quarantine(gap.channel, gap.account, raw, why)
                counts = {"found": len(found.messages), "missed": missed, "unreadable": len(found.unreadable)}
                await asyncio.to_thread(lambda: gaps.read_once(self._store, gap_id, **counts, now=self._now()))
                if missed:
                    _log.warning("messages were fetched after an outage", count=missed)
                return
        await asyncio.to_thread(lambda: gaps.not_read(self._store, gap_id, missed=missed, now=self._now()))

    def _sweep(self) -> int:
        found = gaps.due(self._store, self._now())
        if found:
            with self._store.installation(write=True) as session:
                for gap, account, when in found:
                    # Named by the time it was due: the next pass is another job. One sender's gaps go one after the other.
                    self._jobs.enqueue(session, RECONCILE, f"{gap.hex}.{int(when.timestamp())}", key=f"gaps.{account.hex}")
        return len(found)
