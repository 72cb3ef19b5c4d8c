"""The phones of a person: a new number, and one that is not hers any more.

A number that changed hands must not lead into somebody's conversation: it is let go, and whoever writes from it next is a stranger.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlmodel import Session, col, select, update

from ccmm_bot.casework.access.policy import NotFound, Permission, Reader, require
from ccmm_bot.casework.casefile.common import CaseFileError
from ccmm_bot.casework.recorded import done_by
from ccmm_bot.conversation.snapshot import Snapshot, seal
from ccmm_bot.dialogue.session import Session as Spoken
from ccmm_bot.messages import ChannelKind
from ccmm_bot.store.keys import KeyRing
from ccmm_bot.store.session import Store
from ccmm_bot.store.tables import (
    AgencyRow,
    ChannelAccount,
    Consent,
    ContactPoint,
    ContactSafety,
    Conversation,
    FormerAddress,
    Outbox,
    Person,
    PersonContactPoint,
    Timer,
    TimerState,
)
from ccmm_bot.store.types import uuid7

#: On which channels a telephone number is an address.
NUMBERED = (ChannelKind.SMS, ChannelKind.WHATSAPP)


@dataclass(frozen=True, slots=True, kw_only=True)
class Number:
    """One of a person's addresses, shown as far as is needed to tell it from the others."""

    id: UUID
    channel: ChannelKind
    shown: str
    current: bool
    safety: ContactSafety
    shared: bool
    opted_out: bool


def numbers(store: Store, reader: Reader, person_id: UUID) -> tuple[Number, ...]:
    """A person's addresses, those in use first."""
    require(reader, Permission.READ_CASES)
    with store.reading(reader) as session:
        rows = session.exec(
            select(ContactPoint, PersonContactPoint)
            .join(PersonContactPoint, col(PersonContactPoint.contact_point_id) == ContactPoint.id)
            .where(PersonContactPoint.person_id == person_id)
            .order_by(col(PersonContactPoint.current).desc(), col(ContactPoint.created_at))
        ).all()
    return tuple(
        Number(
            id=point.id,
            channel=point.channel,
            shown="…" + point.address[-4:],
            current=link.current,
            safety=point.safety,
            shared=point.shared,
            opted_out=point.opted_out_at is not None,
        )
        for point, link in rows
    )


def readable_number(typed: str) -> str | None:
    """A telephone number in E.164, Canadian where no country is written; ``None`` for what is none."""
    import phonenumbers  # its tables take a while to load, and whoever only works jobs off reads no numbers

    try:
        number = phonenumbers.parse(typed, "CA")
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def add_number(store: Store, reader: Reader, person_id: UUID, channel: ChannelKind, typed: str, how: str, now: datetime) -> UUID:
    """A person's new number. She has told ``how`` she agreed to our messages there: in person, by phone, in writing.

    Raises :class:`NotFound`, and :class:`CaseFileError` for what is no number or belongs to somebody else.
    """
    require(reader, Permission.WRITE_TO_PEOPLE)
    number = readable_number(typed)
    if number is None or channel not in NUMBERED:
        raise CaseFileError("number", "no_number")
    with store.writing(reader) as session:
        person = session.exec(select(Person).where(Person.id == person_id).with_for_update()).first()
        if person is None:
            raise NotFound("There is no such person.")
        point = new_way(session, store.keys, person, channel, number, now, staff_id=reader.staff_id, agreed=True)
        _audit(session, reader, "contact.added", "contact_point", point, now, how=how, channel=channel.value)
        return point


def new_way(
    session: Session,
    keys: KeyRing,
    person: Person,
    channel: ChannelKind,
    number: str,
    now: datetime,
    *,
    staff_id: UUID,
    agreed: bool,
) -> UUID:
    """A contact point for a person nobody has written from, with an empty conversation. ``agreed``: she wants our messages."""
    account = session.exec(
        select(ChannelAccount).where(ChannelAccount.channel == channel, col(ChannelAccount.active).is_(True))
    ).first()
    if account is None:
        raise CaseFileError("number", "no_sender")
    hashed = keys.lookup(b"address", number)
    known = select(ContactPoint.id).where(ContactPoint.account_id == account.id, ContactPoint.address_hash == hashed)
    if session.exec(known).first() is not None:
        raise CaseFileError("number", "number_known")
    made = way_rows(keys, person, account.id, channel, number, hashed, now, staff_id=staff_id, agreed=agreed)
    for rows in made:
        session.add_all(rows)
        session.flush()
    (point,) = made[0]
    return point.id


