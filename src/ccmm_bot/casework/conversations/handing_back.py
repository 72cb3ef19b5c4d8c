"""When a conversation goes back to the bot by itself, as whoever took it over has said."""

from __future__ import annotations

from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Final
from uuid import UUID

from sqlmodel import Session, col, select

from ccmm_bot.casework.access.policy import NotFound, Permission, Reader, require
from ccmm_bot.casework.recorded import done_by
from ccmm_bot.store.session import Store
from ccmm_bot.store.tables import Audit, Conversation, HandBack

#: What can be chosen; nothing chosen means: when somebody hands it back.
AFTER: Final = MappingProxyType(
    {"2h": timedelta(hours=2), "1d": timedelta(days=1), "3d": timedelta(days=3), "7d": timedelta(days=7)}
)


def plan_hand_back(store: Store, reader: Reader, conversation_id: UUID, after: str, now: datetime) -> None:
    """Have it go back after one of :data:`AFTER`, or not by itself for anything else. The last word counts, and is in the audit."""
    require(reader, Permission.WRITE_TO_PEOPLE)
    with store.writing(reader) as session:
        if session.exec(select(Conversation.id).where(Conversation.id == conversation_id)).first() is None:
            raise NotFound("There is no such conversation.")
        row = session.exec(select(HandBack).where(HandBack.conversation_id == conversation_id).with_for_update()).first()
        span = AFTER.get(after)
        if span is None:
            if row is not None:
                session.delete(row)
                session.add(_entry(reader, conversation_id, now, None))
            return
        if row is None:
            row = HandBack(agency_id=reader.agency_id, conversation_id=conversation_id, at=now + span, staff_id=reader.staff_id)
        row.at, row.staff_id = now + span, reader.staff_id
        session.add(row)
        session.add(_entry(reader, conversation_id, now, after))


def _entry(reader: Reader, conversation_id: UUID, now: datetime, after: str | None) -> Audit:
    return done_by(reader, "conversation.hand_back_planned", "conversation", conversation_id, now, {"after": after})


def hand_backs_of(session: Session, conversations: list[UUID]) -> dict[UUID, datetime]:
    """When each of these goes back by itself."""
    rows = session.exec(select(HandBack).where(col(HandBack.conversation_id).in_(conversations))) if conversations else ()
    return {row.conversation_id: row.at for row in rows}
