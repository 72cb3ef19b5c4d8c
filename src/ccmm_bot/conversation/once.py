"""The promises around beginning a follow-up, kept in the transaction that begins it: once, and one conversation at a time."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from ccmm_bot.conversation.state import Standing
from ccmm_bot.store.hot.work import Query, Rows, Work, as_id
from ccmm_bot.store.types import new_id, stamp

#: Where a follow-up may be begun from: not yet begun, or nobody answered at its first contact point.
_BEGINS: Final = ("scheduled", "due", "unreachable")

_FOLLOW_UP: Final = "SELECT f.status, f.person_id FROM follow_up f WHERE f.id = ?"
_ATTEMPTED: Final = "SELECT id FROM follow_up_attempt WHERE follow_up_id = ? AND conversation_id = ?"
_ELSEWHERE: Final = "SELECT id FROM conversation WHERE person_id = ? AND id <> ? AND status = 'waiting' LIMIT 1"
_ATTEMPT: Final = "INSERT INTO follow_up_attempt (id, agency_id, follow_up_id, conversation_id, begun_at) VALUES (?, ?, ?, ?, ?)"
_SENT: Final = (
    "UPDATE follow_up SET status = 'sent', reason = NULL, waiting_since = NULL, wake_at = NULL, updated_at = ? WHERE id = ?"
)


def hindrance(follow_up: str, here: Standing) -> Work[str | None]:
    """Why the follow-up cannot be begun in this conversation now.

    "not_due": it has been begun, answered or cancelled, perhaps a moment ago by another process; "busy": the person is in another
    conversation with us, on this phone or on another.
    """
    rows: Rows = yield Query(_FOLLOW_UP, (follow_up,), lock="f")
    if not rows or rows[0][0] not in _BEGINS or as_id(rows[0][1]) != here.person_id:
        return "not_due"
    tried: Rows = yield Query(_ATTEMPTED, (follow_up, here.conversation_id))
    if tried:
        return "not_due"
    elsewhere: Rows = yield Query(_ELSEWHERE, (here.person_id, here.conversation_id))
    return "busy" if elsewhere else None


def begun(follow_up: str, here: Standing, now: datetime) -> Work[None]:
    """Write down that it was begun here. Nothing wakes it any more until something happens in the conversation."""
    yield Query(_ATTEMPT, (new_id(), here.account.agency_id, follow_up, here.conversation_id, stamp(now)))
    yield Query(_SENT, (stamp(now), follow_up))
