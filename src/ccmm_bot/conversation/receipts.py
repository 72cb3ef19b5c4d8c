"""What providers tell us afterwards: how far a message got, and payloads nobody could read."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

from ccmm_bot.messages import ChannelKind, DeliveryStatus, StatusUpdate
from ccmm_bot.store import alarms
from ccmm_bot.store.hot.work import Query, Rows, Work, as_time, as_uuid
from ccmm_bot.store.keys import KeyRing
from ccmm_bot.store.types import uuid7

# A receipt speaks of its own sender's messages only, whatever id it names.
_FOUND = (
    "SELECT o.id, o.agency_id, o.status, o.provider_message_id FROM outbox o JOIN channel_account a ON a.id = o.account_id WHERE "
)
_BY_ID = _FOUND + "o.id = ? AND a.channel = ? AND a.account = ?"
_BY_PROVIDER = _FOUND + "o.provider_message_id IS NOT NULL AND o.provider_message_id = ? AND a.channel = ? AND a.account = ?"
_REASON_KEPT = 200

#: So many messages at most are written in place of one that failed for a reason that passes.
_AGAIN = 3


def take_status(update: StatusUpdate, now: datetime) -> Work[bool]:
    """Write a receipt down. ``False`` when no message of ours is meant.

    Receipts come in any order and repeat: each status counts once, a message only ever moves forward, and an error once stored
    stays. What failed feeds the opt-out ledger, is sent once more where that may help, or is shown to staff.
    """
    rows: Rows = []
    whose = (update.channel.value, update.account)
    if update.outbox_id is not None and (key := _uuid(update.outbox_id)) is not None:
        rows = yield Query(_BY_ID, (key, *whose), lock="o")
    if not rows:
        rows = yield Query(_BY_PROVIDER, (update.provider_message_id, *whose), lock="o")
    if not rows:
        return False
    outbox_id, agency_id, status, provider_id = rows[0]
    key = as_uuid(outbox_id)
    new: Rows = yield Query(
        "INSERT INTO delivery_receipt (id, agency_id, outbox_id, status, error_code, at) VALUES (?, ?, ?, ?, ?, ?) "
        "ON CONFLICT (outbox_id, status) DO NOTHING RETURNING id",
        (uuid7(), as_uuid(agency_id), key, update.status.value, update.error_code, update.at),
    )
    if update.status.rank > DeliveryStatus(status).rank:
        yield Query(
            "UPDATE outbox SET status = ?, error_code = COALESCE(error_code, ?), provider_message_id = ?, lease_until = NULL, "
            "updated_at = ? WHERE id = ?",
            (update.status.value, update.error_code, provider_id or update.provider_message_id, now, key),
        )
    if update.opted_out:
        yield from alarms.opt_out_by_provider(key, now, update.error_code or "")
    elif update.status is DeliveryStatus.FAILED and new and not (yield from _again(update, key, now)):
        yield from alarms.flag_message(key, alarms.SET_UP if update.ours else alarms.NOT_SENT, now)
    return True


def _again(update: StatusUpdate, key: UUID, now: datetime) -> Work[bool]:
    """Write the message once more, as another one, where it failed for a reason that passes; whether that was done.

    Not when the person has written since, nor when we have: it would come out of turn.
    """
    if update.retry_after_s is None:
        return False
    rows: Rows = yield Query(
        "SELECT o.agency_id, o.conversation_id, o.account_id, o.seq, o.purpose, o.in_reply_to, o.written_by, o.content, "
        "o.language, o.attempts, c.last_seq, c.last_inbound_at, o.created_at "
        "FROM outbox o JOIN conversation c ON c.id = o.conversation_id "
        "WHERE o.id = ?",
        (key,),
    )
    agency, conversation, account, seq, purpose, reply, by, content, language, attempts, last_seq, inbound, made = rows[0]
    spoke_since = inbound is not None and as_time(inbound) > as_time(made)
    if spoke_since or last_seq != seq or attempts >= _AGAIN:
        return False
    yield Query("UPDATE conversation SET last_seq = ?, version = version + 1 WHERE id = ?", (seq + 1, as_uuid(conversation)))
    yield Query(
        "INSERT INTO outbox (id, agency_id, conversation_id, account_id, seq, purpose, in_reply_to, written_by, content, language, "
        "status, attempts, attempted_at, not_before, error_code, created_at) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'pending', ?, ?, ?, ?, ?)",
        (
            *(uuid7(), as_uuid(agency), as_uuid(conversation), as_uuid(account), seq + 1, purpose),
            *(None if reply is None else as_uuid(reply), None if by is None else as_uuid(by), bytes(content), language),
            *(attempts, now, now + timedelta(seconds=update.retry_after_s), update.error_code, now),
        ),
    )
    return True


def keep_unreadable(
    keys: KeyRing, channel: ChannelKind, account: str, raw: bytes, reason: str, clock: Callable[[], datetime]
) -> Work[None]:
    """Put a payload aside for a human."""
    yield Query(
        "INSERT INTO quarantine (id, channel, account, raw, reason, at) VALUES (?, ?, ?, ?, ?, ?)",
        (uuid7(), channel.value, account, keys.seal(b"quarantine.raw", raw), reason[:_REASON_KEPT], clock()),
    )


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
