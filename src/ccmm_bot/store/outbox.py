"""Messages on their way out, for whoever sends them.

The order within a conversation is strict: a message is only given out when every earlier one of its conversation is done, or is
given out with it. Marking ``sending`` is committed before the provider is called, so that after a crash nobody has to guess
whether a message that was pending might have been sent.
"""

# ruff: noqa: S608 - statements are put together from constants of this module and parameter marks, never from data

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

import orjson

from ccmm_bot.clock import Clock
from ccmm_bot.messages import (
    ChannelKind,
    DeliveryStatus,
    OutboundMessage,
    RefusedFinal,
    RefusedRetry,
    SendOutcome,
    Sent,
    Unknown,
)
from ccmm_bot.store.content import load_content
from ccmm_bot.store.hot.work import Query, Rows, Runner, Work, as_time, as_uuid, marks
from ccmm_bot.store.keys import KeyRing
from ccmm_bot.store.tables import Purpose
from ccmm_bot.store.types import uuid7

#: A definite "not now" this many times over is a no.
MAX_ATTEMPTS: Final = 12

#: How long a committed message may wait for the process that committed it before another one takes it.
ORPHAN_AFTER: Final = timedelta(seconds=10)

#: How long one reconciliation of an unknown outcome may take before another process tries.
RECONCILE_LEASE: Final = timedelta(seconds=60)

_OPEN: Final = "('pending', 'sending', 'unknown')"


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """What the gate is asked about, at the last moment before sending."""

    purpose: Purpose
    opted_out: bool
    never: bool  # staff marked the contact point: never write there first
    contact_refused: bool  # the person said she does not want to be contacted
    zone: ZoneInfo
    now: datetime


@dataclass(frozen=True, slots=True)
class Pass:
    """Send it."""


@dataclass(frozen=True, slots=True)
class Hold:
    """Not now: not before ``until``."""

    until: datetime


@dataclass(frozen=True, slots=True)
class Suppress:
    """Never; ``code`` says why and is kept with the message."""

    code: str


