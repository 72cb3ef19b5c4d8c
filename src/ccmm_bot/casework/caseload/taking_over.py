"""Taking over an uploaded caseload: asked for on its page, done by durable work in pieces of some rows each.

A piece is one transaction: the people, their cases, and how far the upload is. It is short, for on SQLite nobody else writes
meanwhile, and a person's message waits for it; and it is whole, so that whoever goes on after a crash takes no row twice. A row
that can no longer be taken over when its turn comes (somebody has written from its number since) is left out, and told with its
reason.

Open cases get their check-ins, cases that have exited their 3-month follow-up; a date that is past is sent at the next allowed hour
or reported, by the rule of :mod:`ccmm_bot.followup.deciding`. Who did not agree to messages gets none.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlmodel import Session, col, or_, select

from ccmm_bot.casework.access.policy import NotFound, Permission, Reader, require
from ccmm_bot.casework.casefile.common import CaseFileError, calendar_of
from ccmm_bot.casework.caseload.importing import against_store, audit, day_in, loaded, without_rows
from ccmm_bot.casework.caseload.sheet import Row
from ccmm_bot.casework.caseload.ways import way_rows
from ccmm_bot.casework.followups import planning
from ccmm_bot.conversation.codes import new_code
from ccmm_bot.messages import ChannelKind
from ccmm_bot.store.keys import KeyRing
from ccmm_bot.store.session import Store
from ccmm_bot.store.tables import (
    Case,
    CaseloadImport,
    CaseModel,
    ChannelAccount,
    Household,
    NeedIntensity,
    Person,
    Staff,
    Stage,
)
from ccmm_bot.store.types import uuid7

#: After so long without a piece it is taken up again, and after so many times without one it is given up until somebody says go on.
WATCHDOG: Final = timedelta(minutes=2)
_ATTEMPTS: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """An upload that is being taken over. ``homes``: the ids of the households its rows name."""

    id: UUID
    by: Reader
    rows: Sequence[Row]
    homes: Mapping[str, UUID]


def ask(store: Store, reader: Reader, import_id: UUID, now: datetime) -> None:
    """Have an upload taken over, or go on with one that was given up. Pressing twice takes it over once.

    Raises :class:`NotFound`, and :class:`CaseFileError` while a row has a fault or when it is asked for already.
    """
    require(reader, Permission.SUPERVISE)
    with store.writing(reader) as session:
        row = without_rows(session, import_id, lock=True)
        if row.applied_at is not None or row.wake_at is not None:
            raise CaseFileError("import", "applied_already")
        if row.faults:
            raise CaseFileError("import", "has_faults")
        if row.rows is None:
            raise NotFound("The rows of this upload are forgotten.")
        if row.asked_at is None:
            # Chosen now, and kept with the rows: a family whose rows are in two pieces is one household.
            homes = {label: uuid7().hex for each in row.rows if (label := each["v"].get("household"))}
            row.rows = [{**each, "h": homes.get(each["v"].get("household"))} for each in row.rows]
            row.asked_at, row.asked_by = now, reader.staff_id
            audit(session, reader, "caseload.asked", row.id, now, rows=row.count)
        row.wake_at, row.idle = now, 0
        session.add(row)


def due(store: Store, now: datetime, most: int = 20) -> list[tuple[UUID, int]]:
    """What waits to be taken over, or was left unfinished: (id, how often it was looked at). Each is counted as looked at."""
    # What lies further ahead than that is from before the clock was set back.
    moment = or_(col(CaseloadImport.wake_at) <= now, col(CaseloadImport.wake_at) > now + 2 * WATCHDOG)
    waiting = (col(CaseloadImport.wake_at).is_not(None), moment)
    with store.installation() as session:
        if session.exec(select(CaseloadImport.id).where(*waiting).limit(1)).first() is None:
            return []
    with store.installation(write=True) as session:
        ids = session.exec(select(CaseloadImport.id).where(*waiting).limit(most).with_for_update(skip_locked=True)).all()
        rows = [without_rows(session, each) for each in ids]
        for row in rows:
            row.looks += 1
            row.idle += 1
            row.wake_at = None if row.idle > _ATTEMPTS else now + WATCHDOG
            session.add(row)
        return [(row.id, row.looks) for row in rows if row.wake_at is not None]


def begin(store: Store, import_id: UUID) -> Work | None:
    """What is to be taken over; ``None`` where that is done, or given up."""
    with store.installation() as session:
        row = session.exec(select(CaseloadImport).where(CaseloadImport.id == import_id)).first()
        if row is None or row.wake_at is None or row.rows is None or row.asked_by is None:
            return None
        who = session.get_one(Staff, row.asked_by)
        return Work(
            id=row.id,
            by=Reader(staff_id=who.id, agency_id=row.agency_id, role=who.role, name=who.name),
            rows=[loaded(each) for each in row.rows],
            homes={each["v"]["household"]: UUID(each["h"]) for each in row.rows if each["h"]},
        )


def take_piece(store: Store, work: Work, most: int, now: datetime) -> int:
    """Take over the next rows, at most ``most``; returns how many are left. Whoever is faster takes them."""
    with store.writing(work.by.agency_id) as session:
        row = without_rows(session, work.id, lock=True)
        if row.wake_at is None:
            return 0
        piece = against_store(session, store.keys, work.rows[row.done : row.done + most])
        good = [each.values for each in piece if not each.faults]
        _make(session, store.keys, work, good, now)
        left = [[each.number, fault.column, fault.code] for each in piece for fault in each.faults]
        row.left_out = [*row.left_out, *left]
        row.done, row.made, row.idle, row.wake_at = row.done + len(piece), row.made + len(good), 0, now + WATCHDOG
        if row.done >= len(work.rows):
            row.applied_at, row.wake_at, row.rows = now, None, None
            audit(session, work.by, "caseload.imported", row.id, now, rows=row.made, left_out=row.done - row.made)
        session.add(row)
        return len(work.rows) - row.done


def _make(session: Session, keys: KeyRing, work: Work, rows: Sequence[Mapping[str, Any]], now: datetime) -> None:
    """The people of some rows and their cases: kind after kind, for the database takes many rows of one at the price of few."""
    agency, (zone, _office) = work.by.agency_id, calendar_of(session)
    staff = dict(session.exec(select(Staff.email, Staff.id)).all())
    senders = {
        each.channel: each.id
        for each in session.exec(
            select(ChannelAccount).where(col(ChannelAccount.active).is_(True)).order_by(col(ChannelAccount.id))
        )
    }
    _households(session, work, rows, now)
    people = [
        Person(
            agency_id=agency,
            household_id=work.homes[values["household"]] if values.get("household") else None,
            code=code,
            name=values["name"],
            language=values.get("language"),
            created_at=now,
        )
        for values, code in zip(rows, _free_codes(session, len(rows)), strict=True)
    ]
    both = list(zip(people, rows, strict=True))
    ways = [_way(keys, person, values, senders, work, now) for person, values in both if values.get("phone")]
    cases = [_case(person, values, staff, zone, now) for person, values in both]
    # What a row points at has to be there before it.
    for written in (people, *([each for way in ways for each in way[n]] for n in range(3)), cases):
        session.add_all(written)
        session.flush()
    for case in cases:
        if case.exit_date is None:
            planning.service_goes_on(session, case, zone, now)
        else:
            planning.exited_before(session, case, case.exit_date, zone, now)


def _households(session: Session, work: Work, rows: Sequence[Mapping[str, Any]], now: datetime) -> None:
    named = {work.homes[label]: label for values in rows if (label := values.get("household"))}
    there = set(session.exec(select(Household.id).where(col(Household.id).in_(named))))
    for key, label in named.items():
        if key not in there:
            session.add(Household(id=key, agency_id=work.by.agency_id, label=label, created_at=now))
    session.flush()


def _way(
    keys: KeyRing, person: Person, values: Mapping[str, Any], senders: Mapping[ChannelKind, UUID], work: Work, now: datetime
) -> tuple[Sequence[Any], ...]:
    channel, number = ChannelKind(values["channel"]), values["phone"]
    hashed, agreed = keys.lookup(b"address", number), bool(values.get("agreed_to_messages"))
    return way_rows(keys, person, senders[channel], channel, number, hashed, now, staff_id=work.by.staff_id, agreed=agreed)


def _case(person: Person, values: Mapping[str, Any], staff: Mapping[str, UUID], zone: ZoneInfo, now: datetime) -> Case:
    opened, left = day_in(values.get("opened_on")), day_in(values.get("exit_date"))
    stage = Stage(values["stage"])
    return Case(
        agency_id=person.agency_id,
        person_id=person.id,
        household_id=person.household_id,
        stage=Stage.EXIT if left is not None and stage not in (Stage.EXIT, Stage.FOLLOW_UP) else stage,
        model=CaseModel(values.get("model") or CaseModel.ENHANCED.value),
        case_manager_id=staff.get(values["case_manager"]) if values.get("case_manager") else None,
        opened_at=now if opened is None else datetime.combine(opened, time(12), tzinfo=zone).astimezone(UTC),
        planned_end=day_in(values.get("planned_end")),
        need_intensity=NeedIntensity(values["need_intensity"]) if values.get("need_intensity") else None,
        exit_date=left,
    )


def _free_codes(session: Session, count: int) -> list[str]:
    found: set[str] = set()
    while len(found) < count:
        drawn = {new_code() for _ in range(count - len(found))} - found
        taken: Sequence[str] = session.exec(select(Person.code).where(col(Person.code).in_(drawn))).all()
        found |= drawn - set(taken)
    return sorted(found)
