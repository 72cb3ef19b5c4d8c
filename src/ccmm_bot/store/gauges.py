"""How much waits in the store, for those who watch the service: counts and ages over the whole installation, nothing about anybody.

Every question is answered from an index that holds only what is open, so that looking costs the same however much was ever kept.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import ColumnElement, Engine, func, literal_column
from sqlmodel import col, select

from ccmm_bot.dialogue.model import Severity
from ccmm_bot.messages import DeliveryStatus
from ccmm_bot.store.scope import across
from ccmm_bot.store.tables import (
    Flag,
    FlagStatus,
    FollowUp,
    Inbound,
    Notification,
    NotificationStatus,
    Outbox,
    Process,
    Timer,
    TimerState,
)

#: Messages something is still to be done about. Written as the index of such rows is: SQLite takes it for nothing else, and would
#: read every message there ever was.
ON_THEIR_WAY: Final[ColumnElement[bool]] = literal_column("outbox.status IN ('pending', 'sending', 'unknown')")


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """What waits at one moment.

    ``messages``: on their way out, by state. ``oldest_message``: since when the oldest of those that may go out now has waited.
    ``flags``: open ones by severity, ``late`` those whose deadline has passed. ``timers``, ``follow_ups``: due and not looked at.
    ``notices``: to staff. ``processes``: that have said so lately that they live. ``last_inbound``: when the last message came in.
    """

    messages: Mapping[str, int]
    oldest_message: datetime | None
    flags: Mapping[str, int]
    late: int
    timers: int
    follow_ups: int
    notices: int
    processes: int
    last_inbound: datetime | None


def waiting(engine: Engine, now: datetime) -> Waiting:
    """What waits in the whole installation. Nine short queries."""
    with across(engine).execution_options(ccmm_write=False).connect() as connection:
        messages = connection.execute(select(Outbox.status, func.count()).where(ON_THEIR_WAY).group_by(col(Outbox.status))).all()
        oldest = connection.execute(
            select(func.min(Outbox.created_at)).where(
                ON_THEIR_WAY, (col(Outbox.not_before).is_(None)) | (col(Outbox.not_before) <= now)
            )
        ).scalar()
        flags = connection.execute(
            select(Flag.severity, func.count()).where(Flag.status == FlagStatus.OPEN).group_by(col(Flag.severity))
        ).all()
        late = connection.execute(
            select(func.count()).select_from(Flag).where(Flag.status == FlagStatus.OPEN, col(Flag.due_at) < now)
        ).scalar_one()
        timers = connection.execute(
            select(func.count()).select_from(Timer).where(Timer.status == TimerState.PENDING.value, col(Timer.due_at) <= now)
        ).scalar_one()
        follow_ups = connection.execute(
            select(func.count()).select_from(FollowUp).where(col(FollowUp.wake_at).is_not(None), col(FollowUp.wake_at) <= now)
        ).scalar_one()
        notices = connection.execute(
            select(func.count()).select_from(Notification).where(Notification.status == NotificationStatus.PENDING)
        ).scalar_one()
        processes = connection.execute(select(func.count()).select_from(Process).where(col(Process.alive_until) > now)).scalar_one()
        # Ids sort by the time they were made, and have an index of their own.
        last = connection.execute(select(Inbound.received_at).order_by(col(Inbound.id).desc()).limit(1)).scalar()
    return Waiting(
        messages={DeliveryStatus(status).value: count for status, count in messages},
        oldest_message=oldest,
        flags={Severity(severity).value: count for severity, count in flags},
        late=late,
        timers=timers,
        follow_ups=follow_ups,
        notices=notices,
        processes=processes,
        last_inbound=last,
    )
