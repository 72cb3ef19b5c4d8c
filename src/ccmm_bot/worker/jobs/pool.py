"""What the engine is given of ours: connections of its own, and a log that holds nothing personal."""

from __future__ import annotations

import logging
from typing import Any

from sqlalchemy import Engine, create_engine, event

from ccmm_bot.store.session import BUSY_TIMEOUT_MS, SQLITE_PRAGMAS


class _NothingPersonal(logging.Filter):
    """The library logs exceptions as they come; of those only their kind is kept, for a statement's values are in their text."""

    def filter(self, record: logging.LogRecord) -> bool:
        if record.exc_info and record.exc_info[0] is not None:
            record.msg, record.args = f"an error of kind {record.exc_info[0].__name__} in the job engine", ()
        elif record.levelno >= logging.WARNING:
            record.msg, record.args = f"the job engine has a complaint ({record.module}:{record.lineno})", ()
        record.exc_info = record.exc_text = record.stack_info = None
        return True


def quiet_log() -> None:
    """Before the library sets its own handler: warnings only, through our handlers, without details."""
    logger = logging.getLogger("dbos")
    logger.setLevel(logging.WARNING)
    if not logger.handlers:
        handler = logging.StreamHandler()
        handler.setFormatter(logging.Formatter("%(levelname)s %(name)s: %(message)s"))
        handler.addFilter(_NothingPersonal())
        logger.addHandler(handler)
        logger.propagate = False


def open_pool(engine: Engine) -> Engine:
    """An engine object for DBOS alone, on the same database: its transactions are its own, and it can never use up the pool of the
    pages. On SQLite it is set up as everywhere, and takes the write lock when it begins to write."""
    if engine.dialect.name != "sqlite":
        return create_engine(engine.url, pool_size=4, max_overflow=2, pool_pre_ping=True)
    made = create_engine(engine.url, pool_size=3, max_overflow=0, connect_args={"timeout": BUSY_TIMEOUT_MS / 1000})

    @event.listens_for(made, "connect")
    def set_up(connection: Any, _record: object) -> None:
        for pragma in SQLITE_PRAGMAS:
            connection.execute(pragma)
        connection.isolation_level = "IMMEDIATE"

    return made
