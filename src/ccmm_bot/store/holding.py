"""Messages that have to wait until the person writes: WhatsApp's window is closed, and no template says the same.

Such a message is ``held``, which keeps nothing else back, and the person gets a knock. As soon as she writes, the held messages go
out in their order, before the answer; one that the answer repeats (the open question, asked again) is dropped. What a human wrote
and she does not come for within a day goes to her another way, where there is one (:mod:`ccmm_bot.store.moving`).
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import orjson

from ccmm_bot.messages import Content, Template
from ccmm_bot.store import alarms, moving
from ccmm_bot.store.content import dump_content, load_content
from ccmm_bot.store.hot.work import Query, Rows, Work, as_id, as_time, as_uuid
from ccmm_bot.store.keys import KeyRing, Sealer
from ccmm_bot.store.tables import Purpose
from ccmm_bot.store.templates import approved, knock, saying
from ccmm_bot.store.types import uuid7

#: Kept with a message that is never sent: nobody wrote while it would have been worth anything.
WINDOW_CLOSED: Final = "window_closed"
#: … or there is no approved template to tell the person that it is there.
NO_TEMPLATE: Final = "no_template"
SUPERSEDED: Final = "superseded"

HELD_FOR: Final = timedelta(days=14)
_KNOCKS: Final = 4  # since the person last wrote
_KNOCK_AGAIN_AFTER: Final = timedelta(hours=20)

_HELD: Final = "SELECT id, content FROM outbox WHERE conversation_id = ? AND status = 'held' ORDER BY seq"
_WHOSE: Final = (
    "SELECT o.agency_id, o.account_id, c.id, c.last_inbound_at, c.language, r.language, r.second_language, g.service_name, g.name, "
    "r.data_key "
    "FROM outbox o JOIN conversation c ON c.id = o.conversation_id JOIN person r ON r.id = c.person_id "
    "JOIN agency g ON g.id = o.agency_id WHERE o.id = ?"
)
_KNOCKED: Final = (
    "SELECT created_at FROM outbox WHERE conversation_id = ? AND purpose = 'knock' AND status NOT IN ('failed', 'suppressed') "
    "ORDER BY seq DESC LIMIT ?"
)
_DROP: Final = "UPDATE outbox SET status = 'suppressed', error_code = ?, updated_at = ? WHERE id = ?"
_DROP_HELD: Final = _DROP + " AND status = 'held'"
_HOLD: Final = "UPDATE outbox SET status = 'held', not_before = ?, updated_at = ? WHERE id = ?"
_FREE: Final = (
    "UPDATE outbox SET status = 'pending', error_code = NULL, not_before = NULL, updated_at = ? WHERE status = 'held' AND "
)
#: She has written since, and nothing is on its way that what was held would have to be compared with: a human talks with her.
_WANTED: Final = (
    "SELECT DISTINCT o.conversation_id FROM outbox o JOIN conversation c ON c.id = o.conversation_id WHERE o.status = 'held' "
    "AND c.last_inbound_at > o.updated_at AND NOT EXISTS (SELECT 1 FROM outbox e WHERE e.conversation_id = o.conversation_id "
    "AND e.status IN ('pending', 'sending', 'unknown')) LIMIT 100"
)


def outside(keys: KeyRing, outbox_id: UUID, content: Content, now: datetime) -> Work[Template | None]:
    """The template to send a message by; or ``None``, and it is held with a knock, or suppressed where we cannot even knock."""
    whose: Rows = yield Query(_WHOSE, (outbox_id,))
    agency, account, conversation, last_inbound, spoken, first, second, service_name, agency_name, own = whose[0]
    conversation_id = as_uuid(conversation)
    templates = yield from approved(as_uuid(account))
    if (template := saying(content, templates)) is not None:
        return template
    slots = {"service_name": service_name, "agency_name": agency_name}
    words = knock((spoken or first, second), slots, templates)
    if words is None:
        yield Query(_HOLD, (None, now, outbox_id))
        if outbox_id not in (yield from moving.move(conversation_id, now)):
            yield from _suppress(outbox_id, NO_TEMPLATE, now)
        return None
    held: Rows = yield Query(_HELD, (conversation_id,))
    for key, sealed in held:
        if _repeats(content, _open(keys, sealed)):
            yield Query(_DROP_HELD, (SUPERSEDED, now, as_uuid(key)))
    yield Query(_HOLD, (now + moving.MOVE_AFTER, now, outbox_id))
    knocks: Rows = yield Query(_KNOCKED, (conversation_id, _KNOCKS))
    since = [as_time(row[0]) for row in knocks if last_inbound is None or as_time(row[0]) > as_time(last_inbound)]
    if len(since) < _KNOCKS and (not since or now - since[0] >= _KNOCK_AGAIN_AFTER):
        hers = keys.of(None if own is None else as_id(own))
        yield from _add(hers, words, as_uuid(agency), as_uuid(account), conversation_id, now)
    return None


def _add(keys: Sealer, words: Content, agency: UUID, account: UUID, conversation: UUID, now: datetime) -> Work[None]:
    rows: Rows = yield Query(
        "UPDATE conversation SET last_seq = last_seq + 1, version = version + 1, updated_at = ? WHERE id = ? RETURNING last_seq",
        (now, conversation),
    )
    sealed = keys.seal(b"outbox.content", orjson.dumps(dump_content(words)))
    yield Query(
        "INSERT INTO outbox (id, agency_id, conversation_id, account_id, seq, purpose, content, language, status, attempts, "
        "created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, 'pending', 0, ?)",
        (uuid7(), agency, conversation, account, rows[0][0], Purpose.KNOCK.value, sealed, words.language, now),
    )


def reopen(keys: KeyRing, outbox_id: UUID, conversation: UUID, now: datetime) -> Work[bool]:
    """The window is open again: what was held may go, but for what ``outbox_id`` says again. Whether anything goes before it."""
    answer: Rows = yield Query("SELECT content FROM outbox WHERE id = ?", (outbox_id,))
    content = _open(keys, answer[0][0])
    held: Rows = yield Query(_HELD, (conversation,))
    first = False
    for key, sealed in held:
        if _repeats(content, _open(keys, sealed)):
            yield Query(_DROP_HELD, (SUPERSEDED, now, as_uuid(key)))
        else:
            freed: Rows = yield Query(_FREE + "id = ? RETURNING id", (now, as_uuid(key)))
            first = first or bool(freed)
    return first


def free(now: datetime) -> Work[None]:
    """She has written, and no answer of ours takes along what was held: it goes by itself."""
    rows: Rows = yield Query(_WANTED)
    for row in rows:
        yield Query(_FREE + "conversation_id = ?", (now, as_uuid(row[0])))


def expire(now: datetime) -> Work[None]:
    """What has waited too long will not be sent; staff see it."""
    rows: Rows = yield Query("SELECT id FROM outbox WHERE status = 'held' AND updated_at < ? LIMIT 100", (now - HELD_FOR,))
    for row in rows:
        yield from _suppress(as_uuid(row[0]), WINDOW_CLOSED, now)


def _suppress(outbox_id: UUID, code: str, now: datetime) -> Work[None]:
    yield Query(_DROP, (code, now, outbox_id))
    yield from alarms.flag_message(outbox_id, alarms.NOT_SENT, now)


def _open(keys: KeyRing, sealed: bytes) -> Content:
    return load_content(orjson.loads(keys.open(b"outbox.content", bytes(sealed))))


def _repeats(later: Content, earlier: Content) -> bool:
    """Whether the later message asks what the earlier one asked, with a note before it or not."""
    return later.text.endswith(earlier.text) and [each.label for each in later.buttons] == [each.label for each in earlier.buttons]
