"""Before staff-side rows are written: whose key each of their sealed columns takes.

A sealed column sees its value and not its row. So, right before rows are written, each value is handed over together with the id of
the key it is to be sealed with, and put back as it was right after.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final
from uuid import UUID

from sqlalchemy import inspect
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import flag_modified, set_attribute, set_committed_value
from sqlmodel import SQLModel

from ccmm_bot.store.keys import KeyRing
from ccmm_bot.store.types import Keyed
from ccmm_bot.store.whose import HOLDERS, WAYS, key_of, sealed_columns, table_named

_HANDED: Final = "ccmm_handed_over"


def hand_over(session: Session, keys: KeyRing) -> None:
    """Give holders that are new a key, and tell every sealed column of what is about to be written which one it takes."""
    if keys.own is None:
        return
    news = {(str(row.__tablename__), row.id): row for row in session.new if isinstance(row, SQLModel) and hasattr(row, "id")}
    for row in session.new:
        if getattr(row, "__tablename__", None) in HOLDERS and row.data_key is None:
            row.data_key = UUID(hex=keys.take())
    handed: list[tuple[Any, str, Any]] = session.info.setdefault(_HANDED, [])
    known: dict[tuple[str, Any], UUID | None] = {}
    with session.no_autoflush:
        for row in (*session.new, *session.dirty):
            name = str(getattr(row, "__tablename__", ""))
            if name not in WAYS and name not in HOLDERS:
                continue
            state = inspect(row)
            changed = [
                (column, state.dict.get(column))
                for column in sealed_columns(table_named(name))
                if state.dict.get(column) is not None and state.attrs[column].history.has_changes()
            ]
            if not changed or (key := _key_of(session, news, known, name, row)) is None:
                continue
            for column, value in changed:
                set_attribute(row, column, Keyed(value, key.hex))
                handed.append((row, column, value))


def hand_back(session: Session) -> None:
    """Put the values back as they were."""
    for row, column, value in session.info.pop(_HANDED, ()):
        set_committed_value(row, column, value)


def seal_again(session: Session, rows: Iterable[Any]) -> None:
    """Have rows sealed with the key of whoever holds them now, with the next flush."""
    for row in rows:
        name = str(row.__tablename__)
        if name in WAYS or name in HOLDERS:
            for column in sealed_columns(table_named(name)):
                if getattr(row, column) is not None:
                    flag_modified(row, column)
            session.add(row)


def _key_of(
    session: Session, news: dict[tuple[str, Any], Any], known: dict[tuple[str, Any], UUID | None], name: str, row: Any
) -> UUID | None:
    """The key of a row that is at hand, new or loaded."""
    if name in HOLDERS:
        key: UUID | None = row.data_key
        return key
    for via in WAYS[name]:
        target = getattr(row, via.column)
        if target is None or (via.only is not None and getattr(row, via.only[0]) != via.only[1]):
            continue
        if (new := news.get((via.table, target))) is not None:
            return _key_of(session, news, known, via.table, new)
        return key_of(session.connection(), via.table, target, known)
    return None
