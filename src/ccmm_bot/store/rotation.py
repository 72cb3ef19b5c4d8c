"""Changing keys while the service runs: under another installation key, or everything of everybody under fresh keys.

Every step is small, is one transaction, and finds by itself what is left to do: a run that ends in the middle, however it ends,
loses nothing, and the next one goes on. A value is only replaced where it is still the one that was read, so that nothing written
meanwhile is written over. The key a person had before is destroyed weeks later, after her rows were looked through once more
(:mod:`ccmm_bot.store.disposal`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    LargeBinary,
    Table,
    and_,
    func,
    insert,
    literal,
    or_,
    select,
    type_coerce,
    update,
)

from ccmm_bot.store.datakeys import DataKeys, wrapping_field
from ccmm_bot.store.keys import ErasedValue, KeyRing, Sealer, sealed_by
from ccmm_bot.store.keystore import moment
from ccmm_bot.store.scope import across
from ccmm_bot.store.tables import DisposalReason, KeyDisposal
from ccmm_bot.store.whose import HOLDERS, held_by, key_of, leads_to, nobodys, sealed_columns, somebodys, table_named

#: How long a key that was replaced is kept: until no backup is left from before. Who is erased meanwhile loses it at once.
KEPT_FOR: Final = timedelta(days=45)

_AT_A_TIME: Final = 100
_STARTED: Final = "data_keys_from"


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What still needs which key."""

    numbers: tuple[int, ...]  # of the installation keys in the file
    active: int
    people: Mapping[int, int]  # keys of people, by the installation key they are sealed with
    values: Mapping[int, int]  # values sealed with an installation key itself, by its number
    without_own: int  # people, households, contact points and lists that have no key of their own yet
    left: int  # values of somebody's that an installation key seals still
    waiting: int  # keys that are to be destroyed
    destroyed: int

    def needed(self, number: int) -> int:
        """How many keys and values need an installation key."""
        return self.people.get(number, 0) + self.values.get(number, 0)


def standing(engine: Engine, keys: KeyRing, own: DataKeys) -> Standing:
    """Count. Reads every sealed value's first bytes, and changes nothing."""
    held = own.store.held()
    values: dict[int, int] = {}
    left = 0
    with across(engine).connect() as connection:
        for table, mine in [*((each, False) for each in nobodys()), *((each, True) for each in somebodys())]:
            if not mine and table.name == "staff_form":
                continue
            for name in sealed_columns(table):
                head = func.substr(_raw(table, name), 1, 5)
                found = select(head, func.count()).where(_by_installation(table, name)).group_by(head)
                for first, count in connection.execute(found):
                    number = int.from_bytes(bytes(first)[1:5], "big")
                    values[number] = values.get(number, 0) + count
                    left += count if mine and table.name != "staff_form" else 0
        without = 0
        for name in HOLDERS:
            table = table_named(name)
            without += connection.execute(select(func.count()).select_from(table).where(table.c.data_key.is_(None))).scalar_one()
        disposals = table_named(str(KeyDisposal.__tablename__))
        waiting = connection.execute(select(func.count()).select_from(disposals).where(disposals.c.destroyed_at.is_(None)))
        return Standing(
            numbers=keys.numbers,
            active=keys.active,
            people=held.keys,
            values=values,
            without_own=without,
            left=left,
            waiting=waiting.scalar_one(),
            destroyed=held.destroyed,
        )


def wrap_anew(keys: KeyRing, own: DataKeys) -> Iterator[int]:
    """Seal people's keys with the active installation key; yields how many are done."""
    done = 0
    while rows := own.store.sealed_otherwise(keys.active):
        anew = [(key, keys.seal(wrapping_field(key), keys.open(wrapping_field(key), blob)), blob) for key, _, blob in rows]
        done += own.store.rewrap([(key, _number(after), before, after) for key, after, before in anew])
        yield done


def give_keys(engine: Engine, keys: KeyRing) -> Iterator[int]:
    """Give everybody who has none a key, and seal what is theirs with it; yields how many have got one."""
    done = 0
    for kind in HOLDERS:
        table = table_named(kind)
        while True:
            with across(engine).connect() as connection:
                some = connection.execute(select(table.c.id).where(table.c.data_key.is_(None), _sealed(table)).limit(_AT_A_TIME))
                ids = some.scalars().all()
            if not ids:
                break
            for each in ids:
                seal_anew(engine, keys, kind, each, fresh=False)
                done += 1
            yield done


def seal_left(engine: Engine, keys: KeyRing) -> Iterator[int]:
    """Seal with the right key what an installation key seals and should not, or an older one; yields how many values are done."""
    done = 0
    header = keys.seal(b"", b"")[:5]
    for table in {table.name: table for table in (*nobodys(), *somebodys())}.values():
        for name, field in sealed_columns(table).items():
            last: Any = None
            while True:
                wanted = select(table.c.id, _raw(table, name)).where(_by_installation(table, name)).order_by(table.c.id)
                if table.name not in {each.name for each in somebodys()}:
                    wanted = wanted.where(func.substr(_raw(table, name), 1, 5) != header)
                if last is not None:
                    wanted = wanted.where(table.c.id > last)
                with across(engine).begin() as connection:
                    rows = connection.execute(wanted.limit(_AT_A_TIME)).all()
                    known: dict[tuple[str, Any], UUID | None] = {}
                    for key, blob in rows:
                        whose = key_of(connection, table.name, key, known)
                        if whose is None and sealed_by(bytes(blob)) == keys.active:
                            continue
                        sealer = keys.of(None if whose is None else whose.hex)
                        done += _replace(connection, table, name, key, bytes(blob), _again(keys, sealer, field, bytes(blob)))
                if not rows:
                    break
                last = rows[-1][0]
                yield done


