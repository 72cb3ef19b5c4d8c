"""The lists of a day: each knows how many there are and shows them page by page, so that a count is what one click shows.

Flags are not among them: they are shown person by person (:mod:`ccmm_bot.casework.desk.today`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, or_
from sqlmodel import Session, col, select

from ccmm_bot.casework.access.policy import Permission, Reader, require
from ccmm_bot.casework.casefile.common import calendar_of
from ccmm_bot.casework.casefile.looked_after import looked_after
from ccmm_bot.casework.desk.referrals import unknown_outcome
from ccmm_bot.messages import ChannelKind
from ccmm_bot.store.session import Store
from ccmm_bot.store.tables import (
    Appointment,
    AppointmentStatus,
    Case,
    ContactPoint,
    Conversation,
    FollowUp,
    FollowUpStatus,
    NextStep,
    Outbox,
    Person,
    Referral,
    Staff,
)

#: Rows on one page of a list, and on the first page of the day.
PAGE: Final = 50
FIRST: Final = 5
#: How far ahead appointments are shown, and how far back what was missed.
AHEAD: Final = timedelta(days=7)
BACK: Final = timedelta(days=60)


class WorkList(StrEnum):
    """The lists, the most pressing first."""

    UNANSWERED = "unanswered"
    STEPS = "steps"
    APPOINTMENTS = "appointments"
    DUE = "due"
    MISSED = "missed"
    REFERRALS = "referrals"


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkRow:
    """One line of a list. ``at`` is its moment, or its day's first."""

    id: UUID
    person_id: UUID
    code: str
    name: str | None
    language: str | None
    at: datetime
    late: bool = False
    kind: str | None = None  # of a follow-up
    status: str | None = None
    reason: str | None = None
    text: str | None = None
    channel: ChannelKind | None = None
    whose: str | None = None
    conversation_id: UUID | None = None
    domain: str | None = None  # the need a referral is for
    day: date | None = None  # where it has no hour
    done: bool = False  # whether it can be ticked off here


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkPage:
    """A page of a list. ``count`` is of everything; ``page`` counts from 1."""

    name: WorkList
    count: int
    rows: tuple[WorkRow, ...]
    page: int
    pages: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """When, and whose."""

    now: datetime
    morning: datetime  # when today began at the agency
    reader: Reader
    mine: bool

    @property
    def today(self) -> date:
        """The day at the agency."""
        return self.morning.date()


def work_page(
    store: Store, reader: Reader, name: WorkList, *, now: datetime, mine: bool = False, page: int = 1, size: int = PAGE
) -> WorkPage:
    """One page of one list. A page that is not there is the last one."""
    require(reader, Permission.READ_CASES)
    with store.reading(reader) as session:
        morning = morning_of(session, now)
        return read_list(session, reader, name, now=now, morning=morning, mine=mine, page=page, size=size)


