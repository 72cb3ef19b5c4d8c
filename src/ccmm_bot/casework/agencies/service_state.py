"""How the service stands, for those who run it: senders, live dialogues, what was not delivered. Nothing about anybody."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import func
from sqlmodel import col, select

from ccmm_bot.casework.access.policy import Permission, Reader, require
from ccmm_bot.messages import ChannelKind, DeliveryStatus
from ccmm_bot.store.session import Store
from ccmm_bot.store.tables import ChannelAccount, Conversation, DialogueRun, Inbound, Notification, NotificationStatus, Outbox

#: Failures of so many days are counted.
SPAN: Final = timedelta(days=7)


@dataclass(frozen=True, slots=True, kw_only=True)
class SenderState:
    """One of the agency's senders. ``own``: its credentials are in the database, else in the installation's settings."""

    channel: ChannelKind
    account: str
    active: bool
    own: bool
    last_in: datetime | None
    last_out: datetime | None
    waiting: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """Messages that were not delivered for one reason."""

    channel: ChannelKind
    code: str
    count: int
    last_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveDialogue:
    """A version of a dialogue that conversations of the agency are in."""

    dialogue: str
    version: int
    running: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceState:
    """All of it."""

    senders: Sequence[SenderState]
    failures: Sequence[Failure]
    dialogues: Sequence[LiveDialogue]
    notices_failed: int
    notices_waiting: int


def service_state(store: Store, reader: Reader, now: datetime) -> ServiceState:
    """The state of the reader's agency. A fixed number of queries."""
    require(reader, Permission.SEE_SERVICE)
    since = now - SPAN
    with store.reading(reader) as session:
        accounts = session.exec(select(ChannelAccount)).all()
        last_in = dict(
            session.exec(select(Inbound.account_id, func.max(Inbound.received_at)).group_by(col(Inbound.account_id))).all()
        )
        last_out = dict(session.exec(select(Outbox.account_id, func.max(Outbox.sent_at)).group_by(col(Outbox.account_id))).all())
        open_ = (DeliveryStatus.PENDING, DeliveryStatus.SENDING, DeliveryStatus.UNKNOWN)
        waiting = dict(
            session.exec(
                select(Outbox.account_id, func.count(col(Outbox.id)))
                .where(col(Outbox.status).in_(open_))
                .group_by(col(Outbox.account_id))
            ).all()
        )
        failed = session.exec(
            select(ChannelAccount.channel, Outbox.error_code, func.count(col(Outbox.id)), func.max(Outbox.created_at))
            .join(ChannelAccount, col(ChannelAccount.id) == Outbox.account_id)
            .where(Outbox.status == DeliveryStatus.FAILED, col(Outbox.created_at) >= since)
            .group_by(col(ChannelAccount.channel), col(Outbox.error_code))
        ).all()
        running = session.exec(
            select(DialogueRun.dialogue_id, DialogueRun.dialogue_version, func.count(col(DialogueRun.id)))
            .join(Conversation, col(Conversation.id) == DialogueRun.conversation_id)
            .where(col(DialogueRun.ended_at).is_(None))
            .group_by(col(DialogueRun.dialogue_id), col(DialogueRun.dialogue_version))
        ).all()
        notices = dict(
            session.exec(
                select(Notification.status, func.count(col(Notification.id)))
                .where(col(Notification.created_at) >= since)
                .group_by(col(Notification.status))
            ).all()
        )
    return ServiceState(
        senders=[
            SenderState(
                channel=row.channel,
                account=row.account,
                active=row.active,
                own=row.credentials is not None,
                last_in=last_in.get(row.id),
                last_out=last_out.get(row.id),
                waiting=waiting.get(row.id, 0),
            )
            for row in sorted(accounts, key=lambda each: (each.channel.value, each.account))
            if row.channel is not ChannelKind.CONSOLE
        ],
        failures=sorted(
            (
                Failure(channel=ChannelKind(channel), code=code or "unknown", count=count, last_at=last)
                for channel, code, count, last in failed
            ),
            key=lambda each: -each.count,
        ),
        dialogues=[LiveDialogue(dialogue=name, version=version, running=count) for name, version, count in sorted(running)],
        notices_failed=notices.get(NotificationStatus.FAILED, 0),
        notices_waiting=notices.get(NotificationStatus.PENDING, 0),
    )
