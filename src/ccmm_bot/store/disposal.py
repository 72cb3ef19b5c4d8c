"""Destroying keys that are done with, and leaving nothing of what was deleted in the files.

An erasure writes down which keys go, in its own transaction. Destroying them, emptying the write-ahead log and replacing older
copies of the key store follow at once, and again every minute until all of it is done: no crash leaves half of it behind. Any
number of processes may do so at once, and again.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import Engine, delete, select, update
from sqlmodel import SQLModel

from ccmm_bot.store.datakeys import DataKeys
from ccmm_bot.store.keys import KeyRing
from ccmm_bot.store.rotation import look_again
from ccmm_bot.store.scope import across
from ccmm_bot.store.tables import DisposalReason, KeyDisposal
from ccmm_bot.store.whose import somebodys

#: How long it is remembered that a key was destroyed; the key store remembers it for good.
REMEMBERED: Final = timedelta(days=30)

_AT_A_TIME: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Disposed:
    """How many keys were destroyed now, and how many wait for the files or the copies to be clean."""

    destroyed: int
    unsettled: int


def dispose(engine: Engine, keys: KeyRing, now: datetime, *, replace_copies: Callable[[], bool] | None = None) -> Disposed:
    """Destroy what is due, then clean the files. ``replace_copies`` makes a new copy of the key store and removes the older ones on
    this machine; where it says ``False``, it is tried again the next time.
    """
    own = keys.own
    if not isinstance(own, DataKeys):
        return Disposed(destroyed=0, unsettled=0)
    table = SQLModel.metadata.tables[str(KeyDisposal.__tablename__)]
    due = select(table).where(table.c.destroyed_at.is_(None), table.c.due_at <= now).order_by(table.c.due_at).limit(_AT_A_TIME)
    with across(engine).connect() as connection:
        rows = connection.execute(due).all()
    for row in rows:
        if row.why == DisposalReason.SEALED_ANEW and row.holder_kind is not None:
            while look_again(engine, keys, row.holder_kind, row.holder_id, row.id):
                pass
    ids: list[UUID] = [row.id for row in rows]
    if ids:
        own.destroy([row.id.hex for row in rows if row.why == DisposalReason.ERASED])
        own.destroy([row.id.hex for row in rows if row.why != DisposalReason.ERASED], erased=False)
        with across(engine).begin() as connection:
            connection.execute(update(table).where(table.c.id.in_(ids)).values(destroyed_at=now))
    return Disposed(destroyed=len(ids), unsettled=_settle(engine, own, now, replace_copies))


def erased_since(engine: Engine, keys: KeyRing) -> list[tuple[UUID, UUID]]:
    """Who is in the database although she was erased: it is an older copy, from a backup. (agency, person) each."""
    own = keys.own
    if not isinstance(own, DataKeys) or not own.store.exists():
        return []
    gone, found, person = [UUID(bytes=key) for key in own.store.erased()], [], SQLModel.metadata.tables["person"]
    with across(engine).connect() as connection:
        for start in range(0, len(gone), _AT_A_TIME):
            some = person.c.data_key.in_(gone[start : start + _AT_A_TIME])
            found += [(row[0], row[1]) for row in connection.execute(select(person.c.agency_id, person.c.id).where(some))]
    return found


def _settle(engine: Engine, own: DataKeys, now: datetime, replace_copies: Callable[[], bool] | None) -> int:
    table = SQLModel.metadata.tables[str(KeyDisposal.__tablename__)]
    waiting = select(table.c.id).where(table.c.destroyed_at.is_not(None), table.c.settled_at.is_(None))
    with across(engine).connect() as connection:
        ids = connection.execute(waiting).scalars().all()
    if not ids:
        return 0
    if not (own.store.clean() and clean(engine) and (replace_copies is None or replace_copies())):
        return len(ids)
    with across(engine).begin() as connection:
        connection.execute(update(table).where(table.c.id.in_(ids)).values(settled_at=now))
        connection.execute(delete(table).where(table.c.settled_at < now - REMEMBERED))
    return 0


def clean(engine: Engine) -> bool:
    """Leave nothing of what was deleted in the database's files; ``False`` where somebody who reads kept it from being done.

    SQLite overwrites what is deleted with zeros (``secure_delete``); what the write-ahead log holds of it goes with emptying it.
    PostgreSQL removes dead rows with VACUUM (as their owner; else by itself, later), and what its own log holds when that is
    recycled. Until then they are there, sealed with a destroyed key.
    """
    if engine.dialect.name == "sqlite":
        with closing(engine.raw_connection()) as connection:
            return not connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
    names = ", ".join(f'"{table.name}"' for table in somebodys())
    with across(engine).connect() as opened:
        opened.execution_options(isolation_level="AUTOCOMMIT").exec_driver_sql(f"VACUUM {names}")
    return True
