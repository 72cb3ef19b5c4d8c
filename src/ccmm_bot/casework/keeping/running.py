"""Looking at what has passed its time, and removing it: by a job every few hours, or by hand. Written down with the counts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlmodel import Session
from sqlmodel import select as rows

from ccmm_bot.casework.access.policy import Permission, Reader, require
from ccmm_bot.casework.agencies.offices import OfficeError
from ccmm_bot.casework.keeping.kinds import BY_NAME, KINDS, MOST_DAYS, periods
from ccmm_bot.casework.keeping.removing import STEPS, Old, people
from ccmm_bot.casework.persons.erasure import expire
from ccmm_bot.casework.recorded import done_by
from ccmm_bot.store.session import Store
from ccmm_bot.store.tables import Actor, Agency, Audit
from ccmm_bot.store.whose import table_named

#: Rows a transaction: on SQLite nobody else writes meanwhile.
_BATCH: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """One kind, for the page: its days (``None``: for good), the least it may be, and how many rows have passed that."""

    name: str
    days: int | None
    least: int
    due: int


def look(store: Store, agency: UUID, now: datetime) -> tuple[Kept, ...]:
    """What removing would remove of one agency, by kind. Changes nothing."""
    with store.reading(agency) as session:
        row = session.exec(rows(Agency).where(Agency.id == agency)).one()
        connection, found = session.connection(), []
        for name, days in periods(row.retention, row.keep_raw_days).items():
            due = 0
            if days is not None:
                old = _old(row, days, now)
                wanted = [people(old)] if name == "people" else [step.ids(old) for step in STEPS[name]]
                due = sum(connection.execute(select(func.count()).select_from(each.subquery())).scalar_one() for each in wanted)
            found.append(Kept(name=name, days=days, least=BY_NAME[name].least, due=due))
    return tuple(found)


def run(store: Store, agency: UUID, now: datetime) -> Mapping[str, int]:
    """Remove what has passed its time; how many rows of each kind that were. Interrupted, the next run goes on."""
    with store.reading(agency) as session:
        row = session.exec(rows(Agency).where(Agency.id == agency)).one()
    done: dict[str, int] = {}
    for name, days in periods(row.retention, row.keep_raw_days).items():
        if days is not None and (count := _remove(store, row, name, _old(row, days, now), now)):
            done[name] = count
    return done


def _remove(store: Store, agency: Agency, name: str, old: Old, now: datetime) -> int:
    if name == "people":
        return _expire(store, agency, old, now)
    done = 0
    for step in STEPS[name]:
        while True:
            with store.writing(agency.id) as session:
                connection = session.connection()
                ids = connection.execute(step.ids(old).limit(_BATCH)).scalars().all()
                if ids:
                    step.remove(connection, table_named(step.table), ids, store.keys, now)
                    session.add(_entry(agency, now, name, len(ids)))
            done += len(ids)
            if len(ids) < _BATCH:
                break
    return done


def _expire(store: Store, agency: Agency, old: Old, now: datetime) -> int:
    with store.reading(agency.id) as session:
        ids = session.connection().execute(people(old)).scalars().all()
    return sum(expire(store, agency.id, person, now, lambda session, key: _still(session, key, old)) for person in ids)


def _still(session: Session, person: UUID, old: Old) -> bool:
    """Whether that is so at the moment of removing, too."""
    found = people(old).subquery()
    return session.connection().execute(select(found.c.id).where(found.c.id == person)).first() is not None


def keep(store: Store, reader: Reader, wanted: Mapping[str, int | None], now: datetime) -> None:
    """Set the reader's agency's periods, in days; ``None`` for good. Raises :class:`OfficeError`, which says what is wrong."""
    require(reader, Permission.ADMINISTER)
    for kind in KINDS:
        days = wanted[kind.name]
        if days is not None and not kind.least <= days <= MOST_DAYS:
            raise OfficeError("Each period is at least as many days as stands beside it, or empty: for good.")
    with store.writing(reader) as session:
        row = session.exec(rows(Agency).where(Agency.id == reader.agency_id).with_for_update()).one()
        before = periods(row.retention, row.keep_raw_days)
        row.keep_raw_days = wanted["payloads"]
        row.retention = {
            kind.name: wanted[kind.name] for kind in KINDS if kind.name != "payloads" and wanted[kind.name] != kind.default
        }
        session.add(row)
        changed = {name: days for name, days in wanted.items() if days != before[name]}
        session.add(done_by(reader, "agency.retention_changed", "agency", row.id, now, {"days": changed}))


def shown(store: Store, reader: Reader, now: datetime) -> tuple[Kept, ...]:
    """The periods of the reader's agency, and what has passed them."""
    require(reader, Permission.ADMINISTER)
    return look(store, reader.agency_id, now)


def _old(agency: Agency, days: int, now: datetime) -> Old:
    today = now.astimezone(ZoneInfo(agency.timezone)).date()
    return Old(agency=agency.id, before=now - timedelta(days=days), today=today)


def _entry(agency: Agency, now: datetime, name: str, count: int) -> Audit:
    return Audit(
        agency_id=agency.id,
        at=now,
        actor_kind=Actor.SYSTEM,
        action="retention.removed",
        subject_kind="agency",
        subject_id=agency.id,
        detail={"kind": name, "count": count},
    )
