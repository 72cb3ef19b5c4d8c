"""What needs somebody, and who wrote: the first page of the day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, case, func, or_
from sqlmodel import Session, col, select

from ccmm_bot.casework.access.policy import Permission, Reader, require
from ccmm_bot.casework.desk.worklists import WorkList, WorkPage, morning_of, read_list
from ccmm_bot.dialogue.model import Severity
from ccmm_bot.dialogue.session import Status
from ccmm_bot.messages import ChannelKind, ContentKind
from ccmm_bot.store.session import Store
from ccmm_bot.store.tables import ContactPoint, Conversation, Flag, Inbound, Person, is_open

SHOWN = 50
#: Of more conversations the page says that there are more.
COUNTED = 1000
_EXCERPT = 140  # characters of the last message


@dataclass(frozen=True, slots=True, kw_only=True)
class FlagRow:
    """An open flag."""

    id: UUID
    reason: str
    severity: Severity
    occurrences: int
    last_at: datetime
    due_at: datetime | None  # until when somebody should have looked; None for a moment, until it is worked out
    overdue: bool
    level: int  # who was told that nobody looked: 0 nobody, 1 the supervisors, 2 the administrators


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A person with open flags, the most pressing first. ``severity`` is the worst of them, ``last_at`` the latest, ``due_at`` the
    first deadline.
    """

    person_id: UUID
    code: str
    name: str | None
    language: str | None
    channel: ChannelKind | None
    severity: Severity
    last_at: datetime
    due_at: datetime | None
    overdue: bool
    flags: tuple[FlagRow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ConversationRow:
    """A conversation, with the person's latest message."""

    id: UUID
    person_id: UUID
    code: str
    name: str | None
    language: str | None
    channel: ChannelKind
    human_since: datetime | None
    opted_out: bool
    last_at: datetime
    last_text: str
    last_kind: ContentKind | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Today:
    """The page. Counts are of everything there is, also beyond what is shown; that of conversations ends at :data:`COUNTED`.

    ``older`` is the instant to continue the list of conversations from.
    """

    waiting: tuple[Waiting, ...]
    waiting_count: int
    conversations: tuple[ConversationRow, ...]
    conversation_count: int
    older: datetime | None
    lists: tuple[WorkPage, ...]  # the other lists of the day, with their first rows


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingPage:
    """One page of those who wait."""

    rows: tuple[Waiting, ...]
    count: int
    page: int
    pages: int


#: Somebody whose number we only know, from a list or from a colleague, has a conversation too, in which nobody has written.
_WROTE: Final = col(Conversation.last_inbound_at).is_not(None)


def today(store: Store, reader: Reader, *, now: datetime, before: datetime | None = None, mine: bool = False) -> Today:
    """Who waits for a human, most pressing and then soonest due first; the lists of the day; conversations, latest first.

    ``mine``: the flags that are the reader's, and the people whose cases she manages. A fixed number of queries whatever the number
    of rows.
    """
    require(reader, Permission.READ_CASES)
    with store.reading(reader) as session:
        conversations, older = _conversations(session, before)
        whose = reader.staff_id if mine else None
        morning = morning_of(session, now)
        return Today(
            waiting=_waiting(session, now, whose, 0),
            waiting_count=_count_waiting(session, now, whose),
            conversations=conversations,
            conversation_count=_count_conversations(session),
            older=older,
            lists=tuple(read_list(session, reader, name, now=now, morning=morning, mine=mine) for name in WorkList),
        )


def waiting_page(store: Store, reader: Reader, *, now: datetime, mine: bool = False, page: int = 1) -> WaitingPage:
    """One page of who waits for a human. A page that is not there is the last one."""
    require(reader, Permission.READ_CASES)
    with store.reading(reader) as session:
        whose = reader.staff_id if mine else None
        count = _count_waiting(session, now, whose)
        pages = max(1, -(-count // SHOWN))
        page = min(max(page, 1), pages)
        return WaitingPage(rows=_waiting(session, now, whose, (page - 1) * SHOWN), count=count, page=page, pages=pages)


def _awake(now: datetime, whose: UUID | None) -> list[ColumnElement[bool]]:
    """Open, and not put off; one that was raised again since is awake (:func:`ccmm_bot.casework.desk.flag_page.is_asleep`)."""
    conditions = [
        is_open(),
        or_(col(Flag.snoozed_until).is_(None), col(Flag.snoozed_until) <= now, col(Flag.last_at) > col(Flag.snoozed_at)),
    ]
    return [*conditions, col(Flag.assigned_to) == whose] if whose else conditions


def _count_waiting(session: Session, now: datetime, whose: UUID | None) -> int:
    return session.exec(select(func.count(func.distinct(col(Flag.person_id)))).where(*_awake(now, whose))).one()


_RANK: Final = {Severity.URGENT: 0, Severity.HIGH: 1, Severity.NORMAL: 2}


def _waiting(session: Session, now: datetime, whose: UUID | None, skip: int) -> tuple[Waiting, ...]:
    awake = _awake(now, whose)
    rank = case({severity.value: place for severity, place in _RANK.items()}, value=col(Flag.severity), else_=len(_RANK))
    first = (
        select(
            col(Flag.person_id).label("person"),
            func.min(rank).label("rank"),
            func.min(func.coalesce(Flag.due_at, Flag.first_at)).label("due"),  # not worked out yet: as if it were due already
            func.min(Flag.first_at).label("since"),
        )
        .where(*awake)
        .group_by(col(Flag.person_id))
        .order_by(func.min(rank), func.min(func.coalesce(Flag.due_at, Flag.first_at)), func.min(Flag.first_at), col(Flag.person_id))
        .limit(SHOWN)
        .offset(skip)
        .subquery()
    )
    rows = session.exec(
        select(Flag, Person, ContactPoint.channel)
        .join(first, first.c.person == Flag.person_id)
        .join(Person, col(Person.id) == Flag.person_id)
        .outerjoin(Conversation, col(Conversation.id) == Flag.conversation_id)
        .outerjoin(ContactPoint, col(ContactPoint.id) == Conversation.contact_point_id)
        .where(*awake)
        .order_by(first.c.rank, first.c.due, first.c.since, col(Flag.person_id), rank, col(Flag.first_at))
    ).all()
    grouped = [list(group) for _person, group in groupby(rows, key=lambda row: row[1].id)]
    return tuple(_person(group, now) for group in grouped)


def _person(rows: Sequence[tuple[Flag, Person, str | None]], now: datetime) -> Waiting:
    _flag, person, channel = rows[0]
    flags = tuple(
        FlagRow(
            id=flag.id,
            reason=flag.reason,
            severity=flag.severity,
            occurrences=flag.occurrences,
            last_at=flag.last_at,
            due_at=flag.due_at,
            overdue=flag.due_at is not None and flag.due_at <= now,
            level=flag.level,
        )
        for flag, _same, _channel in rows
    )
    return Waiting(
        person_id=person.id,
        code=person.code,
        name=person.name,
        language=person.language,
        channel=ChannelKind(channel) if channel else None,
        severity=flags[0].severity,
        last_at=max(flag.last_at for flag in flags),
        due_at=min((flag.due_at for flag in flags if flag.due_at is not None), default=None),
        overdue=any(flag.overdue for flag in flags),
        flags=flags,
    )


def _count_conversations(session: Session) -> int:
    """At most one more than :data:`COUNTED`: whether each is the reader's to see is asked one by one."""
    some = select(Conversation.id).where(_WROTE).order_by(col(Conversation.last_inbound_at).desc()).limit(COUNTED + 1)
    return session.exec(select(func.count()).select_from(some.subquery())).one()


def _conversations(session: Session, before: datetime | None) -> tuple[tuple[ConversationRow, ...], datetime | None]:
    latest = col(Conversation.last_inbound_at)
    # Which ones first, along the index from its end, and only of those who it is: the others' rows are not looked up.
    newest = select(Conversation.id).where(_WROTE).order_by(latest.desc(), col(Conversation.id)).limit(SHOWN + 1)
    if before is not None:
        newest = newest.where(latest < before)
    found = session.exec(
        select(Conversation, Person, ContactPoint)
        .join(Person, col(Person.id) == Conversation.person_id)
        .join(ContactPoint, col(ContactPoint.id) == Conversation.contact_point_id)
        .where(col(Conversation.id).in_(newest))
        .order_by(latest.desc(), col(Conversation.id))
    ).all()
    shown = found[:SHOWN]
    last = _last_inbound(session, [conversation.id for conversation, _person, _point in shown])
    rows = []
    for conversation, person, point in shown:
        message = last.get(conversation.id)
        rows.append(
            ConversationRow(
                id=conversation.id,
                person_id=person.id,
                code=person.code,
                name=person.name,
                language=conversation.language,
                channel=point.channel,
                human_since=conversation.human_since,
                opted_out=point.opted_out_at is not None or conversation.status is Status.STOPPED,
                last_at=conversation.last_inbound_at or conversation.created_at,
                last_text=message.text[:_EXCERPT] if message else "",
                last_kind=message.kind if message else None,
            )
        )
    return tuple(rows), rows[-1].last_at if len(found) > SHOWN else None


def _last_inbound(session: Session, conversations: Sequence[UUID]) -> dict[UUID, Inbound]:
    """The latest message of each conversation, in one query. Ids sort by time, so the greatest of an instant is the last."""
    if not conversations:
        return {}
    newest = (
        select(col(Inbound.conversation_id).label("conversation"), func.max(Inbound.received_at).label("at"))
        .where(col(Inbound.conversation_id).in_(conversations))
        .group_by(col(Inbound.conversation_id))
        .subquery()
    )
    rows = session.exec(
        select(Inbound)
        .join(newest, (newest.c.conversation == Inbound.conversation_id) & (newest.c.at == Inbound.received_at))
        .order_by(col(Inbound.id))
    )
    return {row.conversation_id: row for row in rows}
