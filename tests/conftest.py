"""Databases for every test that needs one: SQLite, and a real PostgreSQL server started for the test session.

The PostgreSQL cluster lives in a temporary folder, listens on a socket in it, and flushes to the disk as one in production does.
Every test gets a database of its own, copied from a template that was migrated once, and works with it as the service does: as a
role that does not own the tables, so that row-level security holds in every test. The server ends with the test run, also with one
that is killed; the folder of such a run is removed by the next.
"""

from __future__ import annotations

import fcntl
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import Engine, create_engine

from ccmm_bot.store.datakeys import attach
from ccmm_bot.store.isolation import grant
from ccmm_bot.store.keys import KeyRing
from ccmm_bot.store.migrations import upgrade
from ccmm_bot.store.safekeeping import beside
from ccmm_bot.store.session import Store, open_engine
from ccmm_bot.worker.jobs.engine import DbosJobs

WITHOUT = "CCMM_TEST_WITHOUT_POSTGRES"
_INSTALL = f"Install PostgreSQL (apt-get install postgresql), or set {WITHOUT}=1 to leave these tests out."
_TEMPLATE = "ccmm_template"
_SUPERUSER = "ccmm"
OWNER = "ccmm_owner"
SERVICE = "ccmm_service"
_FOLDER = "ccmm-pg-"
_HELD = "held"  # locked as long as the run lives


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave the tests of PostgreSQL out where the environment says so, and say it."""
    if not os.environ.get(WITHOUT):
        return
    left_out = [item for item in items if item.get_closest_marker("postgres")]
    if left_out:
        items[:] = [item for item in items if not item.get_closest_marker("postgres")]
        config.hook.pytest_deselected(items=left_out)
        config.stash.setdefault(_LEFT_OUT, len(left_out))


_LEFT_OUT = pytest.StashKey[int]()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """A green run without PostgreSQL must not look like one with it."""
    if count := config.stash.get(_LEFT_OUT, 0):
        terminalreporter.write_line(f"{count} tests of PostgreSQL were left out: {WITHOUT} is set.", yellow=True)


@dataclass(frozen=True)
class Cluster:
    """A running PostgreSQL server."""

    socket: Path
    port: int

    def url(self, database: str, role: str = _SUPERUSER) -> str:
        """The address of one of its databases."""
        return f"postgresql://{role}@/{database}?host={self.socket}&port={self.port}"

    def run(self, statement: str) -> None:
        """Administer the server."""
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(statement.encode())


@pytest.fixture(scope="session")
def postgres_cluster() -> Iterator[Cluster]:
    """The server of this test session. Root may not run it, so it then runs as the user ``postgres``."""
    programs = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    initdb = str(programs[-1]) if programs else shutil.which("initdb")
    if initdb is None:
        pytest.fail(f"There is no PostgreSQL server on this machine. {_INSTALL}", pytrace=False)
    as_user: list[str] = []
    folder = Path(tempfile.mkdtemp(prefix=_FOLDER))
    held = _hold(folder)
    _remove_left_over()
    if os.geteuid() == 0:
        try:
            owner = pwd.getpwnam("postgres")
        except KeyError:
            pytest.fail(f"There is no user postgres to run the server as. {_INSTALL}", pytrace=False)
        os.chown(folder, owner.pw_uid, owner.pw_gid)
        as_user = ["setpriv", f"--reuid={owner.pw_uid}", f"--regid={owner.pw_gid}", "--clear-groups"]
    folder.chmod(0o711)
    data = str(folder / "data")
    try:
        _call([*as_user, initdb, "-D", data, "-U", _SUPERUSER, "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"])
        options = ("listen_addresses=", f"unix_socket_directories={folder}", "port=5432", "fsync=on", "max_connections=200")
        # The kernel tells the server when the process that started it is gone, however it went: SIGQUIT ends all of it at once.
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
            cluster = Cluster(folder, 5432)
            _await(cluster, running)
            cluster.run(f"CREATE ROLE {OWNER} LOGIN CREATEDB")
            cluster.run(f"CREATE ROLE {SERVICE} LOGIN")
            cluster.run(f"CREATE DATABASE {_TEMPLATE} OWNER {OWNER}")
            engine = open_engine(cluster.url(_TEMPLATE, OWNER), KeyRing.generate())
            upgrade(engine)
            jobs = DbosJobs(engine)
            jobs.prepare()
            jobs.pool().dispose()
            with engine.begin() as connection:
                grant(connection, SERVICE)
            engine.dispose()
            yield cluster
        finally:
            running.send_signal(signal.SIGQUIT)
            running.wait(60)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(held)


def _hold(folder: Path) -> int:
    """Mark a folder as somebody's: the lock goes when this process does."""
    held = os.open(folder / _HELD, os.O_CREAT | os.O_RDWR)
    fcntl.flock(held, fcntl.LOCK_EX)
    return held


