"""How the service stands, for those who run it: senders, live dialogues, what was not delivered. Nothing about anybody."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import func
from sqlmodel import col, select
from sqlmodel.sql.expression import Select

from ccmm_bot.casework.access.policy import Permission, Reader, require
from ccmm_bot.messages import ChannelKind, DeliveryStatus
from ccmm_bot.store.gauges import ON_THEIR_WAY
from ccmm_bot.store.session import Store
from ccmm_bot.store.tables import ChannelAccount, DialogueRun, Inbound, Notification, NotificationStatus, Outbox

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
        last = {key: (came, went) for key, came, went in session.exec(_last_of_each())}
        waiting = dict(
            session.exec(
                select(Outbox.account_id, func.count(col(Outbox.id))).where(ON_THEIR_WAY).group_by(col(Outbox.account_id))
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
                last_in=last[row.id][0],
                last_out=last[row.id][1],
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


def _last_of_each() -> Select[UUID, datetime | None, datetime | None]:
    """Of every sender, when a message last came and when one last went: the last entry of an index each, however many there are."""
    came = select(Inbound.received_at).where(Inbound.account_id == ChannelAccount.id).order_by(col(Inbound.received_at).desc())
    went = (
        select(Outbox.sent_at)
        .where(Outbox.account_id == ChannelAccount.id, col(Outbox.sent_at).is_not(None))
        .order_by(col(Outbox.sent_at).desc())
    )
    return select(ChannelAccount.id, came.limit(1).scalar_subquery(), went.limit(1).scalar_subquery())
