"""Messages on their way out, for whoever sends them.

The order within a conversation is strict: a message is only given out when every earlier one of its conversation is done, or is
given out with it. Marking ``sending`` is committed before the provider is called, so that after a crash nobody has to guess
whether a message that was pending might have been sent. A message whose outcome nobody knows keeps later ones back until it is
settled: found at the provider, known not to exist there and sent again, or given up and shown to staff.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

import orjson

from ccmm_bot.clock import Clock
from ccmm_bot.followup.hours import safe_hours
from ccmm_bot.messages import (
    ChannelKind,
    DeliveryStatus,
    OutboundMessage,
    RefusedFinal,
    RefusedRetry,
    SendOutcome,
    Sent,
    Template,
    Unknown,
)
from ccmm_bot.store import alarms, holding, moving
from ccmm_bot.store import outbox_sql as sql
from ccmm_bot.store.content import load_content
from ccmm_bot.store.gate import Candidate, Gate, Hold, OnlyTemplate, Pass, Suppress
from ccmm_bot.store.hot.work import Query, Rows, Runner, Work, as_time, as_uuid, marks
from ccmm_bot.store.keys import KeyRing
from ccmm_bot.store.sent import SentTogether
from ccmm_bot.store.slots import Slots
from ccmm_bot.store.tables import Purpose

#: A definite "not now" this many times over is a no.
MAX_ATTEMPTS: Final = 12

#: How long a committed message may wait for the process that committed it before another one takes it.
ORPHAN_AFTER: Final = timedelta(seconds=10)

#: How long one reconciliation of an unknown outcome may take before another process tries.
RECONCILE_LEASE: Final = timedelta(seconds=60)

#: When an unknown outcome is looked up first: providers list a new message after a moment, and receipts are faster anyway.
FIRST_LOOK: Final = timedelta(seconds=2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A conversation with messages that nobody is sending, in their order, and the sender they go out by."""

    conversation_id: str
    channel: ChannelKind
    account: str
    ids: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconcile:
    """A message of which nobody knows whether it was sent. ``message.id`` is our id, as the provider was given it."""

    message: OutboundMessage
    conversation_id: str
    since: datetime  # when it was written: it cannot have been sent earlier
    attempted_at: datetime  # when it was last handed to the provider


@dataclass(frozen=True, slots=True, kw_only=True)
class Adopted:
    """What a crash, a restart or a time-out left behind."""

    waiting: tuple[Waiting, ...]
    unknown: tuple[Reconcile, ...]


