"""Opens either database with everything the rest of the service needs of it."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Engine

from ccmm_bot.clock import SystemClock
from ccmm_bot.store.hot.sqlite import SqliteRunner
from ccmm_bot.store.hot.work import Runner
from ccmm_bot.store.keys import KeyRing
from ccmm_bot.store.session import Store, database_url, open_engine
from ccmm_bot.store.vitals import Vitals


class Database:
    """One database: ``store`` for the staff side, ``runner`` for the path of a message. ``open`` and ``aclose`` it."""

    def __init__(self, url: str, keys: KeyRing) -> None:
        self.url = database_url(url)
        self.keys = keys
        self.engine: Engine = open_engine(url, keys)
        self.store = Store(self.engine, keys)
        self.runner: Runner
        if self.url.get_backend_name() == "sqlite":
            self.runner = SqliteRunner(str(Path(self.url.database or "")))
        else:
            # Eight megabytes of driver that a service on SQLite need not hold.
            from ccmm_bot.store.hot.postgres import PostgresRunner

            self.runner = PostgresRunner(self.url.set(drivername="postgresql").render_as_string(hide_password=False))
        self.vitals = Vitals(lambda: self.runner, SystemClock().now)

    async def open(self) -> None:
        """Start the path of messages."""
        await self.runner.open()

    async def aclose(self) -> None:
        """Finish what is queued and close every connection."""
        await self.runner.aclose()
        self.store.close()
