"""What is planned, and why something was not sent: for the command line and for pages. Names nobody; a person is a code."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement
from sqlmodel import Session, col, or_, select

from ccmm_bot.casework.access.policy import NotFound
from ccmm_bot.casework.texts import N_
from ccmm_bot.store.session import Store
from ccmm_bot.store.tables import Agency, FollowUp, FollowUpAttempt, FollowUpStatus, Outbox, Person

#: Every reason there is, in plain words.
REASONS: Final = MappingProxyType(
    {
        "busy": N_("the person is in another conversation with us"),
        "human": N_("a colleague is talking with the person"),
        "no_name": N_("the first message asks for the person by initials, and no name is written down"),
        "no_dialogue": N_("this installation has no dialogue for it"),
        "no_contact": N_("nobody of this person's phones is known to us"),
        "no_answer": N_("nobody answered, after reminders, at any contact point we may use"),
        "no_safe_hour": N_("the hours that are safe for the person and our sending hours do not meet"),
        "no_consent": N_("the person does not want to be contacted"),
        "no_template": N_("WhatsApp takes nothing new from us, and no template is approved in a language of the person's"),
        "not_safe": N_("every contact point is marked as never safe to write to"),
        "opted_out": N_("the person has written STOP"),
        "too_late": N_("its time was over before it could be sent"),
        "answered": N_("the person answered another one about the same"),
        "exited": N_("the service ends before it"),
        "exit_cleared": N_("the exit date was taken back"),
        "reopened": N_("the case was opened again"),
        "merged": N_("two entries were one person, and the other case goes on"),
    }
)

_MISSED: Final = (FollowUpStatus.MISSED, FollowUpStatus.UNREACHABLE)
_WAITING: Final = (FollowUpStatus.SCHEDULED, FollowUpStatus.DUE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One follow-up in a list."""

    id: UUID
    agency: str
    person: str
    kind: str
    occurrence: int
    due_at: datetime
    status: FollowUpStatus
    reason: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Why(Line):
    """One follow-up with everything that was tried."""

    updated_at: datetime | None
    next_look: datetime | None
    attempts: tuple[datetime, ...]
    messages: tuple[tuple[datetime, str, str | None], ...]  # when written, how far it got, and the provider's or the gate's code


def planned(store: Store, now: datetime, within: timedelta) -> list[Line]:
    """What is still to come until ``now + within``, the earliest first; what waits for something is among it."""
    with store.installation() as session:
        return _lines(session, col(FollowUp.status).in_(_WAITING), col(FollowUp.due_at) <= now + within)


def missed(store: Store) -> list[Line]:
    """What was not sent or not answered, and what waits for something that is in the way."""
    with store.installation() as session:
        stuck = (col(FollowUp.status) == FollowUpStatus.DUE) & col(FollowUp.reason).is_not(None)
        return _lines(session, or_(col(FollowUp.status).in_(_MISSED), stuck))


def why(store: Store, follow_up_id: UUID) -> Why:
    """Everything known about one follow-up. Raises :class:`NotFound`."""
    with store.installation() as session:
        lines = _lines(session, col(FollowUp.id) == follow_up_id)
        row = session.get(FollowUp, follow_up_id)
        if not lines or row is None:
            raise NotFound("There is no such follow-up.")
        attempts = session.exec(
            select(FollowUpAttempt).where(FollowUpAttempt.follow_up_id == follow_up_id).order_by(col(FollowUpAttempt.begun_at))
        ).all()
        line = lines[0]
        return Why(
            id=line.id,
            agency=line.agency,
            person=line.person,
            kind=line.kind,
            occurrence=line.occurrence,
            due_at=line.due_at,
            status=line.status,
            reason=line.reason,
            updated_at=row.updated_at,
            next_look=row.wake_at,
            attempts=tuple(each.begun_at for each in attempts),
            messages=_messages(session, attempts),
        )


def _messages(session: Session, attempts: Sequence[FollowUpAttempt]) -> tuple[tuple[datetime, str, str | None], ...]:
    """The first messages of every attempt."""
    found: list[tuple[datetime, str, str | None]] = []
    for each in attempts:
        rows = session.exec(
            select(Outbox)
            .where(Outbox.conversation_id == each.conversation_id, col(Outbox.created_at) >= each.begun_at)
            .order_by(col(Outbox.seq))
            .limit(5)
        )
        found += [(row.created_at, row.status.value, row.error_code) for row in rows]
    return tuple(found)


def _lines(session: Session, *conditions: ColumnElement[bool] | bool) -> list[Line]:
    rows = session.exec(
        select(FollowUp, Agency.name, Person.code)
        .join(Agency, col(Agency.id) == FollowUp.agency_id)
        .join(Person, col(Person.id) == FollowUp.person_id)
        .where(*conditions)
        .order_by(col(FollowUp.due_at))
    ).all()
    return [
        Line(
            id=row.id,
            agency=agency,
            person=code,
            kind=row.kind,
            occurrence=row.occurrence,
            due_at=row.due_at,
            status=row.status,
            reason=row.reason,
        )
        for row, agency, code in rows
    ]
