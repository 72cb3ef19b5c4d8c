"""What providers tell us that a human, or the opt-out ledger, has to learn. Written with the message it is about."""

from __future__ import annotations

from datetime import datetime
from typing import Final
from uuid import UUID

import orjson

from ccmm_bot.dialogue.model import Severity
from ccmm_bot.store.hot.work import Query, Rows, Work, as_uuid
from ccmm_bot.store.tables import OptOutSource
from ccmm_bot.store.types import uuid7

#: A message did not reach the person, and will not.
NOT_SENT: Final = "message_not_sent"
#: Nobody can find out whether a message reached the person.
NOT_KNOWN: Final = "delivery_unknown"
#: It is our own set-up: a sender, a permission, a template. Everybody's messages are affected.
SET_UP: Final = "channel_setup"

_FLAG: Final = (
    "INSERT INTO flag (id, agency_id, person_id, conversation_id, reason, severity, items, status, occurrences, first_at, last_at) "
    "VALUES (?, ?, ?, ?, ?, ?, '[]', 'open', 1, ?, ?) ON CONFLICT (person_id, reason) WHERE status = 'open' "
    "DO UPDATE SET occurrences = flag.occurrences + 1, last_at = excluded.last_at"
)
_WHOSE: Final = "SELECT o.agency_id, c.person_id, c.id FROM outbox o JOIN conversation c ON c.id = o.conversation_id WHERE o.id = ?"


def flag_message(outbox_id: UUID, reason: str, now: datetime) -> Work[None]:
    """Staff have to look: an open flag of the person the message was for."""
    severity = Severity.HIGH if reason == SET_UP else Severity.NORMAL
    rows: Rows = yield Query(_WHOSE, (outbox_id,))
    for row in rows:
        yield Query(_FLAG, (uuid7(), *(as_uuid(key) for key in row), reason, severity.value, now, now))


def opt_out_by_provider(outbox_id: UUID, now: datetime, code: str) -> Work[None]:
    """The provider says the person blocked us or unsubscribed: the ledger learns it, with an entry in the audit."""
    rows: Rows = yield Query(
        "UPDATE contact_point SET opted_out_at = ? WHERE opted_out_at IS NULL AND id = (SELECT c.contact_point_id FROM outbox o "
        "JOIN conversation c ON c.id = o.conversation_id WHERE o.id = ?) RETURNING id, agency_id",
        (now, outbox_id),
    )
    for contact_point, agency in rows:
        yield Query(
            "INSERT INTO opt_out_entry (id, agency_id, contact_point_id, at, opted_out, source, code) VALUES (?, ?, ?, ?, ?, ?, ?)",
            (uuid7(), as_uuid(agency), as_uuid(contact_point), now, True, OptOutSource.PROVIDER.value, code[:32]),
        )
        yield Query(
            "INSERT INTO audit (id, agency_id, at, actor_kind, action, subject_kind, subject_id, detail) "
            "VALUES (?, ?, ?, 'system', 'contact.opted_out', 'contact_point', ?, ?)",
            (uuid7(), as_uuid(agency), now, as_uuid(contact_point), orjson.dumps({"by": "provider", "code": code}).decode()),
        )
