"""What providers tell us afterwards: how far a message got, and payloads nobody could read."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from ccmm_bot.messages import ChannelKind, DeliveryStatus, StatusUpdate
from ccmm_bot.store.hot.work import Query, Rows, Work, as_uuid
from ccmm_bot.store.keys import KeyRing
from ccmm_bot.store.outbox import opt_out_by_provider
from ccmm_bot.store.types import uuid7

_BY_ID = "SELECT id, agency_id, status, provider_message_id FROM outbox o WHERE id = ?"
_BY_PROVIDER = (
    "SELECT o.id, o.agency_id, o.status, o.provider_message_id FROM outbox o JOIN channel_account a ON a.id = o.account_id "
    "WHERE o.provider_message_id IS NOT NULL AND o.provider_message_id = ? AND a.channel = ?"
)
_REASON_KEPT = 200


def take_status(update: StatusUpdate, now: datetime) -> Work[bool]:
    """Write a receipt down. ``False`` when no message of ours is meant.

    Receipts come in any order and repeat: each status counts once, a message only ever moves forward, and an error once stored
    stays.
    """
    rows: Rows = []
    if update.outbox_id is not None and (key := _uuid(update.outbox_id)) is not None:
        rows = yield Query(_BY_ID, (key,), lock="o")
    if not rows:
        rows = yield Query(_BY_PROVIDER, (update.provider_message_id, update.channel.value), lock="o")
    if not rows:
        return False
    outbox_id, agency_id, status, provider_id = rows[0]
    key = as_uuid(outbox_id)
    yield Query(
        "INSERT INTO delivery_receipt (id, agency_id, outbox_id, status, error_code, at) VALUES (?, ?, ?, ?, ?, ?) "
        "ON CONFLICT (outbox_id, status) DO NOTHING",
        (uuid7(), as_uuid(agency_id), key, update.status.value, update.error_code, update.at),
    )
    if update.status.rank > DeliveryStatus(status).rank:
        yield Query(
            "UPDATE outbox SET status = ?, error_code = COALESCE(error_code, ?), provider_message_id = ?, lease_until = NULL, "
            "updated_at = ? WHERE id = ?",
            (update.status.value, update.error_code, provider_id or update.provider_message_id, now, key),
        )
    if update.opted_out:
        yield from opt_out_by_provider(key, now, update.error_code or "")
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