def renew(engine: Engine, keys: KeyRing, own: DataKeys) -> Iterator[int]:
    """Give everybody a fresh key, and seal what is theirs with it; yields how many have got one.

    Interrupted, the next call goes on with those who have not.
    """
    began = own.store.note(_STARTED)
    own.begin_anew()
    if began is None:
        began = moment(datetime.now(UTC))
        own.store.write_note(_STARTED, began)
    done = 0
    for kind in HOLDERS:
        table, last = table_named(kind), None
        while True:
            wanted = select(table.c.id, table.c.data_key).where(table.c.data_key.is_not(None)).order_by(table.c.id)
            with across(engine).connect() as connection:
                rows = connection.execute((wanted if last is None else wanted.where(table.c.id > last)).limit(_AT_A_TIME)).all()
            if not rows:
                break
            old = own.store.made_before([key.bytes for _, key in rows], began)
            for each, key in rows:
                if key.bytes in old:
                    seal_anew(engine, keys, kind, each, fresh=True)
                    done += 1
            last = rows[-1][0]
            yield done
    own.store.write_note(_STARTED, None)


def unfinished(own: DataKeys) -> bool:
    """Whether giving everybody a fresh key was interrupted."""
    return own.store.note(_STARTED) is not None


def seal_anew(engine: Engine, keys: KeyRing, kind: str, holder: UUID, *, fresh: bool) -> int:
    """Give one holder another key (``fresh``), or a first one, and seal with it what is theirs, in one transaction.

    Returns how many values were sealed.
    """
    table = table_named(kind)
    with across(engine).begin() as connection:
        row = connection.execute(select(table.c.data_key, table.c.agency_id).where(table.c.id == holder).with_for_update()).first()
        if row is None or (row.data_key is not None and not fresh):
            return 0
        taken = keys.take()
        if taken is None:
            return 0
        connection.execute(update(table).where(table.c.id == holder).values(data_key=UUID(hex=taken)))
        done = _seal_rows(connection, keys, kind, holder, row.data_key, keys.of(taken))
        if row.data_key is not None:
            gone = {"why": DisposalReason.SEALED_ANEW, "due_at": datetime.now(UTC) + KEPT_FOR}
            ids = {"id": row.data_key, "agency_id": row.agency_id, "holder_kind": kind, "holder_id": holder}
            connection.execute(insert(table_named(str(KeyDisposal.__tablename__))).values(**gone, **ids))
        return done


def look_again(engine: Engine, keys: KeyRing, kind: str, holder: UUID, before: UUID) -> int:
    """Seal with a holder's present key what somebody has sealed with the one before in the meantime; how many values that were."""
    table = table_named(kind)
    with across(engine).begin() as connection:
        key = connection.execute(select(table.c.data_key).where(table.c.id == holder)).scalar()
        return 0 if key is None or key == before else _seal_rows(connection, keys, kind, holder, before, keys.of(key.hex))


def _seal_rows(connection: Connection, keys: KeyRing, kind: str, holder: UUID, before: UUID | None, sealer: Sealer) -> int:
    """What the installation's key or the holder's key before seals. What a third one seals is somebody else's, and stays so."""
    done = 0
    for table in somebodys():
        columns = sealed_columns(table)
        if not leads_to(table.name, kind):
            continue
        wanted = select(table.c.id, *(_raw(table, name) for name in columns)).where(held_by(table, kind, holder))
        for row in connection.execute(wanted).all():
            for (name, field), value in zip(columns.items(), row[1:], strict=True):
                blob = b"" if value is None else bytes(value)
                by = sealed_by(blob)
                if isinstance(by, int) or (before is not None and by == before.hex):
                    done += _replace(connection, table, name, row[0], blob, _again(keys, sealer, field, blob))
    return done


def _again(keys: KeyRing, sealer: Sealer, field: bytes, blob: bytes) -> bytes:
    try:
        return sealer.seal(field, keys.open(field, blob))
    except ErasedValue:
        return blob


def _replace(connection: Connection, table: Table, name: str, key: Any, before: bytes, after: bytes) -> int:
    """Only where it is still the value that was read."""
    same = and_(table.c.id == key, _raw(table, name) == literal(before, LargeBinary))
    return connection.execute(
        update(table).where(same).values({name: type_coerce(literal(after, LargeBinary), LargeBinary)})
    ).rowcount


def _raw(table: Table, name: str) -> ColumnElement[bytes]:
    """A sealed column as it lies in the database."""
    return type_coerce(table.c[name], LargeBinary)


def _by_installation(table: Table, name: str) -> ColumnElement[bool]:
    return func.substr(_raw(table, name), 1, 1) == literal(b"\x01", LargeBinary)


def _sealed(table: Table) -> ColumnElement[bool]:
    """Where a holder can have anything sealed: a list that was taken over has nothing left."""
    if table.name != "caseload_import":
        return table.c.id.is_not(None)
    return or_(*(_raw(table, name).is_not(None) for name in sealed_columns(table)))


def _number(blob: bytes) -> int:
    return int.from_bytes(blob[1:5], "big")
