"""The table ``gap``: opened when the service was away, closed when the provider's list was read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlmodel import col, select

from ccmm_bot.messages import ChannelKind
from ccmm_bot.store.session import Store
from ccmm_bot.store.tables import ChannelAccount, Gap, GapCause, GapState

#: Read so much more at both ends: clocks differ, and a message may be on its way.
MARGIN: Final = timedelta(minutes=2)
#: The provider's list may lag behind: it is read a second time after this.
AGAIN: Final = timedelta(minutes=3)
PASSES: Final = 2
#: A gap whose list cannot be read for so long is given up, and staff are told.
PATIENCE: Final = timedelta(days=1)
#: Shorter ones (a restart) are nothing to tell, unless something was missed.
WORTH_TELLING: Final = timedelta(minutes=1)
#: Never further back by itself: providers keep more, but what is that old wants a decision (the command).
FURTHEST: Final = timedelta(days=14)


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenGap:
    """One to be closed."""

    id: UUID
    channel: ChannelKind
    account: str
    since: datetime
    until: datetime


def open_gaps(
    store: Store, *, since: datetime, until: datetime, cause: GapCause, now: datetime, account: str | None = None
) -> list[UUID]:
    """A gap for every sender that is on (``account``: for this one). Telegram brings by itself what was not taken."""
    opened: list[UUID] = []
    with store.installation(write=True) as session:
        for sender in session.exec(select(ChannelAccount).order_by(col(ChannelAccount.id))).all():
            if not sender.active or sender.channel is ChannelKind.CONSOLE or account not in (None, sender.account):
                continue
            itself = sender.channel is ChannelKind.TELEGRAM
            row = Gap(
                agency_id=sender.agency_id,
                account_id=sender.id,
                cause=cause,
                since=since,
                until=until,
                state=GapState.BY_PROVIDER if itself else GapState.OPEN,
                next_at=now,
                closed_at=now if itself else None,
                created_at=now,
            )
            session.add(row)
            opened.append(row.id)
    return opened


def due(store: Store, now: datetime) -> list[tuple[UUID, UUID, datetime]]:
    """Gaps to look at now: (id, its sender, when it was due)."""
    with store.installation() as session:
        rows = session.exec(
            select(Gap.id, Gap.account_id, Gap.next_at)
            .where(Gap.state == GapState.OPEN, Gap.next_at <= now)
            .order_by(col(Gap.since))
            .limit(50)
        ).all()
    return [(row[0], row[1], row[2]) for row in rows]


def look(store: Store, gap_id: UUID) -> OpenGap | None:
    """A gap that is still open."""
    with store.installation() as session:
        found = session.exec(
            select(Gap, ChannelAccount)
            .join(ChannelAccount, col(ChannelAccount.id) == Gap.account_id)
            .where(Gap.id == gap_id, Gap.state == GapState.OPEN)
        ).first()
    if found is None:
        return None
    gap, sender = found
    return OpenGap(id=gap.id, channel=sender.channel, account=sender.account, since=gap.since, until=gap.until)


def read_once(store: Store, gap_id: UUID, *, found: int, missed: int, unreadable: int, now: datetime) -> None:
    """The list was read to its end. After the last time the gap is closed."""
    with store.installation(write=True) as session:
        gap = session.exec(select(Gap).where(Gap.id == gap_id, Gap.state == GapState.OPEN).with_for_update()).first()
        if gap is None:
            return
        gap.passes += 1
        gap.found, gap.unreadable = max(gap.found, found), max(gap.unreadable, unreadable)
        gap.missed += missed
        gap.next_at = now + AGAIN
        if gap.passes >= PASSES:
            gap.state, gap.closed_at = GapState.CLOSED, now
        session.add(gap)


def not_read(store: Store, gap_id: UUID, *, missed: int, now: datetime) -> None:
    """The list could not be read (to its end): later again."""
    with store.installation(write=True) as session:
        gap = session.exec(select(Gap).where(Gap.id == gap_id, Gap.state == GapState.OPEN).with_for_update()).first()
        if gap is None:
            return
        gap.failures += 1
        gap.missed += missed
        gap.next_at = now + min(timedelta(seconds=15) * 2 ** min(gap.failures, 10), timedelta(minutes=15))
        if now - gap.created_at > PATIENCE:
            gap.state, gap.closed_at = GapState.GIVEN_UP, now
        session.add(gap)


def to_tell(store: Store, now: datetime) -> dict[UUID, list[Gap]]:
    """By agency, what its administrators have not been told: marked as told by this, so that it is said once.

    Nothing is told of an agency while one of its gaps is still open: one mail says all of it.
    """
    told: dict[UUID, list[Gap]] = {}
    with store.installation(write=True) as session:
        rows: Sequence[Gap] = session.exec(
            select(Gap).where(col(Gap.told_at).is_(None)).order_by(col(Gap.since)).with_for_update(skip_locked=True)
        ).all()
        waiting = {row.agency_id for row in rows if row.state is GapState.OPEN}
        for row in rows:
            if row.agency_id not in waiting:
                row.told_at = now
                session.add(row)
                if worth_telling(row):
                    told.setdefault(row.agency_id, []).append(row)
    return told


def worth_telling(gap: Gap) -> bool:
    """Whether anybody needs to know."""
    return gap.until - gap.since >= WORTH_TELLING or gap.missed > 0 or gap.state is GapState.GIVEN_UP
