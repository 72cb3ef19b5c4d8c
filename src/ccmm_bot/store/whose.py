"""Whose key seals a row: the one place where that is written down.

A row is sealed with the key of its *holder*: a person, a household, a contact point or an uploaded list. Which one it is, is found
by following the row's own references. What is not listed here belongs to nobody and is sealed with the installation's key. A test
holds the list to the tables, so that a sealed column that is added later has to be decided about.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Table, false, or_, select
from sqlmodel import SQLModel

from ccmm_bot.store.types import EncryptedBytes, EncryptedJson, EncryptedText


class Via(NamedTuple):
    """A reference that leads to a row's holder. ``only``: where a column has this value (``None``: where it is empty)."""

    column: str
    table: str
    only: tuple[str, Any] | None = None


#: Tables whose rows have a key of their own (``data_key``).
HOLDERS: Final = ("person", "household", "contact_point", "caseload_import")

_CONVERSATION: Final = (Via("conversation_id", "conversation"),)
_INBOUND: Final = (Via("inbound_id", "inbound"),)
_RUN: Final = (Via("run_id", "dialogue_run"),)
_PERSON: Final = (Via("person_id", "person"),)
_CASE: Final = (Via("case_id", "case"),)

#: Where the way to the holder begins; followed until a holder is reached.
WAYS: Final[dict[str, tuple[Via, ...]]] = {
    "conversation": _PERSON,
    "dialogue_run": _PERSON,
    "inbound": _CONVERSATION,
    "outbox": _CONVERSATION,
    "attachment": _INBOUND,
    "translation": _INBOUND,
    "response": _RUN,
    "response_history": _RUN,
    "flag": _PERSON,
    "flag_event": (Via("flag_id", "flag"),),
    "next_step": _PERSON,
    "person_opening": _PERSON,
    "referral": _PERSON,
    "follow_up": _PERSON,
    "appointment": _PERSON,
    "person_merge": (Via("kept_id", "person"),),
    "case": (*_PERSON, Via("household_id", "household", ("person_id", None))),
    "stage_change": _CASE,
    "decision": _CASE,
    "plan_goal": _CASE,
    "contact_note": _CASE,
    "staff_form": (Via("subject_id", "case", ("subject_kind", "case")),),
}

#: Sealed with the installation's key: nobody's in particular.
NOBODYS: Final = frozenset({"channel_account", "staff", "webhook_endpoint", "export_log", "export_request", "quarantine"})


def table_named(name: str) -> Table:
    """A table by its name."""
    return SQLModel.metadata.tables[name]


def sealed_columns(table: Table) -> dict[str, bytes]:
    """The sealed columns of a table, and the field each is sealed for."""
    kinds = (EncryptedText, EncryptedBytes, EncryptedJson)
    return {column.name: column.type.field.encode() for column in table.columns if isinstance(column.type, kinds)}


def somebodys() -> Iterator[Table]:
    """Every table with sealed columns that are somebody's."""
    for name in (*HOLDERS, *WAYS):
        table = table_named(name)
        if sealed_columns(table):
            yield table


def nobodys() -> Iterator[Table]:
    """Every table with sealed columns that are nobody's. ``staff_form`` is both: a form about a case is its client's."""
    for name in sorted(NOBODYS | {"staff_form"}):
        if name in SQLModel.metadata.tables:
            yield table_named(name)


def held_by(table: Table, holder: str, key: Any) -> ColumnElement[bool]:
    """The condition that picks the rows of ``table`` which the row ``key`` of the table ``holder`` holds."""
    if table.name == holder:
        itself: ColumnElement[bool] = table.c.id == key
        return itself
    found: list[ColumnElement[bool]] = []
    for via in WAYS.get(table.name, ()):
        column = table.c[via.column]
        if via.table == holder:
            here = column == key
        elif via.table in WAYS and leads_to(via.table, holder):
            parent = table_named(via.table)
            here = column.in_(select(parent.c.id).where(held_by(parent, holder, key)))
        else:
            continue
        if via.only is not None:
            name, value = via.only
            here = here & (table.c[name].is_(None) if value is None else table.c[name] == value)
        found.append(here)
    return or_(*found) if found else false()


def leads_to(name: str, holder: str) -> bool:
    """Whether rows of a table can be held by rows of the table ``holder``."""
    if name == holder:
        return True
    return any(via.table == holder or leads_to(via.table, holder) for via in WAYS.get(name, ()))


def key_of(connection: Connection, name: str, key: Any, known: dict[tuple[str, Any], UUID | None]) -> UUID | None:
    """The id of the key that seals a stored row; ``None`` for what is nobody's, or whose holder has no key. ``known`` is filled."""
    if (name, key) in known:
        return known[name, key]
    table, found = table_named(name), None
    ways = WAYS.get(name, ())
    columns = ["data_key"] if name in HOLDERS else [column for via in ways for column in (via.column, *(via.only or ())[:1])]
    row = None
    if columns:
        row = connection.execute(select(*(table.c[each] for each in dict.fromkeys(columns))).where(table.c.id == key)).first()
    if row is not None and name in HOLDERS:
        found = row.data_key
    elif row is not None:
        values = row._mapping
        for via in ways:
            if values[via.column] is not None and (via.only is None or values[via.only[0]] == via.only[1]):
                found = key_of(connection, via.table, values[via.column], known)
                break
    known[name, key] = found
    return found
