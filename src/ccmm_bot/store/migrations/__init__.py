"""Migrations, run from the package itself: no configuration file, the same on both databases.

Alembic is loaded where there is something to do: a start that finds the database at the newest revision needs neither its time nor
its memory.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Engine, column, inspect, select, table, text
from sqlalchemy.exc import ProgrammingError

from ccmm_bot.errors import ConfigurationError
from ccmm_bot.store import isolation, tables
from ccmm_bot.store.scope import across

if TYPE_CHECKING:
    from alembic.config import Config

__all__ = ["config", "current", "differences", "head", "rebuilding", "upgrade"]

_HERE = Path(__file__).resolve().parent

#: PostgreSQL advisory lock: of several processes that start at once, one migrates and the others wait.
_LOCK = 7_426_016_117
_REVISIONS = "alembic_version"
_NOT_ALLOWED = "42501"  # insufficient_privilege


def config(connection: Connection | None = None) -> Config:
    """What alembic's commands are called with."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_HERE).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


def upgrade(engine: Engine) -> None:
    """Bring the database to the newest revision, and its tables behind their policies: all of it or nothing.

    :raises ConfigurationError: something is to be done, and this role is not the owner of the tables
    """
    if _is_new_enough(engine):
        return
    from alembic import command

    try:
        with rebuilding(engine) as connection:
            if connection.dialect.name == "postgresql":
                connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
            command.upgrade(config(connection), "head")
            if connection.dialect.name == "postgresql":
                isolation.isolate(connection)
    except ProgrammingError as error:
        if getattr(error.orig, "sqlstate", None) != _NOT_ALLOWED:
            raise
        raise ConfigurationError(
            "The database is not at this version, and this role may not change its tables. Run: ccmm-bot db upgrade, with the "
            "address of their owner in CCMM_DATABASE_OWNER_URL."
        ) from None


@contextmanager
def rebuilding(engine: Engine) -> Iterator[Connection]:
    """A transaction that may make a table of SQLite anew, which is the only way to take a constraint off it.

    References are not enforced meanwhile, as its manual has it (https://www.sqlite.org/lang_altertable.html#otheralter): the old
    table's end would otherwise count as deleting every row of it.
    """
    with across(engine).connect() as connection:
        driver: Any = connection.connection.dbapi_connection if connection.dialect.name == "sqlite" else None
        if driver is not None:
            driver.execute("PRAGMA foreign_keys = OFF")  # does nothing within a transaction: before it begins
        try:
            with connection.begin():
                yield connection
        finally:
            if driver is not None:
                driver.execute("PRAGMA foreign_keys = ON")


def _is_new_enough(engine: Engine) -> bool:
    """Asked first, because the service need not be the tables' owner, and processes that start together need not wait in line."""
    with engine.connect() as connection:
        if _revision(connection) != head():
            return False
        return connection.dialect.name != "postgresql" or not isolation.missing(connection)


def current(engine: Engine) -> str | None:
    """The revision the database is at; ``None`` for an empty one."""
    with engine.connect() as connection:
        return _revision(connection)


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table(_REVISIONS):
        return None
    found: str | None = connection.execute(select(column("version_num")).select_from(table(_REVISIONS))).scalar()
    return found


def head() -> str:
    """The newest revision there is: they are numbered, and their files begin with their numbers."""
    return max(file.name.partition("_")[0] for file in (_HERE / "versions").glob("[0-9]*_*.py"))


def differences(engine: Engine) -> list[str]:
    """How the database differs from the tables of this version, one line each; empty when it does not."""
    from alembic.autogenerate import compare_metadata
    from alembic.runtime.migration import MigrationContext

    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        return [str(difference) for difference in compare_metadata(context, tables.Agency.metadata)]
