"""The activity of a span of time as a table: what was done for whom, one line each, for reports and for other systems.

It is this service's own table. The documents we have do not describe the upload format of IRCC's iCARE, so it is not called one.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlmodel import Session, col, select

from ccmm_bot.casework.access.policy import Permission, Reader, require
from ccmm_bot.store.session import Store
from ccmm_bot.store.tables import Case, ContactPoint, Conversation, DialogueRun, FollowUp, Outbox, Person, Referral

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
    "outcome",
)
MOST: Final = 100_000


def activity_csv(store: Store, reader: Reader, *, since: datetime, until: datetime) -> str:
    """Dialogues, messages staff wrote, follow-ups and referrals of a span, as CSV (RFC 4180), in the order of time. No names."""
    require(reader, Permission.EXPORT_PEOPLE)
    with store.reading(reader) as session:
        people = {row.id: row for row in session.exec(select(Person))}
        cases: dict[UUID, Case] = {}
        for case in session.exec(select(Case).order_by(col(Case.opened_at))):
            if case.person_id is not None:
                cases[case.person_id] = case
        found = sorted(
            (line for lines in (_runs, _written, _follow_ups, _referrals) for line in lines(session, since, until)),
            key=lambda line: (line["at"], str(line["id"])),
        )
    held = io.StringIO()
    table = csv.DictWriter(held, COLUMNS)
    table.writeheader()
    for line in found[:MOST]:
        person, case_of = people.get(line.pop("person_id")), None
        if person is not None:
            case_of = cases.get(person.id)
            line["person_code"], line["household_id"] = person.code, person.household_id
        if case_of is not None:
            line.setdefault("case_id", case_of.id)
            line["stage"] = case_of.stage.value
        line["at"] = line["at"].isoformat()
        table.writerow(line)
    return held.getvalue()


def _runs(session: Session, since: datetime, until: datetime) -> Iterator[dict[str, Any]]:
    for row in session.exec(select(DialogueRun).where(col(DialogueRun.started_at) >= since, col(DialogueRun.started_at) < until)):
        yield {
            "id": row.id,
            "at": row.started_at,
            "activity": "dialogue",
            "what": row.instrument or row.dialogue_id,
            "person_id": row.person_id,
            "channel": row.channel.value,
            "language": row.language,
            "outcome": None if row.outcome is None else row.outcome.value,
        }


def _written(session: Session, since: datetime, until: datetime) -> Iterator[dict[str, Any]]:
    wanted = (
        select(Outbox, Conversation, ContactPoint)
        .join(Conversation, col(Conversation.id) == Outbox.conversation_id)
        .join(ContactPoint, col(ContactPoint.id) == Conversation.contact_point_id)
        .where(col(Outbox.written_by).is_not(None), col(Outbox.created_at) >= since, col(Outbox.created_at) < until)
    )
    for row, talk, point in session.exec(wanted):
        yield {
            "id": row.id,
            "at": row.created_at,
            "activity": "message",
            "what": "written_by_staff",
            "person_id": talk.person_id,
            "channel": point.channel.value,
            "language": row.language,
            "staff_id": row.written_by,
            "outcome": row.status.value,
        }


def _follow_ups(session: Session, since: datetime, until: datetime) -> Iterator[dict[str, Any]]:
    for row in session.exec(select(FollowUp).where(col(FollowUp.due_at) >= since, col(FollowUp.due_at) < until)):
        yield {
            "id": row.id,
            "at": row.due_at,
            "activity": "follow_up",
            "what": row.kind,
            "person_id": row.person_id,
            "case_id": row.case_id,
            "outcome": row.status.value,
        }


def _referrals(session: Session, since: datetime, until: datetime) -> Iterator[dict[str, Any]]:
    for row in session.exec(select(Referral).where(col(Referral.created_at) >= since, col(Referral.created_at) < until)):
        line = {
            "id": row.id,
            "at": row.created_at,
            "activity": "referral",
            "what": row.domain,
            "person_id": row.person_id,
            "staff_id": row.staff_id,
            "outcome": None if row.outcome is None else row.outcome.value,
        }
        yield line if row.case_id is None else {**line, "case_id": row.case_id}
