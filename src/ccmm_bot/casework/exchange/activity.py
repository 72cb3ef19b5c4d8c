"""The activity of a span of time as a table: what was done for whom, one line each, for reports and for other systems.

It is this service's own table. The documents we have do not describe the upload format of IRCC's iCARE, so it is not called one.
Its columns and codes are in docs/api.md. Nothing that is sealed is read for it: no names, no texts, no places.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator
from datetime import datetime, time
from enum import Enum
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlmodel import Session, col, func, select

from ccmm_bot.casework.access.policy import Permission, Reader, require
from ccmm_bot.casework.recorded import done_by
from ccmm_bot.store.session import Store
from ccmm_bot.store.tables import (
    Agency,
    Appointment,
    Case,
    ContactNote,
    ContactPoint,
    Conversation,
    DialogueRun,
    FollowUp,
    Outbox,
    Person,
    Referral,
    StageChange,
)

COLUMNS: Final = (
    "id",
    "at",
    "activity",
    "what",
    "person_code",
    "household_id",
    "case_id",
    "stage",
    "channel",
    "language",
    "staff_id",
    "minutes",
    "interpreter",
    "outcome",
)
#: What a line can be of, in the order of docs/api.md.
ACTIVITIES: Final = ("dialogue", "message", "contact", "appointment", "stage", "follow_up", "referral")
MOST: Final = 100_000

_Lines = Callable[[Session, datetime, datetime], Iterator[dict[str, Any]]]


def activity_csv(store: Store, reader: Reader, *, since: datetime, until: datetime, now: datetime) -> str:
    """What happened in a span, as CSV (RFC 4180), in the order of time; the first :data:`MOST` lines. No names.

    Who took it, and how much, is in the audit before anybody has it.
    """
    require(reader, Permission.EXPORT_PEOPLE)
    with store.reading(reader) as session:
        rows = session.exec(_columns(Person.id, Person.code, Person.household_id))
        people: dict[Any, tuple[Any, Any]] = {key: (code, household) for key, code, household in rows}
        stages: dict[Any, str] = {}
        latest: dict[Any, UUID] = {}
        of_case: dict[Any, UUID] = {}
        told = _columns(Case.id, Case.person_id, Case.stage).order_by(col(Case.opened_at))
        for case, person, stage in session.exec(told):
            stages[case] = stage.value
            if person is not None:
                latest[person], of_case[case] = case, person
        found = [line for lines in (*_MOMENTS, _contacts) for line in lines(session, since, until)]
    found.sort(key=lambda line: (line["at"], str(line["id"])))
    held = io.StringIO()
    table = csv.DictWriter(held, COLUMNS)
    table.writeheader()
    for line in found[:MOST]:
        case_id = line.get("case_id") or latest.get(line["person_id"])
        person_id = line.pop("person_id", None) or of_case.get(case_id)
        line["person_code"], line["household_id"] = people.get(person_id, (None, None))
        line["case_id"], line["stage"] = case_id, stages.get(case_id)
        line["at"] = line["at"].isoformat()
        table.writerow(line)
    told = {"since": since.isoformat(), "until": until.isoformat(), "lines": len(found[:MOST])}
    with store.writing(reader) as session:
        session.add(done_by(reader, "activity.exported", "agency", reader.agency_id, now, told))
    return held.getvalue()


def _columns(*columns: Any) -> Any:
    """Only these: what is sealed beside them stays so."""
    return select(*columns)


def _at_moments(activity: str, at: Any, join: Callable[[Any], Any] = lambda wanted: wanted, **columns: Any) -> _Lines:
    """The lines of what has a moment, ``at``. ``columns``: what of its rows goes into which column; a text goes into every line."""
    read = {"at": at, **{name: column for name, column in columns.items() if not isinstance(column, str)}}
    same = {"activity": activity, "person_id": None, **{name: text for name, text in columns.items() if isinstance(text, str)}}

    def lines(session: Session, since: datetime, until: datetime) -> Iterator[dict[str, Any]]:
        for row in session.exec(join(_columns(*read.values())).where(at >= since, at < until)):
            yield same | {name: value.value if isinstance(value, Enum) else value for name, value in zip(read, row, strict=True)}

    return lines


_MOMENTS: Final = (
    _at_moments(
        "dialogue",
        col(DialogueRun.started_at),
        id=DialogueRun.id,
        what=func.coalesce(DialogueRun.instrument, DialogueRun.dialogue_id),
        person_id=DialogueRun.person_id,
        channel=DialogueRun.channel,
        language=DialogueRun.language,
        outcome=DialogueRun.outcome,
    ),
    _at_moments(
        "message",
        col(Outbox.created_at),
        lambda wanted: (
            wanted.join(Conversation, col(Conversation.id) == Outbox.conversation_id)
            .join(ContactPoint, col(ContactPoint.id) == Conversation.contact_point_id)
            .where(col(Outbox.written_by).is_not(None))
        ),
        id=Outbox.id,
        what="written_by_staff",
        person_id=Conversation.person_id,
        channel=ContactPoint.channel,
        language=Outbox.language,
        staff_id=Outbox.written_by,
        outcome=Outbox.status,
    ),
    _at_moments(
        "appointment",
        col(Appointment.starts_at),
        id=Appointment.id,
        what="appointment",
        person_id=Appointment.person_id,
        case_id=Appointment.case_id,
        staff_id=Appointment.staff_id,
        outcome=Appointment.status,
    ),
    _at_moments(
        "stage",
        col(StageChange.at),
        id=StageChange.id,
        what=StageChange.before,
        case_id=StageChange.case_id,
        staff_id=StageChange.staff_id,
        outcome=StageChange.after,
    ),
    _at_moments(
        "follow_up",
        col(FollowUp.due_at),
        id=FollowUp.id,
        what=FollowUp.kind,
        person_id=FollowUp.person_id,
        case_id=FollowUp.case_id,
        outcome=FollowUp.status,
    ),
    _at_moments(
        "referral",
        col(Referral.created_at),
        id=Referral.id,
        what=Referral.domain,
        person_id=Referral.person_id,
        case_id=Referral.case_id,
        staff_id=Referral.staff_id,
        outcome=Referral.outcome,
    ),
)


def _contacts(session: Session, since: datetime, until: datetime) -> Iterator[dict[str, Any]]:
    """By the day they were on, at its noon: nobody writes an hour down."""
    zone = ZoneInfo(session.exec(select(Agency.timezone)).one())
    note = ContactNote
    wanted = _columns(
        note.id, note.day, note.method, note.case_id, note.staff_id, note.minutes, note.interpreter, note.reached
    ).where(note.day >= since.astimezone(zone).date(), note.day <= until.astimezone(zone).date())
    for key, day, method, case, staff, minutes, interpreter, reached in session.exec(wanted):
        at = datetime.combine(day, time(12), zone).astimezone(since.tzinfo)
        if since <= at < until:
            yield {
                "id": key,
                "at": at,
                "activity": "contact",
                "what": method.value,
                "person_id": None,
                "case_id": case,
                "staff_id": staff,
                "minutes": minutes,
                "interpreter": "yes" if interpreter else "no",
                "outcome": "reached" if reached else "not_reached",
            }
