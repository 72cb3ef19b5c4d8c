"""What every table has: an id that sorts by time and, but for the installation's own tables, an agency."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import Column, Index, text
from sqlalchemy.types import TypeEngine
from sqlmodel import Field, SQLModel

from ccmm_bot.store.types import EncryptedBytes, EncryptedJson, EncryptedText, UtcDateTime, uuid7

__all__ = [
    "SMALL_ROWS",
    "AgencyRow",
    "Holder",
    "Row",
    "instant",
    "of_type",
    "sealed_bytes",
    "sealed_json",
    "sealed_text",
    "where_set",
]


# Named by a rule, so that a migration can name them too, on both databases.
SQLModel.metadata.naming_convention = {
    "pk": "pk_%(table_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
}


#: For tables of small rows that are found by their id: SQLite then keeps one tree instead of two for each
#: (https://www.sqlite.org/withoutrowid.html; rows of more than a quarter of a page are better off with a rowid).
SMALL_ROWS = {"sqlite_with_rowid": False}


class Row(SQLModel):
    """A row with an id made by us, before it is written."""

    # Rows are not validated here but where their values come in: no table's validator is ever asked for, and none is built.
    model_config = {"defer_build": True}

    id: UUID = Field(default_factory=uuid7, primary_key=True)


class AgencyRow(Row):
    """A row that belongs to one agency; the session factory shows it to no other."""

    agency_id: UUID = Field(foreign_key="agency.id")


class Holder(AgencyRow):
    """A row with a key of its own, in the key store under this id: it, and what it holds, is sealed with it
    (:mod:`ccmm_bot.store.whose`). ``None``: made before there were such keys, and not sealed anew yet."""

    data_key: UUID | None = None


def of_type(kind: TypeEngine[Any], *, null: bool = False, index: bool = False, default: Any = ...) -> Any:
    """A field with an explicit column type; ``null`` also makes ``None`` its default."""
    column = Column(kind, nullable=null, index=index)
    if null:
        return Field(default=None, sa_column=column)
    return Field(sa_column=column) if default is ... else Field(default=default, sa_column=column)


def sealed_text(field: str, *, null: bool = False) -> Any:
    """Personal text; ``field`` is ``table.column`` for good, see :class:`EncryptedText`."""
    return of_type(EncryptedText(field), null=null)


def sealed_bytes(field: str, *, null: bool = False) -> Any:
    """Personal bytes."""
    return of_type(EncryptedBytes(field), null=null)


def sealed_json(field: str, *, null: bool = False) -> Any:
    """Personal data of more than one part."""
    return of_type(EncryptedJson(field), null=null)


def instant(*, null: bool = False, index: bool = False) -> Any:
    """An aware UTC instant."""
    return of_type(UtcDateTime(), null=null, index=index)


def where_set(table: str, column: str) -> Index:
    """An index over the rows in which a nullable column is set: they are found without reading all of the table (for one, when what
    a reference points at is removed), and a row without it costs nothing."""
    given = text(f"{column} IS NOT NULL")
    return Index(f"ix_{table}_{column}", column, sqlite_where=given, postgresql_where=given)
