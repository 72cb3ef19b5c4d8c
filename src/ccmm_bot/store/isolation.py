"""Row-level security on PostgreSQL: a transaction of one agency can neither read nor write another's rows, whatever it asks.

Every table has one policy, forced on the tables' owner too. It asks the two settings of :mod:`ccmm_bot.store.scope`. The policies
are made after the migrations, and again where they differ from what is written here: a new table cannot be without one.

A superuser, and a role with BYPASSRLS, is held by no policy; the owner of the tables could switch them off. :func:`standing` says
which of these the service is, and :func:`grant` gives a role that is none of them what the service needs.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from sqlalchemy import Connection, Table, text
from sqlmodel import SQLModel

from ccmm_bot.store import tables
from ccmm_bot.store.scope import AGENCY_SETTING, DOOR_SETTING, INSTALLATION

POLICY: Final = "ccmm_isolation"

#: Tables that hold nothing of any agency, and what they do hold.
OPEN: Final[Mapping[str, str]] = MappingProxyType(
    {
        "alembic_version": "which migration the database is at",
        "dialogue_archive": "the dialogues that running conversations began with: texts of ours, the same for all",
        "process": "which processes are alive",
    }
)
#: What belongs to no agency, or not yet: behind the door of the installation only.
OF_THE_INSTALLATION: Final[Mapping[str, str]] = MappingProxyType(
    {
        "quarantine": "what came in and could not be read, so that nobody knows whose it is",
    }
)

# In subqueries, so that they are asked once a statement and not once a row.
_DOOR: Final = f"(SELECT current_setting('{DOOR_SETTING}', true)) = '{INSTALLATION}'"
_AGENCY: Final = f"(SELECT nullif(current_setting('{AGENCY_SETTING}', true), '')::uuid)"

_STATE: Final = text(
    "SELECT c.relname FROM pg_class c LEFT JOIN pg_policy p ON p.polrelid = c.oid AND p.polname = :policy "
    "WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p') "
    "AND c.relrowsecurity AND c.relforcerowsecurity AND obj_description(p.oid, 'pg_policy') = ANY(:prints)"
)
_STANDING: Final = text(
    "SELECT r.rolsuper OR r.rolbypassrls, EXISTS (SELECT 1 FROM pg_class c WHERE c.relname = 'agency' "
    "AND c.relnamespace = current_schema()::regnamespace AND pg_has_role(c.relowner, 'USAGE')) "
    "FROM pg_roles r WHERE r.rolname = current_user"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What the role of a connection could do about the policies."""

    bypasses: bool  # a superuser, or BYPASSRLS: no policy holds for it
    owns: bool  # the tables are its own: it could switch the policies off


def protected() -> dict[str, str]:
    """The condition of each table's policy, by table."""
    return {name: condition_of(table) for name, table in tables.Agency.metadata.tables.items() if name not in OPEN}


def condition_of(table: Table) -> str:
    """Which rows of a table a transaction reaches. Raises :class:`RuntimeError` for a table nobody has said whose it is."""
    if table.name in OF_THE_INSTALLATION:
        return _DOOR
    column = "id" if table.name == tables.Agency.__tablename__ else "agency_id"
    if column not in table.c:
        raise RuntimeError(f"Whose rows are in {table.name}? Give it an agency_id, or name it in ccmm_bot.store.isolation.")
    return f"{_DOOR} OR {column} = {_AGENCY}"


def _print(condition: str) -> str:
    return hashlib.sha256(condition.encode()).hexdigest()[:16]


def missing(connection: Connection) -> list[str]:
    """The tables whose policy is not as it is written here; none on SQLite, where the one session factory holds the line."""
    if connection.dialect.name != "postgresql":
        return []
    wanted = protected()
    prints = [_print(condition) for condition in wanted.values()]
    there = set(connection.execute(_STATE, {"policy": POLICY, "prints": prints}).scalars())
    return sorted(set(wanted) - there)


def isolate(connection: Connection) -> None:
    """Give every table that has none its policy. On PostgreSQL, as the tables' owner, after the migrations."""
    wanted = protected()
    for name in missing(connection):
        table, condition = f'"{name}"', wanted[name]
        for statement in (
            f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY",
            f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY",
            f"DROP POLICY IF EXISTS {POLICY} ON {table}",
            f"CREATE POLICY {POLICY} ON {table} USING ({condition}) WITH CHECK ({condition})",
            f"COMMENT ON POLICY {POLICY} ON {table} IS '{_print(condition)}'",
        ):
            connection.exec_driver_sql(statement)


def standing(connection: Connection) -> Standing | None:
    """What the role could do about the policies; ``None`` on SQLite."""
    if connection.dialect.name != "postgresql":
        return None
    bypasses, owns = connection.execute(_STANDING).one()
    return Standing(bypasses=bypasses, owns=owns)


def grant(connection: Connection, role: str) -> None:
    """What the service needs, for a role that is not the tables' owner. The record of who did what it can only add to and seal."""
    name = connection.dialect.identifier_preparer.quote(role)
    audit = str(tables.Audit.__tablename__)
    known = ", ".join(f'"{table}"' for table in SQLModel.metadata.tables if table != audit)
    statements = [
        f"GRANT USAGE ON SCHEMA public TO {name}",
        f"GRANT SELECT ON alembic_version TO {name}",
        f"GRANT SELECT, INSERT, UPDATE, DELETE ON {known} TO {name}",
        f"REVOKE ALL ON {audit} FROM {name}",
        f"GRANT SELECT, INSERT, UPDATE (seal_no, seal) ON {audit} TO {name}",
    ]
    if connection.execute(text("SELECT to_regnamespace('dbos') IS NOT NULL")).scalar():
        statements += [
            f"GRANT USAGE ON SCHEMA dbos TO {name}",
            f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA dbos TO {name}",
            f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA dbos TO {name}",
        ]
    for statement in statements:
        connection.exec_driver_sql(statement.replace("%", "%%"))
