"""Opening somebody who is not one's own: with a reason, for some hours, and not unseen (break glass).

A case manager sees her own people (:mod:`ccmm_bot.casework.access.sight`). When she has to see somebody else's, because that person
stands at the counter, or is in danger and her case manager cannot be reached, nobody has to be asked first: she says whom and why.
It is in the audit in the same transaction; a flag waits for the supervisors, who are told by mail and alone can resolve it; the
person's own case manager sees it with the person; and it is in the week's report.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlmodel import Session, col, or_, select
from sqlmodel.sql.expression import SelectOfScalar

from ccmm_bot.casework.access.policy import NotFound, Permission, Reader, require
from ccmm_bot.casework.casefile.common import CaseFileError, calendar_of
from ccmm_bot.casework.desk.flags import OPENED_WITH_REASON
from ccmm_bot.casework.desk.notices import OPENED
from ccmm_bot.casework.persons.search import by_code, by_phone
from ccmm_bot.casework.recorded import done_by
from ccmm_bot.casework.triage import triage
from ccmm_bot.dialogue.model import Severity
from ccmm_bot.followup.deadlines import due
from ccmm_bot.store.session import Store
from ccmm_bot.store.tables import Flag, FlagStatus, Notification, Person, PersonOpening, Role, Staff

#: How long somebody stays open.
HOURS: Final = 4
REASON_MINIMUM: Final = 10
REASON_MAXIMUM: Final = 500
WHO_MAXIMUM: Final = 100
_LEADS: Final = (Role.SUPERVISOR, Role.ADMINISTRATOR)


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """Somebody a reader has opened and still sees by it."""

    id: UUID
    person_id: UUID
    code: str
    until: datetime


def open_person(store: Store, reader: Reader, who: str, why: str, now: datetime) -> UUID:
    """Open the person with a code or a telephone for :data:`HOURS` hours, and return whom.

    Somebody who is hers already needs no opening.

    :raises CaseFileError: ``who`` names nobody of the agency, or more than one person; ``why`` says too little or too much
    """
    require(reader, Permission.OPEN_OTHERS)
    reason = " ".join(why.split())
    if len(reason) < REASON_MINIMUM:
        raise CaseFileError("why", "say_why")
    if len(reason) > REASON_MAXIMUM:
        raise CaseFileError("why", "too_long")
    # The whole agency: this is the one question that is asked past what the reader sees.
    with store.writing(reader.agency_id) as session:
        person = _found(store, session, who)
        if _sees(store, reader, person.id):
            return person.id
        until = now + timedelta(hours=HOURS)
        for row in session.exec(_open_ones(reader, now).where(PersonOpening.person_id == person.id)):
            row.ended_at = now
            session.add(row)
        opening = PersonOpening(
            agency_id=reader.agency_id, person_id=person.id, staff_id=reader.staff_id, reason=reason, at=now, until=until
        )
        session.add(opening)
        session.add(done_by(reader, "person.opened", "person", person.id, now, {"hours": HOURS, "opening": str(opening.id)}))
        _tell(session, _flag(session, person, now), now)
        return person.id


def end_opening(store: Store, reader: Reader, opening_id: UUID, now: datetime) -> None:
    """The reader needs it no longer. Raises :class:`NotFound` for what is not hers."""
    require(reader, Permission.OPEN_OTHERS)
    with store.writing(reader) as session:
        row = session.exec(_open_ones(reader, now).where(PersonOpening.id == opening_id)).first()
        if row is None:
            raise NotFound("There is no such opening.")
        row.ended_at = now
        session.add(row)
        session.add(done_by(reader, "person.closed", "person", row.person_id, now, {"opening": str(row.id)}))


def openings(store: Store, reader: Reader, now: datetime) -> tuple[Opened, ...]:
    """Whom the reader has open now, the first to close first."""
    require(reader, Permission.OPEN_OTHERS)
    with store.reading(reader) as session:
        rows = session.exec(_open_ones(reader, now).order_by(col(PersonOpening.until))).all()
        codes = dict(session.exec(select(Person.id, Person.code).where(col(Person.id).in_([row.person_id for row in rows]))).all())
    return tuple(Opened(id=row.id, person_id=row.person_id, code=codes.get(row.person_id, ""), until=row.until) for row in rows)


def _sees(store: Store, reader: Reader, person_id: UUID) -> bool:
    with store.reading(reader) as session:
        return session.exec(select(Person.id).where(Person.id == person_id)).first() is not None


def _open_ones(reader: Reader, now: datetime) -> SelectOfScalar[PersonOpening]:
    return select(PersonOpening).where(
        PersonOpening.staff_id == reader.staff_id, col(PersonOpening.ended_at).is_(None), col(PersonOpening.until) > now
    )


def _found(store: Store, session: Session, who: str) -> Person:
    wanted = " ".join(who[:WHO_MAXIMUM].split())
    keys = list(dict.fromkeys([*by_code(session, wanted), *by_phone(store, session, wanted)])) if wanted else []
    people = session.exec(select(Person).where(col(Person.id).in_(keys), col(Person.merged_into).is_(None))).all()
    if not people:
        raise CaseFileError("who", "nobody_found")
    if len(people) > 1:
        raise CaseFileError("who", "several_found")
    return people[0]


def _flag(session: Session, person: Person, now: datetime) -> Flag:
    """One open flag gathers what happens until somebody has looked."""
    open_ = select(Flag).where(Flag.person_id == person.id, Flag.reason == OPENED_WITH_REASON, Flag.status == FlagStatus.OPEN)
    flag = session.exec(open_.with_for_update()).first()
    if flag is not None:
        flag.occurrences, flag.last_at = flag.occurrences + 1, now
    else:
        zone, hours = calendar_of(session)
        limit = due(now, triage().deadline(Severity.NORMAL), hours, zone)
        flag = Flag(
            agency_id=person.agency_id,
            person_id=person.id,
            reason=OPENED_WITH_REASON,
            severity=Severity.NORMAL,
            first_at=now,
            last_at=now,
            due_at=limit,
            escalate_at=limit,
        )
    session.add(flag)
    session.flush()
    return flag


def _tell(session: Session, flag: Flag, now: datetime) -> None:
    """The supervisors; where the agency has none, its administrators. Once a flag."""
    told = set(session.exec(select(Notification.recipient).where(Notification.flag_id == flag.id)).all())
    leading = session.exec(
        select(Staff.id, Staff.role).where(col(Staff.active), or_(*(Staff.role == role for role in _LEADS)))
    ).all()
    readers = [key for key, role in leading if role is Role.SUPERVISOR] or [key for key, _role in leading]
    for key in readers:
        if key.hex not in told:
            session.add(
                Notification(agency_id=flag.agency_id, flag_id=flag.id, kind=OPENED, recipient=key.hex, next_at=now, created_at=now)
            )
