"""The audit as a chain: each entry is sealed with a keyed hash of itself and of the seal before it, agency by agency.

Entries are written with what they record, in one transaction. They are put into the chain a moment later, one after the other, so
that people who write at the same time do not wait for each other. Changing, removing or adding a sealed entry breaks the chain at
that place, and without the key file nobody can mend it. Cutting off its end leaves a shorter chain that is whole: who wants to
notice that keeps the last number and seal somewhere else (the log has both, and ``ccmm-bot audit verify`` prints them).
"""

from __future__ import annotations

import contextlib
import hmac
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

import orjson
from sqlalchemy import text
from sqlalchemy.orm import Session as OrmSession
from sqlmodel import Session, col, func, select

from ccmm_bot.store.keys import KeyRing
from ccmm_bot.store.session import Store
from ccmm_bot.store.tables import Agency, Audit

#: So many entries are sealed in one transaction: on SQLite it holds the one write lock.
BATCH: Final = 500
_START: Final = bytes(32)


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """The end of one agency's chain."""

    agency_id: UUID
    count: int
    seal: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Broken:
    """Where a chain is broken first, and how."""

    agency_id: UUID
    number: int  # the entry's place in the chain
    entry: UUID | None  # None: it is gone
    why: str


def seal_new(store: Store) -> list[Head]:
    """Put into their chains what has no seal yet; returns the chains that grew. Any number of processes may do so at once."""
    with store.installation() as session:
        waiting = session.exec(select(Audit.agency_id).where(col(Audit.seal_no).is_(None)).distinct()).all()
    heads: list[Head] = []
    for agency in waiting:
        head = None
        while (grown := _seal_some(store, agency)) is not None:
            head = grown
        if head is not None:
            heads.append(head)
    return heads


def _seal_some(store: Store, agency: UUID) -> Head | None:
    with store.installation(write=True) as session:
        _one_at_a_time(session)
        rows = session.exec(
            select(Audit).where(Audit.agency_id == agency, col(Audit.seal_no).is_(None)).order_by(col(Audit.id)).limit(BATCH)
        ).all()
        if not rows:
            return None
        number, before = _end(session, agency)
        for row in rows:
            number += 1
            before = _seal(store.keys, before, number, row)
            row.seal_no, row.seal = number, before
            session.add(row)
        return Head(agency_id=agency, count=number, seal=before)


def verify(store: Store) -> Iterator[Head | Broken]:
    """Go through every chain from its beginning: its head where it is whole, else where it is broken first."""
    with store.installation() as session:
        agencies = session.exec(select(Agency.id).order_by(col(Agency.created_at), col(Agency.id))).all()
        for agency in agencies:
            yield _verify(session, store.keys, agency)


def _verify(session: Session, keys: KeyRing, agency: UUID) -> Head | Broken:
    before, number = _START, 0
    wanted = select(Audit).where(Audit.agency_id == agency, col(Audit.seal_no).is_not(None)).order_by(col(Audit.seal_no))
    with contextlib.closing(session.exec(wanted.execution_options(yield_per=BATCH))) as rows:
        for row in rows:
            number += 1
            if row.seal_no != number:
                return Broken(agency_id=agency, number=number, entry=None, why="an entry is gone")
            expected = _seal(keys, before, number, row)
            if row.seal is None or not hmac.compare_digest(expected, row.seal):
                return Broken(agency_id=agency, number=number, entry=row.id, why="an entry was changed, added or moved")
            before = expected
    return Head(agency_id=agency, count=number, seal=before)


def _end(session: Session, agency: UUID) -> tuple[int, bytes]:
    number = session.exec(select(func.max(Audit.seal_no)).where(Audit.agency_id == agency)).one()
    if number is None:
        return 0, _START
    seal = session.exec(select(Audit.seal).where(Audit.agency_id == agency, Audit.seal_no == number)).one()
    return number, seal or _START


def _seal(keys: KeyRing, before: bytes, number: int, row: Audit) -> bytes:
    """Everything an entry says, in one order and spelling, behind the seal before it."""
    said: list[Any] = [
        number,
        row.id.hex,
        row.agency_id.hex,
        row.at.isoformat(timespec="microseconds"),
        row.actor_kind.value,
        None if row.actor_id is None else row.actor_id.hex,
        row.action,
        row.subject_kind,
        None if row.subject_id is None else row.subject_id.hex,
        row.detail,
    ]
    return keys.lookup(b"audit", before.hex() + orjson.dumps(said, option=orjson.OPT_SORT_KEYS).decode())


def _one_at_a_time(session: OrmSession) -> None:
    """On PostgreSQL; SQLite has one writer at any time."""
    if session.get_bind().dialect.name == "postgresql":
        session.connection().execute(text("SELECT pg_advisory_xact_lock(hashtext('ccmm-bot audit chain'))"))
