"""Whose rows a transaction is for, as PostgreSQL is told it: what row-level security (:mod:`ccmm_bot.store.isolation`) asks.

Two settings that end with their transaction. A transaction that sets neither sees no agency's rows and writes none.
"""

from __future__ import annotations

from typing import Final
from uuid import UUID

from sqlalchemy import Connection, Engine

#: The one agency whose rows are seen and written; an id with dashes.
AGENCY_SETTING: Final = "ccmm.agency"
#: The door to every agency's rows: senders, timers, sign-in, the operator. Opened by name, never by leaving something out.
DOOR_SETTING: Final = "ccmm.door"
INSTALLATION: Final = "installation"
#: The execution option by which an engine names the scope of its transactions: an agency's id, or :data:`INSTALLATION`.
SCOPE: Final = "ccmm_scope"

#: One statement that sets both; its parameters are made by :func:`told`.
TELL: Final = f"SELECT set_config('{AGENCY_SETTING}', %s, true), set_config('{DOOR_SETTING}', %s, true)"


def told(agency: str | None) -> tuple[str, str]:
    """The parameters of :data:`TELL`: for one agency (an id with dashes), or for the whole installation (``None``)."""
    return ("", INSTALLATION) if agency is None else (agency, "")


def across(engine: Engine) -> Engine:
    """The same engine, its transactions over the rows of every agency: for the few that do not go through a ``Store``."""
    return engine.execution_options(**{SCOPE: INSTALLATION})


def tell(connection: Connection) -> None:
    """When a transaction begins on PostgreSQL: say whose rows it is for, where its engine or session names them."""
    scope: UUID | str | None = connection.get_execution_options().get(SCOPE)
    if scope is not None:
        connection.exec_driver_sql(TELL, told(str(scope) if isinstance(scope, UUID) else None))
