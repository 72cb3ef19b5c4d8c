"""Taking over a caseload: uploaded, looked at with every fault in its row, and taken over whole or not at all.

Open cases get their check-ins, cases that have exited their 3-month follow-up; a date that is past is sent at the next allowed hour
or reported, by the rule of :mod:`ccmm_bot.followup.deciding`. Who did not agree to messages gets none.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlmodel import Session, col, select

from ccmm_bot.casework.access.policy import NotFound, Permission, Reader, require
from ccmm_bot.casework.casefile.common import CaseFileError, calendar_of
from ccmm_bot.casework.caseload.sheet import Fault, Row, read_sheet
from ccmm_bot.casework.caseload.ways import new_way
from ccmm_bot.casework.followups import planning
from ccmm_bot.casework.recorded import done_by
from ccmm_bot.conversation.codes import new_code
from ccmm_bot.followup.dates import follow_up_day
from ccmm_bot.messages import ChannelKind
from ccmm_bot.store.keys import KeyRing
from ccmm_bot.store.session import Store
from ccmm_bot.store.tables import (
    Case,
    CaseloadImport,
    CaseModel,
    ChannelAccount,
    ContactPoint,
    Household,
    NeedIntensity,
    Person,
    Staff,
    Stage,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """An upload as its page shows it. ``late``: rows whose 3-month follow-up is overdue already."""

    id: UUID
    rows: tuple[Row, ...]
    faults: int
    late: int
    applied_at: datetime | None
    made: int


def upload(store: Store, reader: Reader, data: bytes, filename: str, now: datetime) -> UUID:
    """Read a file and keep its rows, sealed, until they are taken over or dropped.

    :raises ccmm_bot.casework.caseload.sheet.SheetError: it is no such table
    """
    require(reader, Permission.SUPERVISE)
    rows = read_sheet(data, filename)
    with store.writing(reader) as session:
        rows = _against_store(session, store.keys, rows)
        row = CaseloadImport(
            agency_id=reader.agency_id,
            rows=[_dumped(each) for each in rows],
            count=len(rows),
            faults=sum(1 for each in rows if each.faults),
            uploaded_at=now,
            staff_id=reader.staff_id,
        )
        session.add(row)
        _audit(session, reader, "caseload.uploaded", row.id, now, rows=row.count, faults=row.faults)
        return row.id


def preview(store: Store, reader: Reader, import_id: UUID, now: datetime) -> Preview:
    """What was uploaded. Raises :class:`NotFound`."""
    require(reader, Permission.SUPERVISE)
    with store.reading(reader) as session:
        row = _found(session, import_id)
        today = now.astimezone(calendar_of(session)[0]).date()
        rows = tuple(_loaded(each) for each in row.rows or ())
        late = sum(1 for each in rows if (left := _date(each.values.get("exit_date"))) and follow_up_day(left) < today)
        return Preview(id=row.id, rows=rows, faults=row.faults, late=late, applied_at=row.applied_at, made=row.made)


def drop(store: Store, reader: Reader, import_id: UUID, now: datetime) -> None:
    """Forget an upload that is not taken over."""
    require(reader, Permission.SUPERVISE)
    with store.writing(reader) as session:
        row = _found(session, import_id)
        if row.applied_at is not None:
            raise CaseFileError("import", "applied_already")
        session.delete(row)
        _audit(session, reader, "caseload.dropped", import_id, now)


def take_over(store: Store, reader: Reader, import_id: UUID, now: datetime) -> int:
    """Make the people and their cases, in one transaction; returns how many. Pressing twice makes them once.

    Raises :class:`NotFound`, and :class:`CaseFileError` while a row has a fault.
    """
    require(reader, Permission.SUPERVISE)
    with store.writing(reader) as session:
        row = _found(session, import_id)
        if row.applied_at is not None:
            raise CaseFileError("import", "applied_already")
        rows = _against_store(session, store.keys, [_loaded(each) for each in row.rows or ()])
        if any(each.faults for each in rows):
            raise CaseFileError("import", "has_faults")
        zone, _office = calendar_of(session)
        staff = dict(session.exec(select(Staff.email, Staff.id)).all())
        households: dict[str, Household] = {}
        for each in rows:
            _make(session, store.keys, reader, each.values, households, staff, zone, now)
        row.applied_at, row.made, row.rows = now, len(rows), None
        session.add(row)
        _audit(session, reader, "caseload.imported", row.id, now, rows=len(rows))
        return len(rows)


def _make(
    session: Session,
    keys: KeyRing,
    reader: Reader,
    values: Mapping[str, Any],
    households: dict[str, Household],
    staff: Mapping[str, UUID],
    zone: ZoneInfo,
    now: datetime,
) -> None:
    agency = reader.agency_id
    household = None
    if label := values.get("household"):
        household = households.get(label)
        if household is None:
            household = households[label] = Household(agency_id=agency, label=label, created_at=now)
            session.add(household)
            session.flush()
    person = Person(
        agency_id=agency,
        household_id=None if household is None else household.id,
        code=_free_code(session),
        name=values["name"],
        language=values.get("language"),
        created_at=now,
    )
    session.add(person)
    session.flush()
    if values.get("phone"):
        channel = ChannelKind(values["channel"])
        agreed = bool(values.get("agreed_to_messages"))
        new_way(session, keys, person, channel, values["phone"], now, staff_id=reader.staff_id, agreed=agreed)
    opened, left = _date(values.get("opened_on")), _date(values.get("exit_date"))
    stage = Stage(values["stage"])
    case = Case(
        agency_id=agency,
        person_id=person.id,
        household_id=person.household_id,
        stage=Stage.EXIT if left is not None and stage not in (Stage.EXIT, Stage.FOLLOW_UP) else stage,
        model=CaseModel(values.get("model") or CaseModel.ENHANCED.value),
        case_manager_id=staff.get(values["case_manager"]) if values.get("case_manager") else None,
        opened_at=now if opened is None else datetime.combine(opened, time(12), tzinfo=zone).astimezone(UTC),
        planned_end=_date(values.get("planned_end")),
        need_intensity=NeedIntensity(values["need_intensity"]) if values.get("need_intensity") else None,
    )
    session.add(case)
    session.flush()
    if left is None:
        planning.service_goes_on(session, case, zone, now)
    else:
        case.exit_date = left
        session.add(case)
        planning.exited_before(session, case, left, zone, now)


def _against_store(session: Session, keys: KeyRing, rows: Sequence[Row]) -> list[Row]:
    """What only the database knows: numbers that are there already, case managers and senders that are not."""
    staff = set(session.exec(select(Staff.email)))
    senders: defaultdict[str, list[UUID]] = defaultdict(list)
    for account in session.exec(select(ChannelAccount).where(col(ChannelAccount.active).is_(True))):
        senders[account.channel.value].append(account.id)
    wanted = {keys.lookup(b"address", row.values["phone"]) for row in rows if row.values.get("phone")}
    known: set[bytes] = set()
    ordered = sorted(wanted)
    for first in range(0, len(ordered), 500):
        part = ordered[first : first + 500]
        there = select(ContactPoint.address_hash).where(col(ContactPoint.address_hash).in_(part))
        known |= {bytes(each) for each in session.exec(there)}
    found: list[Row] = []
    for row in rows:
        faults = [fault for fault in row.faults if fault.code not in ("number_known", "no_sender", "unknown_staff")]
        values = row.values
        if values.get("phone"):
            if keys.lookup(b"address", values["phone"]) in known:
                faults.append(Fault(column="phone", code="number_known"))
            elif values.get("channel") and not senders[values["channel"]]:
                faults.append(Fault(column="channel", code="no_sender"))
        if values.get("case_manager") and values["case_manager"] not in staff:
            faults.append(Fault(column="case_manager", code="unknown_staff"))
        found.append(replace(row, faults=tuple(faults)))
    return found


def _free_code(session: Session) -> str:
    while True:
        code = new_code()
        if session.exec(select(Person.id).where(Person.code == code)).first() is None:
            return code


def _found(session: Session, import_id: UUID) -> CaseloadImport:
    row = session.exec(select(CaseloadImport).where(CaseloadImport.id == import_id).with_for_update()).first()
    if row is None:
        raise NotFound("There is no such upload.")
    return row


def _date(text: Any) -> date | None:
    return date.fromisoformat(text) if text else None


def _dumped(row: Row) -> dict[str, Any]:
    return {"n": row.number, "v": dict(row.values), "f": [[each.column, each.code] for each in row.faults]}


def _loaded(data: Mapping[str, Any]) -> Row:
    return Row(number=data["n"], values=data["v"], faults=tuple(Fault(column=each[0], code=each[1]) for each in data["f"]))


def _audit(session: Session, reader: Reader, action: str, id_: UUID, now: datetime, **detail: int) -> None:
    session.add(done_by(reader, action, "caseload_import", id_, now, detail))