def read_list(
    session: Session,
    reader: Reader,
    name: WorkList,
    *,
    now: datetime,
    morning: datetime,
    mine: bool = False,
    page: int = 1,
    size: int = FIRST,
) -> WorkPage:
    """The same, in a session of the caller's: two queries, or one where there is nothing. ``morning``: :func:`morning_of`."""
    asked = _Asked(now=now, morning=morning, reader=reader, mine=mine)
    count, rows = _LISTS[name]
    total = int(session.exec(count(asked)).one())
    pages = max(1, -(-total // size))
    page = min(max(page, 1), pages)
    found = session.exec(rows(asked).limit(size).offset((page - 1) * size)).all() if total else []
    return WorkPage(name=name, count=total, rows=tuple(_ROWS[name](asked, *row) for row in found), page=page, pages=pages)


def morning_of(session: Session, now: datetime) -> datetime:
    """When today began at the agency."""
    zone = calendar_of(session)[0]
    return datetime.combine(now.astimezone(zone).date(), time(), zone)


def of_mine(asked: _Asked, person: Any) -> ColumnElement[bool]:
    """Whether the reader looks after a case of the person or of the household."""
    looks_after = looked_after(asked.reader.staff_id, asked.today)
    own = select(Case.person_id).where(looks_after, col(Case.person_id).is_not(None))
    homes = select(Case.household_id).where(looks_after, col(Case.household_id).is_not(None))
    family = select(Person.id).where(col(Person.household_id).in_(homes))
    return or_(person.in_(own), person.in_(family))


# --- each list: how many, which, and how a row reads -------------------------------------------------------------------


def _unanswered(asked: _Asked) -> list[ColumnElement[bool]]:
    """A human talks there, and the last word is the person's."""
    last = (
        select(func.max(Outbox.created_at))
        .where(Outbox.conversation_id == Conversation.id)
        .correlate(Conversation)
        .scalar_subquery()
    )
    conditions = [
        col(Conversation.human_since).is_not(None),
        col(Conversation.last_inbound_at).is_not(None),
        or_(last.is_(None), col(Conversation.last_inbound_at) > last),
    ]
    return [*conditions, of_mine(asked, col(Conversation.person_id))] if asked.mine else conditions


def _count_unanswered(asked: _Asked) -> Any:
    return select(func.count(col(Conversation.id))).where(*_unanswered(asked))


def _rows_unanswered(asked: _Asked) -> Any:
    return (
        select(Conversation, Person, ContactPoint)
        .join(Person, col(Person.id) == Conversation.person_id)
        .join(ContactPoint, col(ContactPoint.id) == Conversation.contact_point_id)
        .where(*_unanswered(asked))
        .order_by(col(Conversation.last_inbound_at), col(Conversation.id))
    )


def _row_unanswered(_asked: _Asked, talk: Conversation, person: Person, point: ContactPoint) -> WorkRow:
    return WorkRow(
        id=talk.id,
        **_who(person),
        at=talk.last_inbound_at or talk.created_at,
        channel=point.channel,
        conversation_id=talk.id,
    )


def _steps(asked: _Asked) -> list[ColumnElement[bool]]:
    conditions = [col(NextStep.done_at).is_(None), col(NextStep.due_on) <= asked.today]
    return [*conditions, col(NextStep.staff_id) == asked.reader.staff_id] if asked.mine else conditions


def _count_steps(asked: _Asked) -> Any:
    return select(func.count(col(NextStep.id))).where(*_steps(asked))


def _rows_steps(asked: _Asked) -> Any:
    return (
        select(NextStep, Person, Staff.name)
        .join(Person, col(Person.id) == NextStep.person_id)
        .join(Staff, col(Staff.id) == NextStep.staff_id)
        .where(*_steps(asked))
        .order_by(col(NextStep.due_on), col(NextStep.id))
    )


def _row_step(asked: _Asked, step: NextStep, person: Person, whose: str) -> WorkRow:
    at = datetime.combine(step.due_on, time(), asked.morning.tzinfo).astimezone(UTC)
    return WorkRow(
        id=step.id, **_who(person), at=at, late=step.due_on < asked.today, text=step.text, whose=whose, day=step.due_on, done=True
    )


def _appointments(asked: _Asked) -> list[ColumnElement[bool]]:
    conditions = [
        col(Appointment.status) == AppointmentStatus.PLANNED,
        col(Appointment.starts_at) >= asked.morning,
        col(Appointment.starts_at) < asked.morning + AHEAD,
    ]
    return [*conditions, col(Appointment.staff_id) == asked.reader.staff_id] if asked.mine else conditions


def _count_appointments(asked: _Asked) -> Any:
    return select(func.count(col(Appointment.id))).where(*_appointments(asked))


def _rows_appointments(asked: _Asked) -> Any:
    return (
        select(Appointment, Person, Staff.name)
        .join(Person, col(Person.id) == Appointment.person_id)
        .join(Staff, col(Staff.id) == Appointment.staff_id)
        .where(*_appointments(asked))
        .order_by(col(Appointment.starts_at), col(Appointment.id))
    )


def _row_appointment(asked: _Asked, meeting: Appointment, person: Person, whose: str) -> WorkRow:
    late = meeting.starts_at < asked.now
    return WorkRow(id=meeting.id, **_who(person), at=meeting.starts_at, late=late, text=meeting.place, whose=whose)


def _due(asked: _Asked) -> list[ColumnElement[bool]]:
    """Due, or due before tomorrow ends."""
    soon = and_(col(FollowUp.status) == FollowUpStatus.SCHEDULED, col(FollowUp.due_at) < asked.morning + timedelta(days=2))
    conditions: list[ColumnElement[bool]] = [or_(col(FollowUp.status) == FollowUpStatus.DUE, soon)]
    return [*conditions, of_mine(asked, col(FollowUp.person_id))] if asked.mine else conditions


def _missed(asked: _Asked) -> list[ColumnElement[bool]]:
    conditions = [
        col(FollowUp.status).in_((FollowUpStatus.MISSED, FollowUpStatus.UNREACHABLE)),
        func.coalesce(FollowUp.updated_at, FollowUp.due_at) >= asked.now - BACK,
    ]
    return [*conditions, of_mine(asked, col(FollowUp.person_id))] if asked.mine else conditions


def _count_follow_ups(which: Callable[[_Asked], list[ColumnElement[bool]]]) -> Callable[[_Asked], Any]:
    return lambda asked: select(func.count(col(FollowUp.id))).where(*which(asked))


def _rows_follow_ups(which: Callable[[_Asked], list[ColumnElement[bool]]], *, newest: bool) -> Callable[[_Asked], Any]:
    order = col(FollowUp.due_at).desc() if newest else col(FollowUp.due_at)
    return lambda asked: (
        select(FollowUp, Person)
        .join(Person, col(Person.id) == FollowUp.person_id)
        .where(*which(asked))
        .order_by(order, col(FollowUp.id))
    )


def _row_follow_up(asked: _Asked, row: FollowUp, person: Person) -> WorkRow:
    late = row.status is FollowUpStatus.DUE and row.due_at < asked.morning
    return WorkRow(id=row.id, **_who(person), at=row.due_at, late=late, kind=row.kind, status=row.status.value, reason=row.reason)


def _referrals(asked: _Asked) -> list[ColumnElement[bool]]:
    """Nobody knows whether help came: that is to be none (CCMM report §7)."""
    open_ = [unknown_outcome()]
    return [*open_, of_mine(asked, col(Referral.person_id))] if asked.mine else open_


def _count_referrals(asked: _Asked) -> Any:
    return select(func.count(col(Referral.id))).where(*_referrals(asked))


def _rows_referrals(asked: _Asked) -> Any:
    return (
        select(Referral, Person, Staff.name)
        .join(Person, col(Person.id) == Referral.person_id)
        .join(Staff, col(Staff.id) == Referral.staff_id)
        .where(*_referrals(asked))
        .order_by(col(Referral.created_at), col(Referral.id))
    )


def _row_referral(asked: _Asked, sent: Referral, person: Person, whose: str) -> WorkRow:
    late = sent.check_on is not None and sent.check_on < asked.today
    return WorkRow(
        id=sent.id, **_who(person), at=sent.created_at, late=late, text=sent.destination, whose=whose, domain=sent.domain
    )


def _who(person: Person) -> dict[str, Any]:
    return {"person_id": person.id, "code": person.code, "name": person.name, "language": person.language}


_LISTS: Final[dict[WorkList, tuple[Callable[[_Asked], Any], Callable[[_Asked], Any]]]] = {
    WorkList.UNANSWERED: (_count_unanswered, _rows_unanswered),
    WorkList.STEPS: (_count_steps, _rows_steps),
    WorkList.APPOINTMENTS: (_count_appointments, _rows_appointments),
    WorkList.DUE: (_count_follow_ups(_due), _rows_follow_ups(_due, newest=False)),
    WorkList.MISSED: (_count_follow_ups(_missed), _rows_follow_ups(_missed, newest=True)),
    WorkList.REFERRALS: (_count_referrals, _rows_referrals),
}
_ROWS: Final[dict[WorkList, Callable[..., WorkRow]]] = {
    WorkList.UNANSWERED: _row_unanswered,
    WorkList.STEPS: _row_step,
    WorkList.APPOINTMENTS: _row_appointment,
    WorkList.DUE: _row_follow_up,
    WorkList.MISSED: _row_follow_up,
    WorkList.REFERRALS: _row_referral,
}
