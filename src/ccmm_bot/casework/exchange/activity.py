"""The activity of a span of time as a table: what was done for whom, one line each, for reports and for other systems.

It is this service's own table. The documents we have do not describe the upload format of IRCC's iCARE, so it is not called one.
Its columns and codes are in docs/api.md. Nothing that is sealed is read for it: no names, no texts, no places.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from datetime import datetime, time
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlmodel import Session, col, select

from ccmm_bot.casework.access.policy import Permission, Reader, require
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


def activity_csv(store: Store, reader: Reader, *, since: datetime, until: datetime) -> str:
    """What happened in a span, as CSV (RFC 4180), in the order of time; the first :data:`MOST` lines. No names."""
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
        kinds = (_runs, _written, _contacts, _appointments, _stages, _follow_ups, _referrals)
        found = sorted(
            (line for lines in kinds for line in lines(session, since, until)), key=lambda line: (line["at"], str(line["id"]))
        )
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
    return held.getvalue()


def _columns(*columns: Any) -> Any:
    """Only these: what is sealed beside them stays so."""
    return select(*columns)


def _runs(session: Session, since: datetime, until: datetime) -> Iterator[dict[str, Any]]:
    run = DialogueRun
    wanted = _columns(
        run.id, run.started_at, run.instrument, run.dialogue_id, run.person_id, run.channel, run.language, run.outcome
    ).where(col(run.started_at) >= since, col(run.started_at) < until)
    for key, at, instrument, dialogue, person, channel, language, outcome in session.exec(wanted):
        yield {
            "id": key,
            "at": at,
            "activity": "dialogue",
            "what": instrument or dialogue,
            "person_id": person,
            "channel": channel.value,
            "language": language,
            "outcome": None if outcome is None else outcome.value,
        }


def _written(session: Session, since: datetime, until: datetime) -> Iterator[dict[str, Any]]:
    wanted = (
        _columns(
            Outbox.id,
            Outbox.created_at,
            Conversation.person_id,
            ContactPoint.channel,
            Outbox.language,
            Outbox.written_by,
            Outbox.status,
        )
        .join(Conversation, col(Conversation.id) == Outbox.conversation_id)
        .join(ContactPoint, col(ContactPoint.id) == Conversation.contact_point_id)
        .where(col(Outbox.written_by).is_not(None), col(Outbox.created_at) >= since, col(Outbox.created_at) < until)
    )
    for key, at, person, channel, language, staff, status in session.exec(wanted):
        yield {
            "id": key,
            "at": at,
            "activity": "message",
            "what": "written_by_staff",
            "person_id": person,
            "channel": channel.value,
            "language": language,
            "staff_id": staff,
            "outcome": status.value,
        }


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


def _appointments(session: Session, since: datetime, until: datetime) -> Iterator[dict[str, Any]]:
    row = Appointment
    wanted = _columns(row.id, row.starts_at, row.person_id, row.case_id, row.staff_id, row.status).where(
        col(row.starts_at) >= since, col(row.starts_at) < until
    )
    for key, at, person, case, staff, status in session.exec(wanted):
        yield {
            "id": key,
            "at": at,
            "activity": "appointment",
            "what": "appointment",
            "person_id": person,
            "case_id": case,
            "staff_id": staff,
            "outcome": status.value,
        }


def _stages(session: Session, since: datetime, until: datetime) -> Iterator[dict[str, Any]]:
    row = StageChange
    wanted = _columns(row.id, row.at, row.case_id, row.before, row.after, row.staff_id).where(
        col(row.at) >= since, col(row.at) < until
    )
    for key, at, case, before, after, staff in session.exec(wanted):
        yield {
            "id": key,
            "at": at,
            "activity": "stage",
            "what": before.value,
            "person_id": None,
            "case_id": case,
            "staff_id": staff,
            "outcome": after.value,
        }


def _follow_ups(session: Session, since: datetime, until: datetime) -> Iterator[dict[str, Any]]:
    row = FollowUp
    wanted = _columns(row.id, row.due_at, row.kind, row.person_id, row.case_id, row.status).where(
        col(row.due_at) >= since, col(row.due_at) < until
    )
    for key, at, kind, person, case, status in session.exec(wanted):
        yield {
            "id": key,
            "at": at,
            "activity": "follow_up",
            "what": kind,
            "person_id": person,
            "case_id": case,
            "outcome": status.value,
        }


def _referrals(session: Session, since: datetime, until: datetime) -> Iterator[dict[str, Any]]:
    row = Referral
    wanted = _columns(row.id, row.created_at, row.domain, row.person_id, row.case_id, row.staff_id, row.outcome).where(
        col(row.created_at) >= since, col(row.created_at) < until
    )
    for key, at, domain, person, case, staff, outcome in session.exec(wanted):
        yield {
            "id": key,
            "at": at,
            "activity": "referral",
            "what": domain,
            "person_id": person,
            "case_id": case,
            "staff_id": staff,
            "outcome": None if outcome is None else outcome.value,
        }
