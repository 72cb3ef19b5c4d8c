"""The outbox's fixed statements."""

# ruff: noqa: S608 - statements are put together from constants of this module and parameter marks, never from data

from __future__ import annotations

from functools import cache
from typing import Final

from ccmm_bot.store.hot.work import marks

#: What the provider says to a message that comes after WhatsApp's window has closed. It counts until the person writes again.
OUTSIDE_WINDOW: Final = "63016"

#: As the partial index says it.
OPEN: Final = "('pending', 'sending', 'unknown')"

#: An earlier message that keeps later ones back: one that may still be sent. An unknown outcome does so until it is settled or
#: given up (then nobody looks it up any more, and its lease is empty).
KEEPS_BACK: Final = f"e.status IN {OPEN} AND (e.status <> 'unknown' OR e.lease_until IS NOT NULL)"

_MESSAGE: Final = """
FROM outbox o
JOIN conversation c ON c.id = o.conversation_id
JOIN contact_point p ON p.id = c.contact_point_id
JOIN channel_account a ON a.id = o.account_id
JOIN agency g ON g.id = o.agency_id
"""

CLAIMABLE: Final = f"""
SELECT o.id, o.conversation_id, o.status, o.purpose, o.not_before, o.content, a.channel, a.account, p.address, p.opted_out_at,
 p.safety,
 EXISTS (SELECT 1 FROM outbox e WHERE e.conversation_id = o.conversation_id AND {KEEPS_BACK}
         AND e.seq < o.seq AND e.id NOT IN ({{ids}})),
 g.timezone,
 (SELECT k.given FROM consent k WHERE k.person_id = c.person_id AND k.kind = 'contact' ORDER BY k.at DESC LIMIT 1),
 c.last_inbound_at,
 (o.error_code = '{OUTSIDE_WINDOW}' AND o.attempted_at > c.last_inbound_at)
  OR EXISTS (SELECT 1 FROM outbox h WHERE h.conversation_id = o.conversation_id AND h.status = 'held'
             AND h.error_code = '{OUTSIDE_WINDOW}' AND h.attempted_at > c.last_inbound_at),
 EXISTS (SELECT 1 FROM outbox h WHERE h.conversation_id = o.conversation_id AND h.status = 'held'),
 p.safe_from, p.safe_until, g.sending_from, g.sending_until, o.in_reply_to IS NOT NULL
{_MESSAGE}
WHERE o.id IN ({{ids}}) ORDER BY o.conversation_id, o.seq
"""

#: The person is there again: answers that had waited for the morning need not wait any longer.
AWAKE: Final = (
    "UPDATE outbox SET not_before = NULL, updated_at = ? WHERE conversation_id = ? AND status = 'pending' AND purpose = 'answer' "
    f"AND in_reply_to IS NOT NULL AND attempts = 0 AND not_before > ? AND status IN {OPEN}"
)

TAKE: Final = (
    "UPDATE outbox SET status = 'sending', owner = ?, lease_until = ?, attempts = attempts + 1, attempted_at = ?, updated_at = ? "
    "WHERE id IN ({ids})"
)

#: The same for one that was looked at in another transaction: its id, where it still waited.
TAKE_ONE: Final = TAKE.format(ids="?") + " AND status = 'pending' RETURNING id"

#: At most so many at a time, and always a power of two, so that there are few such statements to prepare.
MOST_SENT: Final = 32


@cache
def sent(count: int) -> str:
    """``count`` messages were sent: (id, provider's id) of each, twice the time, and every id once more.

    A receipt may have been faster than the answer to the call: a message never moves backwards.
    """
    found = "WHEN ? THEN ? " * count
    return (
        f"UPDATE outbox SET status = CASE WHEN status IN {OPEN} THEN 'sent' ELSE status END, "
        f"provider_message_id = CASE id {found}END, sent_at = ?, lease_until = NULL, updated_at = ? WHERE id IN ({marks(count)})"
    )


REFUSED: Final = "UPDATE outbox SET status = 'failed', error_code = ?, lease_until = NULL, updated_at = ? WHERE id = ?"

LATER: Final = (
    "UPDATE outbox SET status = CASE WHEN attempts >= ? THEN 'failed' ELSE 'pending' END, error_code = ?, "
    f"not_before = ?, owner = NULL, lease_until = NULL, updated_at = ? WHERE id = ? AND status IN {OPEN} RETURNING status"
)

#: ``lease_until``: when it is looked up next.
UNKNOWN: Final = (
    "UPDATE outbox SET status = 'unknown', owner = NULL, lease_until = ?, updated_at = ? "
    "WHERE id = ? AND status IN ('sending', 'unknown')"
)

SUPPRESS: Final = "UPDATE outbox SET status = 'suppressed', error_code = ?, updated_at = ? WHERE id = ?"

OF_CONVERSATION: Final = (
    f"SELECT id, status, not_before, lease_until FROM outbox WHERE conversation_id = ? AND status IN {OPEN} ORDER BY seq"
)

#: What a process that is gone was sending.
ABANDONED: Final = (
    f"UPDATE outbox SET status = 'unknown', owner = NULL WHERE status IN {OPEN} AND status = 'sending' AND lease_until < ?"
)

#: Unknown outcomes that are due to be looked up, the longest overdue first; those given up have no such time and take no place.
LOOK_UP: Final = f"""
SELECT o.id, o.content, a.channel, a.account, p.address, o.created_at, o.attempted_at, o.conversation_id
{_MESSAGE}
WHERE o.status IN {OPEN} AND o.status = 'unknown' AND o.lease_until <= ?
ORDER BY o.lease_until LIMIT ?
"""

LEASE: Final = "UPDATE outbox SET owner = ?, lease_until = ? WHERE id IN ({ids})"

#: Which of these ids of the provider belong to another message of the same sender.
ACCOUNTED: Final = (
    "SELECT e.provider_message_id FROM outbox o JOIN outbox e ON e.account_id = o.account_id AND e.id <> o.id "
    "WHERE o.id = ? AND e.provider_message_id IS NOT NULL AND e.provider_message_id IN ({ids})"
)

WAITING: Final = f"""
SELECT o.id, o.conversation_id, a.channel, a.account FROM outbox o JOIN channel_account a ON a.id = o.account_id
WHERE o.status IN {OPEN} AND o.status = 'pending' AND o.created_at < ? AND (o.not_before IS NULL OR o.not_before <= ?)
 AND NOT EXISTS (SELECT 1 FROM outbox e WHERE e.conversation_id = o.conversation_id AND e.seq < o.seq AND {KEEPS_BACK}
                 AND (e.status <> 'pending' OR e.not_before > ?))
ORDER BY o.conversation_id, o.seq LIMIT ?
"""
