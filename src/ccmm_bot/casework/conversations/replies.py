"""What staff do in a conversation: write as a human, hand it back to the bot, start a dialogue on the person's phone.

Each is checked against the policy here and then goes through the conversation's one door, like everything else that happens to
a conversation.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlmodel import Session, col, select

from ccmm_bot.casework.access.policy import NotFound, Permission, Reader, require
from ccmm_bot.dialogue.session import Status
from ccmm_bot.followup.hours import SafeHours, next_moment, safe_hours
from ccmm_bot.messages import ChannelKind
from ccmm_bot.store import moving
from ccmm_bot.store.gate import WINDOW
from ccmm_bot.store.hot.work import Runner
from ccmm_bot.store.session import Store
from ccmm_bot.store.tables import (
    Agency,
    ApprovalStatus,
    ContactPoint,
    ContactSafety,
    Conversation,
    FollowUp,
    FollowUpStatus,
    MessageTemplate,
    Person,
)
from ccmm_bot.store.templates import KNOCK, LAST_RESORT

REPLY_MAXIMUM = 1500  # fits an SMS of Twilio's (1600) with room to spare


class Hindrance(StrEnum):
    """Why something cannot be done now; each has a sentence on the page."""

    EMPTY = "empty"
    OPTED_OUT = "opted-out"
    UNSAFE = "unsafe"
    WINDOW = "window"
    BUSY = "busy"
    HUMAN = "human"
    NOT_HUMAN = "not-human"
    NO_NAME = "no-name"


class ConsentHow(StrEnum):
    """How somebody who had stopped our messages told the agency that she wants them again."""

    IN_PERSON = "in_person"
    BY_PHONE = "by_phone"
    IN_WRITING = "in_writing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A conversation somebody wants to do something in."""

    conversation_id: UUID
    person_id: UUID
    named: bool
    channel: ChannelKind
    status: Status
    opted_out: bool
    never: bool
    human: bool
    last_inbound_at: datetime | None
    zone: ZoneInfo
    safe: SafeHours | None = None
    language: str | None = None  # what the person chose
    knock: bool = False  # an approved template can tell her that there is a message
    opening: bool = False  # an approved template begins a conversation in her language

    def window_open(self, now: datetime) -> bool:
        """Whether everything can be said on this channel now. WhatsApp: within 24 hours of the person's last message."""
        if self.channel is not ChannelKind.WHATSAPP:
            return True
        return self.last_inbound_at is not None and now - self.last_inbound_at < WINDOW


def target(store: Store, reader: Reader, conversation_id: UUID) -> Target:
    """The conversation, for a reader who may write. Raises :class:`NotFound`."""
    require(reader, Permission.WRITE_TO_PEOPLE)
    with store.reading(reader) as session:
        found = session.exec(
            select(Conversation, ContactPoint, Person)
            .join(ContactPoint, col(ContactPoint.id) == Conversation.contact_point_id)
            .join(Person, col(Person.id) == Conversation.person_id)
            .where(Conversation.id == conversation_id)
        ).first()
        if found is None:
            raise NotFound("There is no such conversation.")
        conversation, point, person = found
        return Target(
            conversation_id=conversation.id,
            person_id=person.id,
            named=bool(person.name),
            channel=point.channel,
            status=conversation.status,
            opted_out=point.opted_out_at is not None,
            never=point.safety is ContactSafety.NEVER,
            human=conversation.human_since is not None,
            last_inbound_at=conversation.last_inbound_at,
            zone=_zone(session),
            safe=safe_hours(point.safe_from, point.safe_until),
            language=conversation.language or person.language,
            **(_templates(session, conversation, point, person) if point.channel is ChannelKind.WHATSAPP else {}),
        )


def hindrance_to_reply(to: Target, text: str, now: datetime) -> Hindrance | None:
    """Why a human's message cannot be sent; ``None`` when it can. An answer to somebody who wrote goes out at any hour.

    Outside WhatsApp's window it waits for her behind a template that says there is a message, where one is approved.
    """
    if not text.strip():
        return Hindrance.EMPTY
    if to.opted_out:
        return Hindrance.OPTED_OUT
    return None if to.window_open(now) or to.knock else Hindrance.WINDOW


def hindrance_to_start(to: Target, now: datetime) -> Hindrance | None:
    """Why we cannot start a dialogue; ``None`` when we can. Outside WhatsApp's window an approved template has to open it."""
    if to.opted_out or to.status is Status.STOPPED:
        return Hindrance.OPTED_OUT
    if to.never:
        return Hindrance.UNSAFE
    if to.human:
        return Hindrance.HUMAN
    if to.status is Status.WAITING:
        return Hindrance.BUSY
    if not to.named:
        return Hindrance.NO_NAME
    return None if to.window_open(now) or to.knock or to.opening else Hindrance.WINDOW


def starts_later(to: Target, now: datetime) -> bool:
    """Whether what we start now waits for the sending hours, or for hours that are safe, before it goes out."""
    return next_moment(now, to.zone, to.safe) != now


def planned(store: Store, reader: Reader, person_id: UUID, kind: str) -> UUID | None:
    """The follow-up of this kind that is planned for the person and has not begun, the next one where there are several: who starts
    it now has begun this one, so that nobody is asked twice."""
    require(reader, Permission.WRITE_TO_PEOPLE)
    waiting = (FollowUpStatus.SCHEDULED, FollowUpStatus.DUE)
    with store.reading(reader) as session:
        mine = select(FollowUp.id).where(FollowUp.person_id == person_id, FollowUp.kind == kind, col(FollowUp.status).in_(waiting))
        return session.exec(mine.order_by(col(FollowUp.due_at)).limit(1)).first()


def _templates(session: Session, conversation: Conversation, point: ContactPoint, person: Person) -> dict[str, bool]:
    """What the approved ones can say to her: as in :mod:`ccmm_bot.store.templates`, which decides when a message goes out."""
    spoken = conversation.language or person.language
    found = session.exec(
        select(MessageTemplate.name, MessageTemplate.language).where(
            MessageTemplate.account_id == point.account_id, MessageTemplate.status == ApprovalStatus.APPROVED
        )
    ).all()
    languages = {spoken, person.second_language, *LAST_RESORT}
    return {
        "knock": any(name == KNOCK and language in languages for name, language in found),
        "opening": any(name != KNOCK and language == spoken for name, language in found),
    }


async def another_way(runner: Runner, to: Target, now: datetime) -> bool:
    """Whether a human's message that WhatsApp does not take now would reach the person another way of hers."""
    return await runner.across(lambda: moving.reachable(to.conversation_id, now))


def _zone(session: Session) -> ZoneInfo:
    return ZoneInfo(session.exec(select(Agency.timezone)).one())
