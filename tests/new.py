"""People, what they wrote, and who works with them, as rows: what a test of the store or of the desk begins with.

Every function puts one thing in and answers its id. ``into`` is a store, which commits it, or a session that somebody has open;
``whose`` an agency or a colleague of it. What a test says nothing of is made up; what it does say (``**more``) is the row's.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, TypeVar
from uuid import UUID

from sqlmodel import Session, SQLModel, col, select

from ccmm_bot.casework.access.policy import Reader
from ccmm_bot.dialogue.model import Severity
from ccmm_bot.messages import ChannelKind, ContentKind
from ccmm_bot.store.session import _KEYS, Store
from ccmm_bot.store.tables import (
    Agency,
    Attachment,
    AttachmentState,
    Case,
    ChannelAccount,
    ContactPoint,
    Conversation,
    Flag,
    Household,
    Inbound,
    Outbox,
    Person,
    PersonContactPoint,
    Role,
    Staff,
)
from ccmm_bot.store.types import uuid7

#: A Monday, 12:00 in British Columbia.
NOW = datetime(2026, 11, 23, 19, tzinfo=UTC)

M = TypeVar("M", bound=SQLModel)


def agency(into: Store | Session, name: str = "A", **more: Any) -> UUID:
    """An agency in Vancouver."""
    return _put(into, Agency, more, name=name, service_name="S", timezone="America/Vancouver", created_at=NOW).id


def staff(into: Store | Session, whose: UUID | Reader, role: Role = Role.CASE_MANAGER, name: str = "", **more: Any) -> Reader:
    """A colleague, as the pages know her."""
    of, called = _agency(whose), name or role.value
    row = _put(into, Staff, more, agency_id=of, email=f"{uuid7().hex}@example.org", name=called, role=role, password_hash="x")
    return Reader(staff_id=row.id, agency_id=of, role=role, name=called)


def household(into: Store | Session, whose: UUID | Reader, **more: Any) -> UUID:
    """A household nobody is in yet."""
    return _put(into, Household, more, agency_id=_agency(whose), created_at=NOW).id


def person(into: Store | Session, whose: UUID | Reader, code: str = "", **more: Any) -> UUID:
    """Somebody who has not written yet."""
    return _put(into, Person, more, agency_id=_agency(whose), code=code or f"K7-{uuid7().hex[-8:].upper()}", created_at=NOW).id


def case(into: Store | Session, whose: UUID | Reader, **more: Any) -> UUID:
    """An open case, of ``person_id`` or ``household_id``."""
    return _put(into, Case, more, agency_id=_agency(whose), opened_at=NOW).id


def flag(into: Store | Session, whose: UUID | Reader, person_id: UUID, reason: str = "x", at: datetime = NOW, **more: Any) -> UUID:
    """Somebody should look."""
    usual = {"severity": Severity.NORMAL, "first_at": at, "last_at": at}
    return _put(into, Flag, more, agency_id=_agency(whose), person_id=person_id, reason=reason, **usual).id


def sender(into: Store | Session, whose: UUID | Reader, number: str = "+16045550100", **more: Any) -> UUID:
    """A number of the agency's."""
    return _put(into, ChannelAccount, more, agency_id=_agency(whose), channel=ChannelKind.SMS, account=number).id


def telephone(into: Store | Session, whose: UUID | Reader, number: str = "", **more: Any) -> UUID:
    """A telephone that the first sender of the agency reaches, or that ``account_id`` does."""
    of, address = _agency(whose), number or f"+1{uuid7().int % 10**10:010}"
    with _writing(into) as session:
        account_id = more.get("account_id") or _first_sender(session, of)
        found_by = session.info[_KEYS].lookup(b"address", address)
        usual = {"account_id": account_id, "channel": ChannelKind.SMS, "address": address, "address_hash": found_by}
        return _put(session, ContactPoint, more, agency_id=of, created_at=NOW, **usual).id


def uses(into: Store | Session, person_id: UUID, telephone_id: UUID) -> None:
    """She is reached at this telephone."""
    with _writing(into) as session:
        of = session.get_one(ContactPoint, telephone_id).agency_id
        _put(session, PersonContactPoint, {}, agency_id=of, person_id=person_id, contact_point_id=telephone_id)


def conversation(into: Store | Session, person_id: UUID, telephone_id: UUID, at: datetime = NOW, **more: Any) -> UUID:
    """A conversation in which nothing was said yet."""
    with _writing(into) as session:
        usual = {"contact_point_id": telephone_id, "person_id": person_id, "snapshot": b"", "created_at": at, "updated_at": at}
        return _put(session, Conversation, more, agency_id=session.get_one(ContactPoint, telephone_id).agency_id, **usual).id


def inbound(into: Store | Session, conversation_id: UUID, text: str = "hello", at: datetime = NOW, **more: Any) -> UUID:
    """She wrote."""
    with _writing(into) as session:
        usual = {"provider_message_id": uuid7().hex, "kind": ContentKind.TEXT, "text": text, "length": len(text), "received_at": at}
        return _put(session, Inbound, more, **_said_in(session, conversation_id), **usual).id


def outbound(into: Store | Session, conversation_id: UUID, text: str = "hello", at: datetime = NOW, **more: Any) -> UUID:
    """We wrote: the first message, or the one of ``seq``."""
    with _writing(into) as session:
        usual = {"seq": 1, "content": {"text": text, "language": "en"}, "created_at": at}
        return _put(session, Outbox, more, **_said_in(session, conversation_id), **usual).id


def picture(into: Store | Session, inbound_id: UUID, **more: Any) -> UUID:
    """A picture that came with what she wrote, fetched and kept."""
    with _writing(into) as session:
        came = session.get_one(Inbound, inbound_id)
        whose = {"agency_id": came.agency_id, "inbound_id": inbound_id, "account_id": came.account_id}
        when = {"next_at": came.received_at, "created_at": came.received_at}
        what = {"kind": ContentKind.IMAGE, "claimed_type": "image/png", "content_type": "image/png", "size": 7, "data": b"picture"}
        return _put(session, Attachment, more, state=AttachmentState.KEPT, **whose, **when, **what).id


def _agency(whose: UUID | Reader) -> UUID:
    return whose if isinstance(whose, UUID) else whose.agency_id


def _first_sender(session: Session, of: UUID) -> UUID:
    found = session.exec(select(ChannelAccount.id).where(ChannelAccount.agency_id == of).order_by(col(ChannelAccount.id))).first()
    return found or sender(session, of, of.hex)


def _said_in(session: Session, conversation_id: UUID) -> dict[str, Any]:
    talk = session.get_one(Conversation, conversation_id)
    account_id = session.get_one(ContactPoint, talk.contact_point_id).account_id
    return {"agency_id": talk.agency_id, "account_id": account_id, "conversation_id": talk.id}


@contextmanager
def _writing(into: Store | Session) -> Iterator[Session]:
    if isinstance(into, Session):
        yield into
        return
    with into.installation(write=True) as session:
        yield session


def _put(into: Store | Session, table: type[M], said: dict[str, Any], **usual: Any) -> M:
    row = table(**usual | said)
    with _writing(into) as session:
        session.add(row)
        session.flush()
    return row
