"""When something happens next on a phone of the demonstration, if nobody writes."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func
from sqlmodel import col, select

from ccmm_bot.clock import BC
from ccmm_bot.followup.quiet_hours import next_allowed
from ccmm_bot.messages import ChannelKind, DeliveryStatus
from ccmm_bot.store.session import Store
from ccmm_bot.store.tables import ContactPoint, Conversation, Outbox, Timer, TimerState


def next_due(store: Store, kind: ChannelKind, address: str, now: datetime) -> datetime | None:
    """The instant of the next reminder, time-out or held message, in sending hours; ``None`` when nothing is to come."""
    with store.installation() as session:
        conversation = select(Conversation.id).join(ContactPoint, col(ContactPoint.id) == Conversation.contact_point_id)
        conversation = conversation.where(
            ContactPoint.channel == kind, ContactPoint.address_hash == store.keys.lookup(b"address", address)
        )
        key = session.exec(conversation).first()
        if key is None:
            return None
        timer: datetime | None = session.exec(
            select(func.min(Timer.due_at)).where(Timer.conversation_id == key, Timer.status == TimerState.PENDING.value)
        ).one()
        held: datetime | None = session.exec(
            select(func.min(Outbox.not_before)).where(Outbox.conversation_id == key, Outbox.status == DeliveryStatus.PENDING)
        ).one()
    instants = [instant for instant in (timer, held) if instant is not None]
    return next_allowed(max(min(instants), now), BC) if instants else None
