"""Whether, and when, it is safe to write to a contact point first: safe, safe at some hours, or never."""

from __future__ import annotations

from datetime import datetime, time
from enum import StrEnum
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlmodel import Session, col, select

from ccmm_bot.casework.access.policy import NotFound, Permission, Reader, require
from ccmm_bot.casework.recorded import done_by
from ccmm_bot.casework.seen import mark, still_seen
from ccmm_bot.dialogue.session import Status
from ccmm_bot.errors import CcmmError
from ccmm_bot.followup.hours import SafeHours, next_moment
from ccmm_bot.store.session import Store
from ccmm_bot.store.tables import Agency, ContactPoint, ContactSafety, Conversation


class Safety(StrEnum):
    """What somebody at the agency knows of a phone. An answer to a person who writes goes out whatever it is."""

    SAFE = "safe"
    HOURS = "hours"  # only between two times of the day
    NEVER = "never"


class NoHoursLeft(CcmmError):
    """Hours are missing, or leave nothing of those in which we write to people."""


class SaidByPerson(CcmmError):
    """The person herself said that this phone is not safe; that is taken back by saying how she told us otherwise."""


def keep_safety(
    store: Store,
    reader: Reader,
    conversation_id: UUID,
    safety: Safety,
    now: datetime,
    *,
    hours: tuple[time, time] | None = None,
    shared: bool = False,
    seen: str | None = None,
) -> UUID:
    """Write down what is known of the phone of a conversation; returns whose page it belongs to.

    ``hours``: from (included) and until (excluded), on the person's clock; for :attr:`Safety.HOURS` only. What was planned or waits
    to go out keeps to it from now on. ``seen``: :func:`seen_of` when the form was opened. Raises :class:`NotFound`,
    :class:`NoHoursLeft`, :class:`SaidByPerson`, and ``Changed`` where somebody has written something else meanwhile.
    """
    require(reader, Permission.WRITE_TO_PEOPLE)
    with store.writing(reader) as session:
        talk, point = _found(session, conversation_id)
        if talk.status is Status.SILENT:
            raise SaidByPerson("The person said that this phone is not safe.")
        chosen = _hours(session, safety, hours, now)
        kept = ContactSafety.NEVER if safety is Safety.NEVER else ContactSafety.SAFE
        start, end = (None, None) if chosen is None else (_minutes(chosen.start), _minutes(chosen.end))
        wanted, actions = (kept.value, start, end, shared), ["contact.safety", "contact.safe_again"]
        still_seen(session, seen, _known(point), wanted, kind="contact_point", subject=point.id, actions=actions)
        point.safety, point.safe_from, point.safe_until, point.shared = kept, start, end, shared
        session.add(point)
        detail = {"safety": safety.value, "from": point.safe_from, "until": point.safe_until, "shared": shared}
        session.add(done_by(reader, "contact.safety", "contact_point", point.id, now, detail))
        return talk.person_id


def seen_of(point: ContactPoint) -> str:
    """The mark of what is known of a phone, for the form that changes it."""
    return mark(*_known(point))


def _known(point: ContactPoint) -> tuple[str, int | None, int | None, bool]:
    return point.safety.value, point.safe_from, point.safe_until, point.shared


def _found(session: Session, conversation_id: UUID) -> tuple[Conversation, ContactPoint]:
    row = session.exec(
        select(Conversation, ContactPoint)
        .join(ContactPoint, col(ContactPoint.id) == Conversation.contact_point_id)
        .where(Conversation.id == conversation_id)
        .with_for_update()
    ).first()
    if row is None:
        raise NotFound("There is no such conversation.")
    return row


def _hours(session: Session, safety: Safety, hours: tuple[time, time] | None, now: datetime) -> SafeHours | None:
    if safety is not Safety.HOURS:
        return None
    if hours is None:
        raise NoHoursLeft("Say from when until when.")
    chosen = SafeHours(*hours)
    zone = ZoneInfo(session.exec(select(Agency.timezone)).one())
    if hours[0] == hours[1] or next_moment(now, zone, chosen) is None:
        raise NoHoursLeft("These hours leave none in which we write to people.")
    return chosen


def _minutes(at: time) -> int:
    return at.hour * 60 + at.minute