def _remove_left_over() -> None:
    """The folders of runs that were killed."""
    for mark in Path(tempfile.gettempdir()).glob(f"{_FOLDER}*/{_HELD}"):
        try:
            with mark.open("rb") as opened:
                fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(mark.parent, ignore_errors=True)
        except OSError:
            continue  # somebody's who is still running, or gone meanwhile


def _await(cluster: Cluster, running: subprocess.Popen[bytes]) -> None:
    """Until the server takes connections, or has ended."""
    for _ in range(600):
        try:
            cluster.run("SELECT 1")
        except psycopg.OperationalError:
            if running.poll() is not None:
                break
            time.sleep(0.1)
        else:
            return
    pytest.fail(f"PostgreSQL did not start.\n{(cluster.socket / 'log').read_text()}\n{_INSTALL}", pytrace=False)


def _call(command: list[str]) -> None:
    done = subprocess.run(command, cwd="/", capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
    if done.returncode:
        pytest.fail(f"PostgreSQL did not start: {' '.join(command)}\n{done.stdout}{done.stderr}\n{_INSTALL}", pytrace=False)


def owner_of(url: str) -> str:
    """The address of a test's database as the owner of its tables has it."""
    return url.replace(f"//{SERVICE}@", f"//{OWNER}@")


def unbound(engine: Engine) -> Engine:
    """The same database for somebody whom no policy and no grant holds: who broke into the server, say. Dispose of it."""
    if engine.dialect.name == "sqlite":
        return create_engine(engine.url)
    return create_engine(engine.url.set(username=_SUPERUSER))


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file, to be copied."""
    path = tmp_path_factory.mktemp("sqlite") / "template.sqlite3"
    engine = open_engine(f"sqlite:///{path}", KeyRing.generate())
    upgrade(engine)
    engine.dispose()  # the last connection to close leaves everything in the one file
    return path


@pytest.fixture
def sqlite_url(tmp_path: Path, sqlite_template: Path) -> str:
    """A fresh SQLite database, migrated."""
    path = tmp_path / "ccmm.sqlite3"
    shutil.copyfile(sqlite_template, path)
    return f"sqlite:///{path}"


@pytest.fixture
def postgres_url(postgres_cluster: Cluster) -> Iterator[str]:
    """A fresh PostgreSQL database, migrated, as the service's role sees it. Mark its tests ``postgres``."""
    name = f"ccmm_{uuid.uuid4().hex}"
    postgres_cluster.run(f"CREATE DATABASE {name} TEMPLATE {_TEMPLATE} OWNER {OWNER}")
    yield postgres_cluster.url(name, SERVICE)
    postgres_cluster.run(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database_url(request: pytest.FixtureRequest) -> str:
    """A fresh, migrated database, of each kind: everything promised holds on both."""
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url


@pytest.fixture
def keys(tmp_path: Path) -> KeyRing:
    """A key ring with its file beside the database."""
    ring = KeyRing.load_or_create(tmp_path / "secret.key")
    attach(ring, beside(tmp_path / "secret.key"))
    return ring


@pytest.fixture
def store(database_url: str, keys: KeyRing) -> Iterator[Store]:
    """A store with nothing in it, on each database."""
    opened = Store(open_engine(database_url, keys), keys)
    yield opened
    opened.close()
