"""A PostgreSQL server for one measurement: in a temporary folder on the same disk as everything else, flushing as in production."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg

from ccmm_bot.store.keys import KeyRing
from ccmm_bot.store.migrations import upgrade
from ccmm_bot.store.session import open_engine

_USER = "ccmm"
_TEMPLATE = "ccmm_template"


class NoServer(Exception):
    """There is no PostgreSQL on this machine, or it does not start; says why."""


@dataclass(frozen=True)
class Cluster:
    """A running server."""

    socket: Path

    def url(self, database: str) -> str:
        """The address of a database."""
        return f"postgresql://{_USER}@/{database}?host={self.socket}&port=5432"

    def run(self, statement: str) -> object:
        """Administer the server; the first value of an answer."""
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            cursor = connection.execute(statement.encode())
            row = cursor.fetchone() if cursor.description else None
            return row[0] if row else None

    @contextmanager
    def database(self, *, migrated: bool) -> Iterator[str]:
        """A fresh database, with our tables or without any."""
        name = f"bench_{uuid.uuid4().hex}"
        self.run(f"CREATE DATABASE {name}" + (f" TEMPLATE {_TEMPLATE}" if migrated else ""))
        try:
            yield self.url(name)
        finally:
            self.run(f"DROP DATABASE {name} WITH (FORCE)")


@contextmanager
def cluster() -> Iterator[Cluster]:
    """A server that ends with the block, or with this process. Root may not run it, so it then runs as the user ``postgres``.

    :raises NoServer: there is none to start
    """
    programs = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    initdb = str(programs[-1]) if programs else shutil.which("initdb")
    if initdb is None:
        raise NoServer("PostgreSQL is not installed")
    folder = Path(tempfile.mkdtemp(prefix="ccmm-bench-pg-"))
    as_user: list[str] = []
    try:
        if os.geteuid() == 0:
            try:
                owner = pwd.getpwnam("postgres")
            except KeyError:
                raise NoServer("there is no user postgres to run PostgreSQL as") from None
            os.chown(folder, owner.pw_uid, owner.pw_gid)
            as_user = ["setpriv", f"--reuid={owner.pw_uid}", f"--regid={owner.pw_gid}", "--clear-groups"]
        folder.chmod(0o711)
        data = str(folder / "data")
        made = [*as_user, initdb, "-D", data, "-U", _USER, "-A", "trust", "-E", "UTF8", "--locale=C"]
        subprocess.run(made, cwd="/", check=True, capture_output=True, stdin=subprocess.DEVNULL)
        options = ("listen_addresses=", f"unix_socket_directories={folder}", "port=5432", "max_connections=200")
        server = [*(as_user or ["setpriv"]), "--pdeathsig", "QUIT", str(Path(initdb).with_name("postgres")), "-D", data]
        with (folder / "log").open("wb") as log:
            running = subprocess.Popen(
                [*server, *(part for option in options for part in ("-c", option))],
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        try:
            yield _ready(Cluster(folder), running)
        finally:
            running.send_signal(signal.SIGINT)
            running.wait(60)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _ready(found: Cluster, running: subprocess.Popen[bytes]) -> Cluster:
    for _ in range(300):
        try:
            found.run("SELECT 1")
            break
        except psycopg.OperationalError:
            if running.poll() is not None:
                raise NoServer("PostgreSQL did not start") from None
            time.sleep(0.1)
    for setting in ("fsync", "synchronous_commit"):
        if found.run(f"SHOW {setting}") != "on":
            raise NoServer(f"{setting} is off: nothing would be durable")
    found.run(f"CREATE DATABASE {_TEMPLATE}")
    engine = open_engine(found.url(_TEMPLATE), KeyRing.generate())
    upgrade(engine)
    engine.dispose()
    return found
