"""A caseload from elsewhere: uploaded, looked at with every fault in its row, and dropped or taken over.

Nothing of it is kept but its rows, sealed, until somebody has it taken over (:mod:`ccmm_bot.casework.caseload.taking_over`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import defer
from sqlmodel import Session, col, select

from ccmm_bot.casework.access.policy import NotFound, Permission, Reader, require
from ccmm_bot.casework.casefile.common import CaseFileError, calendar_of
from ccmm_bot.casework.caseload.sheet import Fault, Row, read_sheet
from ccmm_bot.casework.recorded import done_by
from ccmm_bot.followup.dates import follow_up_day
from ccmm_bot.store.keys import KeyRing
from ccmm_bot.store.session import Store
from ccmm_bot.store.tables import CaseloadImport, ChannelAccount, ContactPoint, Staff


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """An upload as its page shows it. ``late``: rows whose 3-month follow-up is overdue already."""

    id: UUID
    rows: tuple[Row, ...]  # none once it is being taken over
    count: int
    faults: int
    late: int
    asked_at: datetime | None
    going: bool
    done: int  # of ``count``
    left_out: tuple[Left, ...]
    applied_at: datetime | None
    made: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Left:
    """A row that could not be taken over any more when its turn came, and why."""

    number: int
    fault: Fault


def upload(store: Store, reader: Reader, data: bytes, filename: str, now: datetime) -> UUID:
    """Read a file and keep its rows, sealed, until they are taken over or dropped.

    :raises ccmm_bot.casework.caseload.sheet.SheetError: it is no such table
    """
    require(reader, Permission.SUPERVISE)
    rows = read_sheet(data, filename)
    with store.writing(reader) as session:
        rows = against_store(session, store.keys, rows)
        row = CaseloadImport(
            agency_id=reader.agency_id,
            rows=[_dumped(each) for each in rows],
            count=len(rows),
            faults=sum(1 for each in rows if each.faults),
            uploaded_at=now,
            staff_id=reader.staff_id,
        )
        session.add(row)
        audit(session, reader, "caseload.uploaded", row.id, now, rows=row.count, faults=row.faults)
        return row.id


def preview(store: Store, reader: Reader, import_id: UUID, now: datetime) -> Preview:
    """What was uploaded, or how far taking it over is. Raises :class:`NotFound`."""
    require(reader, Permission.SUPERVISE)
    with store.reading(reader) as session:
        row = without_rows(session, import_id)
        today = now.astimezone(calendar_of(session)[0]).date()
        rows = () if row.asked_at is not None else tuple(loaded(each) for each in row.rows or ())
        late = sum(1 for each in rows if (left := day_in(each.values.get("exit_date"))) and follow_up_day(left) < today)
        return Preview(
            id=row.id,
            rows=rows,
            count=row.count,
            faults=row.faults,
            late=late,
            asked_at=row.asked_at,
            going=row.wake_at is not None,
            done=row.done,
            left_out=tuple(Left(number=each[0], fault=Fault(column=each[1], code=each[2])) for each in row.left_out),
            applied_at=row.applied_at,
            made=row.made,
        )


def drop(store: Store, reader: Reader, import_id: UUID, now: datetime) -> None:
    """Forget an upload that nobody has had taken over. Raises :class:`NotFound` and :class:`CaseFileError`."""
    require(reader, Permission.SUPERVISE)
    with store.writing(reader) as session:
        row = without_rows(session, import_id, lock=True)
        if row.asked_at is not None or row.applied_at is not None:
            raise CaseFileError("import", "applied_already")
        session.delete(row)
        audit(session, reader, "caseload.dropped", import_id, now)


def without_rows(session: Session, import_id: UUID, *, lock: bool = False) -> CaseloadImport:
    """An upload; its rows are read and opened when they are asked for. Raises :class:`NotFound`."""
    wanted = select(CaseloadImport).where(CaseloadImport.id == import_id).options(defer(col(CaseloadImport.rows)))  # type: ignore[arg-type]
    row = session.exec(wanted.with_for_update() if lock else wanted).first()
    if row is None:
        raise NotFound("There is no such upload.")
    return row


def against_store(session: Session, keys: KeyRing, rows: Sequence[Row]) -> list[Row]:
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


def day_in(text: Any) -> date | None:
    """A day as a row holds it."""
    return date.fromisoformat(text) if text else None


def loaded(data: Mapping[str, Any]) -> Row:
    """A row as it is kept."""
    return Row(number=data["n"], values=data["v"], faults=tuple(Fault(column=each[0], code=each[1]) for each in data["f"]))


def _dumped(row: Row) -> dict[str, Any]:
    return {"n": row.number, "v": dict(row.values), "f": [[each.column, each.code] for each in row.faults]}


def audit(session: Session, reader: Reader, action: str, id_: UUID, now: datetime, **detail: int) -> None:
    """What a colleague did to an upload."""
    session.add(done_by(reader, action, "caseload_import", id_, now, detail))
