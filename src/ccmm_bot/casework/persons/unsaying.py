"""What goes with a person besides her own rows: her keys, and what she said where somebody else talks by now."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import LargeBinary, type_coerce
from sqlalchemy import select as core_select
from sqlmodel import Session, col, select

from ccmm_bot.store.keys import sealed_by
from ccmm_bot.store.tables import (
    AgencyRow,
    Attachment,
    ContactPoint,
    Conversation,
    DisposalReason,
    Inbound,
    KeyDisposal,
    Outbox,
    Person,
    PersonContactPoint,
    Translation,
)
from ccmm_bot.store.whose import sealed_columns, table_named

#: What a conversation holds, and what stays of each sealed column of it.
_SAID: Final[Mapping[type[AgencyRow], Mapping[str, Any]]] = {
    Inbound: {"text": "", "media": None, "raw": None},
    Outbox: {"content": {"text": "", "language": "en"}},
    Attachment: {"source": None, "summary": None, "data": None},
    Translation: {"text": None},
}
_AT_A_TIME: Final = 500


def dispose_of(session: Session, rows: Mapping[type[AgencyRow], Sequence[AgencyRow]], now: datetime) -> None:
    """Write down that the keys of these rows go, also those they had before."""
    holders = [(row, key) for each in rows.values() for row in each if (key := getattr(row, "data_key", None)) is not None]
    for row, key in holders:
        session.add(KeyDisposal(id=key, agency_id=row.agency_id, why=DisposalReason.ERASED, due_at=now))
    for start in range(0, len(holders), _AT_A_TIME):
        ids = [row.id for row, _ in holders[start : start + _AT_A_TIME]]
        before = select(KeyDisposal).where(col(KeyDisposal.holder_id).in_(ids), col(KeyDisposal.destroyed_at).is_(None))
        for disposal in session.exec(before):
            disposal.why, disposal.due_at = DisposalReason.ERASED, min(disposal.due_at, now)
            session.add(disposal)


def unsay(session: Session, people: Sequence[Person]) -> None:
    """Empty what is sealed with their keys in conversations that are somebody else's now: a phone that went from hand to hand."""
    keys = {row.data_key.hex for row in people if row.data_key is not None}
    ids = [row.id for row in people]
    points = select(PersonContactPoint.contact_point_id).where(col(PersonContactPoint.person_id).in_(ids))
    elsewhere = session.exec(
        select(Conversation.id).where(
            col(Conversation.contact_point_id).in_(select(ContactPoint.id).where(col(ContactPoint.id).in_(points))),
            col(Conversation.person_id).not_in(ids),
        )
    ).all()
    for conversation in elsewhere:
        messages = session.exec(select(Inbound.id).where(Inbound.conversation_id == conversation)).all()
        for table, left in _SAID.items():
            column, among = ("conversation_id", [conversation]) if table in (Inbound, Outbox) else ("inbound_id", messages)
            for start in range(0, len(among), _AT_A_TIME):
                for key in _sealed(session, table, column, among[start : start + _AT_A_TIME], keys):
                    row = session.get_one(table, key)
                    for name, value in left.items():
                        setattr(row, name, value)
                    session.add(row)
    session.flush()


def _sealed(session: Session, table: type[AgencyRow], column: str, among: Sequence[UUID], keys: set[str]) -> Iterable[UUID]:
    """The rows in which anything is sealed with one of the keys."""
    there = table_named(str(table.__tablename__))
    raw = [type_coerce(there.c[name], LargeBinary) for name in sealed_columns(there)]
    wanted = core_select(there.c.id, *raw).where(there.c[column].in_(among))
    for row in session.connection().execute(wanted).all():
        if any(value is not None and sealed_by(bytes(value)) in keys for value in row[1:]):
            yield row[0]
