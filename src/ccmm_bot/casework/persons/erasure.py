"""Erasing everything of one person: what it would remove, and doing it.

With her rows goes her key, so that what backups hold of her cannot be read any more either (docs/keys.md). What stays, and why:
entries of the audit (ids and codes only) prove that it was done and by whom; where she had stopped our messages, the keyed hash of
that number, so that STOP is still honoured should it ever be written to again; what she shares with others (a telephone, a
household, its case) is theirs as well.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.exc import DBAPIError
from sqlmodel import Session, SQLModel, select

from ccmm_bot.casework.access.policy import NotFound, Permission, Reader, require
from ccmm_bot.casework.persons.belongings import belongings, shared_telephones
from ccmm_bot.casework.persons.unsaying import dispose_of, unsay
from ccmm_bot.casework.recorded import done_by
from ccmm_bot.errors import CcmmError
from ccmm_bot.store.disposal import dispose, erased_since
from ccmm_bot.store.keyed import seal_again
from ccmm_bot.store.session import Store
from ccmm_bot.store.tables import Actor, AgencyRow, Attachment, Audit, ContactPoint, OptOutEntry, Person


class NotConfirmed(CcmmError):
    """The code that was typed is not the person's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What erasing would remove: rows by table, files and their size in bytes; and what stays."""

    person_id: UUID
    code: str
    name: str | None
    rows: Mapping[str, int]
    files: int
    file_bytes: int
    keeps_opt_outs: int
    shared_telephones: int
    shared_household: bool


def preview(store: Store, reader: Reader, person_id: UUID) -> Preview:
    """What would go. Raises :class:`NotFound`."""
    require(reader, Permission.ERASE_PEOPLE)
    with store.reading(reader) as session:
        return _preview(session, person_id)


def erase(store: Store, reader: Reader, person_id: UUID, code: str, now: datetime) -> Preview:
    """Remove it, for good, in one transaction; returns what went. ``code`` is the person's, typed once more.

    Raises :class:`NotFound` and :class:`NotConfirmed`.
    """
    require(reader, Permission.ERASE_PEOPLE)
    with store.writing(reader) as session:
        person = session.exec(select(Person).where(Person.id == person_id).with_for_update()).first()
        if person is None:
            raise NotFound("There is no such person.")
        if code.strip().upper() != person.code.upper():
            raise NotConfirmed("That is not this person's code.")
        gone = _preview(session, person_id)
        rows = belongings(session, person_id)
        _remove(session, rows, now)
        session.add(
            done_by(reader, "person.erased", "person", person_id, now, {"rows": sum(gone.rows.values()), "files": gone.files})
        )
    _destroy_now(store, now)
    return gone


def erase_again(store: Store, now: datetime) -> int:
    """Remove whoever is in the database although she was erased: it was restored from an older backup. How many that were."""
    found = erased_since(store.engine, store.keys)
    for agency, person in found:
        with store.writing(agency) as session:
            rows = belongings(session, person)
            _remove(session, rows, now)
            detail = {"rows": sum(map(len, rows.values())), "again": True}
            who: dict[str, Any] = {"actor_kind": Actor.SYSTEM, "subject_kind": "person", "subject_id": person}
            session.add(Audit(agency_id=agency, at=now, action="person.erased", detail=detail, **who))
    if found:
        _destroy_now(store, now)
    return len(found)


def expire(store: Store, agency: UUID, person: UUID, now: datetime, still: Callable[[Session, UUID], bool]) -> bool:
    """Remove somebody whose time has passed, where ``still`` says so in the transaction that removes; whether that was done."""
    with store.writing(agency) as session:
        if not still(session, person):
            return False
        rows = belongings(session, person)
        _remove(session, rows, now)
        who: dict[str, Any] = {"actor_kind": Actor.SYSTEM, "subject_kind": "person", "subject_id": person}
        detail = {"rows": sum(map(len, rows.values())), "retention": True}
        session.add(Audit(agency_id=agency, at=now, action="person.erased", detail=detail, **who))
    _destroy_now(store, now)
    return True


