"""What WhatsApp does not take goes to the same person by another way of hers, or not at all.

Only what a human wrote: it needs no dialogue to be answered in. What the service itself starts chooses its way before it begins
(:mod:`ccmm_bot.followup.deciding`). The other way is one she has written from herself, that is hers alone, that nobody called
unsafe, and where she agreed to hear from us; a phone that somebody else uses too is never taken. It is we who start there, so
sending hours and safe hours hold. Out of one conversation and into the other in one transaction: never lost, never twice.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

import orjson

from ccmm_bot.followup.hours import next_moment, safe_hours
from ccmm_bot.messages import ChannelKind
from ccmm_bot.store.gate import WINDOW
from ccmm_bot.store.hot.work import Query, Rows, Work, as_time, as_uuid
from ccmm_bot.store.tables import Purpose
from ccmm_bot.store.types import uuid7

#: Kept with a message that went another way.
MOVED: Final = "moved"
#: How long a knock has to be heard before the message goes another way, and how often another way is looked for.
MOVE_AFTER: Final = timedelta(days=1)

#: How good a way is, the conversation, our sender, and when we may write there (``None``: now).
_Way = tuple[tuple[bool, datetime], UUID, UUID, datetime | None]

_DUE: Final = "SELECT DISTINCT conversation_id FROM outbox WHERE status = 'held' AND not_before <= ? LIMIT 100"
_WRITTEN: Final = (
    "SELECT o.id, o.agency_id, o.content, o.language, o.written_by FROM outbox o "
    "WHERE o.conversation_id = ? AND o.status = 'held' AND o.written_by IS NOT NULL ORDER BY o.seq"
)
_ELSEWHERE: Final = """
SELECT c.id, a.id, cp.channel, c.last_inbound_at, cp.safe_from, cp.safe_until, g.timezone,
 (SELECT k.given FROM consent k WHERE k.person_id = c.person_id AND k.kind = 'service' AND k.conversation_id = c.id
  ORDER BY k.at DESC LIMIT 1),
 (SELECT k.given FROM consent k WHERE k.person_id = c.person_id AND k.kind = 'contact' ORDER BY k.at DESC LIMIT 1)
FROM conversation h
JOIN conversation c ON c.person_id = h.person_id AND c.id <> h.id
JOIN contact_point cp ON cp.id = c.contact_point_id
JOIN channel_account a ON a.id = cp.account_id
JOIN agency g ON g.id = c.agency_id
WHERE h.id = ? AND a.active AND cp.channel <> 'console' AND NOT cp.shared AND cp.safety <> 'never' AND cp.opted_out_at IS NULL
 AND c.status NOT IN ('stopped', 'silent') AND c.last_inbound_at IS NOT NULL
 AND NOT EXISTS (SELECT 1 FROM person_contact_point l WHERE l.contact_point_id = cp.id
                 AND ((l.person_id <> c.person_id AND l.current) OR (l.person_id = c.person_id AND NOT l.current)))
"""
_LEAVE: Final = (
    "UPDATE outbox SET status = 'suppressed', error_code = ?, not_before = NULL, updated_at = ? WHERE id = ? AND status = 'held' "
    "RETURNING id"
)
_PLACE: Final = (
    "UPDATE conversation SET last_seq = last_seq + 1, version = version + 1, human_since = COALESCE(human_since, ?), "
    "updated_at = ? WHERE id = ? RETURNING last_seq"
)
_ARRIVE: Final = (
    "INSERT INTO outbox (id, agency_id, conversation_id, account_id, seq, purpose, written_by, content, language, status, "
    "attempts, not_before, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 'pending', 0, ?, ?)"
)
_AUDIT: Final = (
    "INSERT INTO audit (id, agency_id, at, actor_kind, action, subject_kind, subject_id, detail) "
    "VALUES (?, ?, ?, 'system', 'message.moved', 'outbox', ?, ?)"
)
_LOOK_AGAIN: Final = "UPDATE outbox SET not_before = ? WHERE conversation_id = ? AND status = 'held' AND not_before <= ?"


def move_waiting(now: datetime) -> Work[None]:
    """Whoever did not hear the knock of a day ago gets what waits for her another way, where there is one."""
    rows: Rows = yield Query(_DUE, (now,))
    for row in rows:
        conversation = as_uuid(row[0])
        if not (yield from move(conversation, now)):
            yield Query(_LOOK_AGAIN, (now + MOVE_AFTER, conversation, now))


def reachable(conversation: UUID, now: datetime) -> Work[bool]:
    """Whether there is another way to the person of a conversation."""
    return (yield from _best(conversation, now)) is not None


def _best(conversation: UUID, now: datetime) -> Work[_Way | None]:
    ways: Rows = yield Query(_ELSEWHERE, (conversation,))
    return max((way for each in ways if (way := _way(each, now)) is not None), key=lambda way: way[0], default=None)


def move(conversation: UUID, now: datetime) -> Work[frozenset[UUID]]:
    """Move everything held in a conversation that a human wrote, in its order. The ids of what is gone from there."""
    best = yield from _best(conversation, now)
    if best is None:
        return frozenset()
    _, target, account, moment = best
    held: Rows = yield Query(_WRITTEN, (conversation,), lock="o")
    gone: set[UUID] = set()
    for key, agency, content, language, staff in held:
        left: Rows = yield Query(_LEAVE, (MOVED, now, as_uuid(key)))
        if not left:
            continue
        places: Rows = yield Query(_PLACE, (now, now, target))
        arrived, owner, by = uuid7(), as_uuid(agency), as_uuid(staff)
        words = (by, bytes(content), language)
        yield Query(_ARRIVE, (arrived, owner, target, account, places[0][0], Purpose.UNPROMPTED.value, *words, moment, now))
        yield Query(_AUDIT, (uuid7(), owner, now, as_uuid(key), orjson.dumps({"to": str(arrived)}).decode()))
        gone.add(as_uuid(key))
    return frozenset(gone)


def _way(row: tuple[Any, ...], now: datetime) -> _Way | None:
    """How good a way is, the conversation, our sender and when (``None``: now); or ``None`` where we may not write there."""
    conversation, account, channel, last, start, end, zone, agreed, willing = row
    refused = willing is not None and not willing
    if refused or not (agreed or willing):
        return None
    if channel == ChannelKind.WHATSAPP and now - as_time(last) >= WINDOW:
        return None
    moment = next_moment(now, ZoneInfo(zone), safe_hours(start, end))
    if moment is None:
        return None
    return (bool(agreed), as_time(last)), as_uuid(conversation), as_uuid(account), moment if moment > now else None