def way_rows(
    keys: KeyRing,
    person: Person,
    account_id: UUID,
    channel: ChannelKind,
    number: str,
    hashed: bytes,
    now: datetime,
    *,
    staff_id: UUID,
    agreed: bool,
) -> tuple[list[ContactPoint], list[AgencyRow], list[Consent]]:
    """The rows of such a way, those first that others point at: the contact point; its link and its conversation; consents."""
    point = ContactPoint(
        id=uuid7(),
        agency_id=person.agency_id,
        account_id=account_id,
        channel=channel,
        address=number,
        address_hash=hashed,
        safety=ContactSafety.UNKNOWN if agreed else ContactSafety.NEVER,
        created_at=now,
    )
    link = PersonContactPoint(agency_id=person.agency_id, person_id=person.id, contact_point_id=point.id)
    facts = {"language_known": True} if person.language else {}
    if agreed:
        facts["service_consent"] = True
    conversation = Conversation(
        agency_id=person.agency_id,
        contact_point_id=point.id,
        person_id=person.id,
        snapshot=b"",
        language=person.language,
        created_at=now,
        updated_at=now,
    )
    # The column seals what it is given; the path of messages seals by itself, and both read the same.
    spoken = Spoken(language=person.language, facts=facts)
    conversation.snapshot = keys.open(b"conversation.snapshot", seal(keys, Snapshot(session=spoken)))
    consents = [
        Consent(
            agency_id=person.agency_id,
            person_id=person.id,
            conversation_id=conversation.id,
            kind=kind,
            given=True,
            language=person.language,
            channel=channel,
            at=now,
            recorded_by=staff_id,
        )
        for kind in (("service", "contact") if agreed else ())
    ]
    return [point], [link, conversation], consents


def let_go(store: Store, reader: Reader, contact_point_id: UUID, now: datetime) -> UUID:
    """The number is lost or somebody else's: nothing is sent there, and whoever writes from it begins as a stranger.

    Returns a person who used it. Raises :class:`NotFound`.
    """
    require(reader, Permission.WRITE_TO_PEOPLE)
    with store.writing(reader) as session:
        point = session.exec(select(ContactPoint).where(ContactPoint.id == contact_point_id).with_for_update()).first()
        links = session.exec(select(PersonContactPoint).where(PersonContactPoint.contact_point_id == contact_point_id)).all()
        used = select(Person.id).where(col(Person.id).in_([link.person_id for link in links]))
        hers = session.exec(used.order_by(col(Person.id))).first()  # a number is shared: one of those who use it is the reader's
        if point is None or hers is None:
            raise NotFound("There is no such number.")
        _remember(session, point)
        # A hash nobody's number has: the row stays, for what was said there, and is not found by the address any more.
        point.address_hash = store.keys.lookup(b"let go", point.id.hex)
        point.external_user_hash = None
        point.safety = ContactSafety.NEVER
        session.add(point)
        for link in links:
            link.current = False
            session.add(link)
        conversations = session.exec(select(Conversation.id).where(Conversation.contact_point_id == point.id)).all()
        # A message that is being taken in at this moment looks again whose it is.
        session.exec(update(Conversation).where(col(Conversation.id).in_(conversations)).values(version=Conversation.version + 1))
        session.exec(
            update(Timer)
            .where(col(Timer.conversation_id).in_(conversations), col(Timer.status) == TimerState.PENDING.value)
            .values(status=TimerState.VOID.value)
        )
        session.exec(
            update(Outbox)
            .where(col(Outbox.conversation_id).in_(conversations), col(Outbox.status).in_(("pending", "held")))
            .values(status="suppressed", error_code="let_go")
        )
        _audit(session, reader, "contact.let_go", "contact_point", point.id, now)
        return hers


def _remember(session: Session, point: ContactPoint) -> None:
    """What was written from this address is known by it, should a provider deliver it once more."""
    known = session.exec(
        select(FormerAddress.id).where(
            FormerAddress.contact_point_id == point.id,
            FormerAddress.account_id == point.account_id,
            FormerAddress.address_hash == point.address_hash,
        )
    ).first()
    if known is None:
        of = {"agency_id": point.agency_id, "account_id": point.account_id, "contact_point_id": point.id}
        session.add(FormerAddress(address_hash=point.address_hash, **of))


def _audit(session: Session, reader: Reader, action: str, kind: str, id_: UUID, now: datetime, **detail: str) -> None:
    session.add(done_by(reader, action, kind, id_, now, detail))