def _remove(session: Session, rows: Mapping[type[AgencyRow], list[AgencyRow]], now: datetime) -> None:
    unsay(session, [row for row in rows[Person] if isinstance(row, Person)])
    dispose_of(session, rows, now)
    kept = _keep_opt_outs(session, rows)
    _let_go(session, rows)
    _delete(session, {table: [row for row in each if row.id not in kept] for table, each in rows.items()})


def _destroy_now(store: Store, now: datetime) -> None:
    """What the keys opened cannot be read from here on. Where that fails now, a job does it within minutes."""
    with suppress(CcmmError, DBAPIError):
        dispose(store.engine, store.keys, now)


def _preview(session: Session, person_id: UUID) -> Preview:
    rows = belongings(session, person_id)
    person = next(row for row in rows[Person] if isinstance(row, Person))
    files = [row for row in rows.get(Attachment, []) if isinstance(row, Attachment) and row.size]
    stopped = [row for row in rows.get(ContactPoint, []) if isinstance(row, ContactPoint) and row.opted_out_at is not None]
    household = person.household_id is not None and not any(str(table.__tablename__) == "household" for table in rows)
    return Preview(
        person_id=person.id,
        code=person.code,
        name=person.name,
        rows={str(table.__tablename__): len(each) for table, each in sorted(rows.items(), key=lambda pair: pair[0].__name__)},
        files=len(files),
        file_bytes=sum(row.size or 0 for row in files),
        keeps_opt_outs=len(stopped),
        shared_telephones=shared_telephones(session, person_id),
        shared_household=household,
    )


def _keep_opt_outs(session: Session, rows: Mapping[type[AgencyRow], list[AgencyRow]]) -> set[UUID]:
    """Of a number that was stopped, the hash, the moment and the proof stay; the number itself goes."""
    kept: set[UUID] = set()
    for point in rows.get(ContactPoint, []):
        if isinstance(point, ContactPoint) and point.opted_out_at is not None:
            point.address, point.external_user_hash, point.data_key = "", None, None
            seal_again(session, [point])
            point.safe_from = point.safe_until = None
            session.add(point)
            kept.add(point.id)
    for entry in rows.get(OptOutEntry, []):
        if isinstance(entry, OptOutEntry) and entry.contact_point_id in kept:
            entry.inbound_id = None
            session.add(entry)
            kept.add(entry.id)
    session.flush()
    return kept


def _let_go(session: Session, rows: Mapping[type[AgencyRow], list[AgencyRow]]) -> None:
    """Rows of others that refer to what goes (a poster last used by her) forget that they did."""
    ids = {str(table.__tablename__): [row.id for row in each] for table, each in rows.items()}
    for mapper in SQLModel._sa_registry.mappers:
        table: Any = mapper.class_
        if not issubclass(table, AgencyRow):
            continue
        for column in SQLModel.metadata.tables[str(table.__tablename__)].columns:
            targets = [key.column.table.name for key in column.foreign_keys if key.column.table.name in ids]
            if not targets or not column.nullable:
                continue
            own = set(ids.get(str(table.__tablename__), []))
            for start in range(0, len(ids[targets[0]]), 500):
                some = ids[targets[0]][start : start + 500]
                for row in session.exec(select(table).where(getattr(table, column.name).in_(some))):
                    if row.id not in own:
                        setattr(row, column.name, None)
                        session.add(row)
    session.flush()


def _delete(session: Session, rows: Mapping[type[AgencyRow], list[AgencyRow]]) -> None:
    by_name: dict[str, Any] = {str(table.__tablename__): table for table in rows}
    for table in reversed(SQLModel.metadata.sorted_tables):
        mapped = by_name.get(table.name)
        if mapped is None:
            continue
        for row in rows[mapped]:
            session.delete(row)
        session.flush()