Verdict = Pass | Hold | Suppress
Gate = Callable[[Candidate], Verdict]


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A conversation with messages that nobody is sending, in their order."""

    conversation_id: str
    ids: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconcile:
    """A message of which nobody knows whether it was sent. ``message.id`` is our id, as the provider was given it."""

    message: OutboundMessage
    since: datetime  # when it was written: it cannot have been sent earlier


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

    async def claim(self, ids: Sequence[str], owner: str, lease_s: float) -> list[OutboundMessage]:
        """Mark messages ``sending`` for ``owner`` until the lease ends, and return those that may go out now, in order.

        Left out are messages somebody else has, those the gate holds or suppresses, and those with an earlier one still open.
        """
        keys = [UUID(text) for text in ids]
        return [] if not keys else await self._runner.run(lambda: self._claim(keys, owner, lease_s))

    async def mark(self, message_id: str, outcome: SendOutcome) -> None:
        """Write down what became of a message that was claimed. Concurrent calls share a commit."""
        key = UUID(message_id)
        await self._runner.run(lambda: self._mark(key, outcome))

    async def release(self, ids: Sequence[str]) -> None:
        """Give back claimed messages that were not handed to the provider (an earlier one could not be sent)."""
        keys = [UUID(text) for text in ids]
        if keys:
            await self._runner.run(lambda: self._release(keys))

    async def next_for(self, conversation_id: str) -> tuple[str, ...]:
        """The ids of what is pending in a conversation and may be claimed now, in order."""
        key = UUID(conversation_id)
        return await self._runner.run(lambda: self._next_for(key))

    async def adopt(self, owner: str, now: datetime, limit: int = 200) -> Adopted:
        """Take over what nobody is looking after any more.

        Messages whose sender's lease ended become ``unknown`` and are leased to ``owner`` for reconciliation, with unknown
        outcomes of its own; pending messages that are due and older than a moment are listed by conversation, to be claimed.
        """
        return await self._runner.run(lambda: self._adopt(owner, now, limit))

    # --- the work ------------------------------------------------------------------------------------------------------

    def _claim(self, ids: list[UUID], owner: str, lease_s: float) -> Work[list[OutboundMessage]]:
        now = self._clock.now()
        rows: Rows = yield Query(_CLAIMABLE.format(ids=marks(len(ids))), (*ids, *ids), lock="o")
        passed: list[OutboundMessage] = []
        taken: list[UUID] = []
        stopped: set[UUID] = set()  # conversations in which an earlier message has to wait
        for row in rows:
            key, conversation = as_uuid(row[0]), as_uuid(row[1])
            if conversation in stopped:
                continue
            if row[2] != DeliveryStatus.PENDING or row[11] or (row[4] is not None and as_time(row[4]) > now):
                stopped.add(conversation)
                continue
            verdict = self._gate(
                Candidate(
                    purpose=Purpose(row[3]),
                    opted_out=row[9] is not None,
                    never=row[10] == "never",
                    contact_refused=row[13] is not None and not row[13],
                    zone=ZoneInfo(row[12]),
                    now=now,
                )
            )
            match verdict:
                case Pass():
                    taken.append(key)
                    passed.append(self._message(key, row[5:9]))
                case Hold(until=until):
                    stopped.add(conversation)
                    yield Query("UPDATE outbox SET not_before = ?, updated_at = ? WHERE id = ?", (until, now, key))
                case Suppress(code=code):
                    yield Query(
                        "UPDATE outbox SET status = 'suppressed', error_code = ?, updated_at = ? WHERE id = ?", (code, now, key)
                    )
        if taken:
            yield Query(
                "UPDATE outbox SET status = 'sending', owner = ?, lease_until = ?, attempts = attempts + 1, updated_at = ? "
                f"WHERE id IN ({marks(len(taken))})",
                (owner, now + timedelta(seconds=lease_s), now, *taken),
            )
        return passed

    def _message(self, key: UUID, row: Sequence[Any]) -> OutboundMessage:
        content, channel, account, address = row
        return OutboundMessage(
            id=str(key),
            channel=ChannelKind(channel),
            account=account,
            to=self._keys.open_text(b"contact_point.address", bytes(address)),
            content=load_content(orjson.loads(self._keys.open(b"outbox.content", bytes(content)))),
        )

    def _mark(self, key: UUID, outcome: SendOutcome) -> Work[None]:
        now = self._clock.now()
        match outcome:
            case Sent(provider_message_id=provider_id):
                # A receipt may have been faster than this: never move a message backwards.
                yield Query(
                    "UPDATE outbox SET status = CASE WHEN status IN ('pending', 'sending', 'unknown') THEN 'sent' ELSE status END, "
                    "provider_message_id = ?, sent_at = ?, lease_until = NULL, updated_at = ? WHERE id = ?",
                    (provider_id, now, now, key),
                )
            case RefusedFinal(code=code, opted_out=opted_out):
                yield Query(
                    "UPDATE outbox SET status = 'failed', error_code = ?, lease_until = NULL, updated_at = ? WHERE id = ?",
                    (code, now, key),
                )
                if opted_out:
                    yield from opt_out_by_provider(key, now, code)
            case RefusedRetry(code=code, delay_s=delay_s):
                yield Query(
                    "UPDATE outbox SET status = CASE WHEN attempts >= ? THEN 'failed' ELSE 'pending' END, error_code = ?, "
                    "not_before = ?, owner = NULL, lease_until = NULL, updated_at = ? "
                    "WHERE id = ? AND status IN ('pending', 'sending', 'unknown')",
                    (MAX_ATTEMPTS, code, now + timedelta(seconds=delay_s), now, key),
                )
            case Unknown():
                yield Query(
                    "UPDATE outbox SET status = 'unknown', owner = NULL, lease_until = NULL, updated_at = ? "
                    "WHERE id = ? AND status IN ('sending', 'unknown')",
                    (now, key),
                )

    def _release(self, ids: list[UUID]) -> Work[None]:
        yield Query(
            "UPDATE outbox SET status = 'pending', owner = NULL, lease_until = NULL, attempts = attempts - 1, updated_at = ? "
            f"WHERE id IN ({marks(len(ids))}) AND status = 'sending'",
            (self._clock.now(), *ids),
        )

    def _next_for(self, conversation: UUID) -> Work[tuple[str, ...]]:
        rows: Rows = yield Query(
            f"SELECT id, status, not_before FROM outbox WHERE conversation_id = ? AND status IN {_OPEN} ORDER BY seq",
            (conversation,),
        )
        now = self._clock.now()
        ready: list[str] = []
        for key, status, not_before in rows:
            if status == DeliveryStatus.UNKNOWN:
                continue
            if status != DeliveryStatus.PENDING or (not_before is not None and as_time(not_before) > now):
                break
            ready.append(str(as_uuid(key)))
        return tuple(ready)

    def _adopt(self, owner: str, now: datetime, limit: int) -> Work[Adopted]:
        yield Query(
            f"UPDATE outbox SET status = 'unknown', owner = NULL, lease_until = NULL "
            f"WHERE status IN {_OPEN} AND status = 'sending' AND lease_until < ?",
            (now,),
        )
        rows: Rows = yield Query(_UNKNOWN, (now, limit), lock="o")
        unknown = tuple(Reconcile(message=self._message(as_uuid(row[0]), row[1:5]), since=as_time(row[5])) for row in rows)
        if rows:
            yield Query(
                f"UPDATE outbox SET owner = ?, lease_until = ? WHERE id IN ({marks(len(rows))})",
                (owner, now + RECONCILE_LEASE, *(as_uuid(row[0]) for row in rows)),
            )
        waiting: dict[str, list[str]] = {}
        rows = yield Query(_WAITING, (now - ORPHAN_AFTER, now, limit))
        for key, conversation in rows:
            waiting.setdefault(str(as_uuid(conversation)), []).append(str(as_uuid(key)))
        return Adopted(
            waiting=tuple(Waiting(conversation_id=name, ids=tuple(ids)) for name, ids in waiting.items()), unknown=unknown
        )


def opt_out_by_provider(outbox_id: UUID, now: datetime, code: str) -> Work[None]:
    """The provider says the person blocked us or unsubscribed: the ledger learns it, with an entry in the audit."""
    rows: Rows = yield Query(
        "UPDATE contact_point SET opted_out_at = ? WHERE opted_out_at IS NULL AND id = (SELECT c.contact_point_id FROM outbox o "
        "JOIN conversation c ON c.id = o.conversation_id WHERE o.id = ?) RETURNING id, agency_id",
        (now, outbox_id),
    )
    for contact_point, agency in rows:
        yield Query(
            "INSERT INTO audit (id, agency_id, at, actor_kind, action, subject_kind, subject_id, detail) "
            "VALUES (?, ?, ?, 'system', 'contact.opted_out', 'contact_point', ?, ?)",
            (uuid7(), as_uuid(agency), now, as_uuid(contact_point), orjson.dumps({"by": "provider", "code": code}).decode()),
        )


_SELECT_MESSAGE: Final = """
FROM outbox o
JOIN conversation c ON c.id = o.conversation_id
JOIN contact_point p ON p.id = c.contact_point_id
JOIN channel_account a ON a.id = o.account_id
JOIN agency g ON g.id = o.agency_id
"""

_CLAIMABLE: Final = f"""
SELECT o.id, o.conversation_id, o.status, o.purpose, o.not_before, o.content, a.channel, a.account, p.address, p.opted_out_at,
 p.safety,
 EXISTS (SELECT 1 FROM outbox e WHERE e.conversation_id = o.conversation_id AND e.status IN {_OPEN} AND e.status <> 'unknown'
         AND e.seq < o.seq AND e.id NOT IN ({{ids}})),
 g.timezone,
 (SELECT k.given FROM consent k WHERE k.person_id = c.person_id AND k.kind = 'contact' ORDER BY k.at DESC LIMIT 1)
{_SELECT_MESSAGE}
WHERE o.id IN ({{ids}}) ORDER BY o.conversation_id, o.seq
"""

_UNKNOWN: Final = f"""
SELECT o.id, o.content, a.channel, a.account, p.address, o.created_at
{_SELECT_MESSAGE}
WHERE o.status IN {_OPEN} AND o.status = 'unknown' AND (o.lease_until IS NULL OR o.lease_until < ?)
ORDER BY o.created_at DESC LIMIT ?
"""

_WAITING: Final = f"""
SELECT id, conversation_id FROM outbox
WHERE status IN {_OPEN} AND status = 'pending' AND created_at < ? AND (not_before IS NULL OR not_before <= ?)
ORDER BY conversation_id, seq LIMIT ?
"""