class Outbox:
    """The sender's view of the store."""

    def __init__(self, runner: Runner, keys: KeyRing, clock: Clock, gate: Gate) -> None:
        self._runner = runner
        self._keys = keys
        self._clock = clock
        self._gate = gate
        self.slots = Slots(runner, clock)
        self._sent: SentTogether | None = None

    async def claim(self, ids: Sequence[str], owner: str, lease_s: float) -> list[OutboundMessage]:
        """Mark messages ``sending`` for ``owner`` until the lease ends, and return those that may go out now, in order.

        Left out are messages somebody else has, those the gate holds or suppresses, and those with an earlier one still open.
        """
        keys = [UUID(text) for text in ids]
        if len(keys) == 1:
            # Nearly always there is nothing to decide: what waits is claimed along with others, without a transaction of its own.
            claimed = await self._runner.across(lambda: self._claim_plain(keys[0], owner, lease_s), optimistic=True)
            if claimed is not None:
                return [claimed]
        return [] if not keys else await self._runner.across(lambda: self._claim(keys, owner, lease_s))

    async def mark(self, message_id: str, outcome: SendOutcome) -> None:
        """Write down what became of a message that was claimed. Concurrent calls share a commit."""
        key = UUID(message_id)
        if isinstance(outcome, Sent):
            await self._mark_sent(key, outcome.provider_message_id)
        else:
            await self._runner.across(lambda: self._mark(key, outcome))

    async def _mark_sent(self, key: UUID, provider_id: str) -> None:
        """One statement for all that were sent at the same time. It needs no transaction around it."""
        sent = self._sent
        if sent is None or sent.begun:
            sent = self._sent = SentTogether(self._clock)
            done = sent.add(key, provider_id)
            task = asyncio.get_running_loop().create_task(self._runner.across(sent.work, optimistic=True))
            task.add_done_callback(sent.finished)
        else:
            done = sent.add(key, provider_id)
        await done

    async def next_for(self, conversation_id: str) -> tuple[str, ...]:
        """The ids of what is pending in a conversation and may be claimed now, in order."""
        key = UUID(conversation_id)
        return await self._runner.across(lambda: self._next_for(key))

    async def adopt(self, owner: str, now: datetime, limit: int = 200) -> Adopted:
        """Take over what nobody is looking after any more.

        Messages whose sender's lease ended become ``unknown``; those due to be looked up are leased to ``owner`` for it. Pending
        messages that are due, older than a moment and first in their conversation are listed by conversation, to be claimed.
        """
        return await self._runner.across(lambda: self._adopt(owner, now, limit))

    async def unaccounted(self, message_id: str, provider_ids: Sequence[str]) -> tuple[str, ...]:
        """Those of the provider's ids that belong to no other message of the same sender."""
        key, found = UUID(message_id), tuple(provider_ids)
        return () if not found else await self._runner.across(lambda: self._unaccounted(key, found))

    async def look_again(self, message_id: str, at: datetime) -> None:
        """Nothing could be learnt about an unknown outcome now; it is looked up again at ``at``."""
        key = UUID(message_id)
        await self._runner.across(lambda: self._look_again(key, at))

    async def give_up(self, message_id: str) -> None:
        """Nothing can be learnt about an unknown outcome any more: later messages go on, and staff are told."""
        key = UUID(message_id)
        await self._runner.across(lambda: self._give_up(key))

    # --- the work ------------------------------------------------------------------------------------------------------

    def _claim(self, ids: list[UUID], owner: str, lease_s: float) -> Work[list[OutboundMessage]]:
        now = self._clock.now()
        rows: Rows = yield Query(sql.CLAIMABLE.format(ids=marks(len(ids))), (*ids, *ids), lock="o")
        passed: list[OutboundMessage] = []
        taken: list[UUID] = []
        stopped: set[UUID] = set()  # conversations in which an earlier message has to wait
        for row in rows:
            key, conversation = as_uuid(row[0]), as_uuid(row[1])
            if conversation in stopped:
                continue
            if row[2] != DeliveryStatus.PENDING or row[11] or (row[4] is not None and as_time(row[4]) > now):
                stopped.add(conversation)
                if row[11] and self._candidate(row, now).just_wrote:
                    yield Query(sql.AWAKE, (now, conversation, now))
                continue
            candidate = self._candidate(row, now)
            match self._gate(candidate):
                case Pass():
                    if row[16] and (yield from holding.reopen(self._keys, key, conversation, now)):
                        stopped.add(conversation)  # what was held back for this moment goes first
                        continue
                    taken.append(key)
                    passed.append(self._message(key, row[5:9]))
                case Hold(until=until):
                    stopped.add(conversation)
                    yield Query("UPDATE outbox SET not_before = ?, updated_at = ? WHERE id = ?", (until, now, key))
                case Suppress(code=code):
                    yield Query(sql.SUPPRESS, (code, now, key))
                case OnlyTemplate():
                    message = self._message(key, row[5:9])
                    template = yield from holding.outside(self._keys, key, message.content, now)
                    if template is not None:
                        taken.append(key)
                        passed.append(self._message(key, row[5:9], template))
        if taken:
            until = now + timedelta(seconds=lease_s)
            yield Query(sql.TAKE.format(ids=marks(len(taken))), (owner, until, now, now, *taken))
        return passed

    def _claim_plain(self, key: UUID, owner: str, lease_s: float) -> Work[OutboundMessage | None]:
        """One message that simply goes out now; ``None`` where there is more to it. It is taken only where nobody was faster."""
        now = self._clock.now()
        rows: Rows = yield Query(sql.CLAIMABLE.format(ids=marks(1)), (key, key))
        for row in rows:
            if row[2] != DeliveryStatus.PENDING or row[11] or row[16] or (row[4] is not None and as_time(row[4]) > now):
                return None
            if isinstance(self._gate(self._candidate(row, now)), Pass):
                taken = yield Query(sql.TAKE_ONE, (owner, now + timedelta(seconds=lease_s), now, now, key))
                return self._message(key, row[5:9]) if taken else None
        return None

    @staticmethod
    def _candidate(row: Sequence[Any], now: datetime) -> Candidate:
        return Candidate(
            purpose=Purpose(row[3]),
            opted_out=row[9] is not None,
            never=row[10] == "never",
            contact_refused=row[13] is not None and not row[13],
            zone=ZoneInfo(row[12]),
            now=now,
            channel=ChannelKind(row[6]),
            last_inbound_at=None if row[14] is None else as_time(row[14]),
            outside_window=bool(row[15]),
            safe=safe_hours(row[17], row[18]),
            office=safe_hours(row[19], row[20]),
            automatic=bool(row[21]),
        )

    def _message(self, key: UUID, row: Sequence[Any], template: Template | None = None) -> OutboundMessage:
        content, channel, account, address = row
        return OutboundMessage(
            id=str(key),
            channel=ChannelKind(channel),
            account=account,
            to=self._keys.open_text(b"contact_point.address", bytes(address)),
            content=load_content(orjson.loads(self._keys.open(b"outbox.content", bytes(content)))),
            template=template,
        )

    def _mark(self, key: UUID, outcome: SendOutcome) -> Work[None]:
        now = self._clock.now()
        match outcome:
            case Sent():
                pass  # goes along with others
            case RefusedFinal(code=code, opted_out=opted_out, ours=ours):
                yield Query(sql.REFUSED, (code, now, key))
                if opted_out:
                    yield from alarms.opt_out_by_provider(key, now, code)
                else:
                    yield from alarms.flag_message(key, alarms.SET_UP if ours else alarms.NOT_SENT, now)
            case RefusedRetry(code=code, delay_s=delay_s, ours=ours):
                until = now + timedelta(seconds=delay_s)
                rows: Rows = yield Query(sql.LATER, (MAX_ATTEMPTS, code, until, now, key))
                failed = any(row[0] == DeliveryStatus.FAILED for row in rows)
                if ours or failed:
                    yield from alarms.flag_message(key, alarms.SET_UP if ours else alarms.NOT_SENT, now)
            case Unknown():
                yield Query(sql.UNKNOWN, (now + FIRST_LOOK, now, key))

    def _next_for(self, conversation: UUID) -> Work[tuple[str, ...]]:
        rows: Rows = yield Query(sql.OF_CONVERSATION, (conversation,))
        now = self._clock.now()
        ready: list[str] = []
        for key, status, not_before, lease_until in rows:
            if status == DeliveryStatus.UNKNOWN and lease_until is None:
                continue  # given up
            if status != DeliveryStatus.PENDING or (not_before is not None and as_time(not_before) > now):
                break
            ready.append(str(as_uuid(key)))
        return tuple(ready)

    def _adopt(self, owner: str, now: datetime, limit: int) -> Work[Adopted]:
        yield Query(sql.ABANDONED, (now,))
        yield from holding.free(now)
        yield from moving.move_waiting(now)
        yield from holding.expire(now)
        rows: Rows = yield Query(sql.LOOK_UP, (now, limit), lock="o")
        unknown = tuple(
            Reconcile(
                message=self._message(as_uuid(row[0]), row[1:5]),
                conversation_id=str(as_uuid(row[7])),
                since=as_time(row[5]),
                attempted_at=as_time(row[5] if row[6] is None else row[6]),
            )
            for row in rows
        )
        if rows:
            leased = (owner, now + RECONCILE_LEASE, *(as_uuid(row[0]) for row in rows))
            yield Query(sql.LEASE.format(ids=marks(len(rows))), leased)
        rows = yield Query(sql.WAITING, (now - ORPHAN_AFTER, now, now, limit))
        waiting: dict[tuple[str, str, str], list[str]] = {}
        for key, conversation, channel, account in rows:
            waiting.setdefault((str(as_uuid(conversation)), channel, account), []).append(str(as_uuid(key)))
        return Adopted(
            waiting=tuple(
                Waiting(conversation_id=name, channel=ChannelKind(channel), account=account, ids=tuple(ids))
                for (name, channel, account), ids in waiting.items()
            ),
            unknown=unknown,
        )

    def _unaccounted(self, key: UUID, found: tuple[str, ...]) -> Work[tuple[str, ...]]:
        rows: Rows = yield Query(sql.ACCOUNTED.format(ids=marks(len(found))), (key, *found))
        taken = {row[0] for row in rows}
        return tuple(each for each in found if each not in taken)

    def _look_again(self, key: UUID, at: datetime) -> Work[None]:
        yield Query(sql.UNKNOWN, (at, self._clock.now(), key))

    def _give_up(self, key: UUID) -> Work[None]:
        now = self._clock.now()
        yield Query(sql.UNKNOWN, (None, now, key))
        yield from alarms.flag_message(key, alarms.NOT_KNOWN, now)
