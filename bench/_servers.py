"""Starts what is measured as processes of its own, has everybody converse with it, and looks whether it did the job."""

from __future__ import annotations

import os
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import _load
from _job import SCRIPT, Channel, posts

HERE = Path(__file__).resolve().parent
PYTHON = sys.executable
CONNECTIONS = 64

#: (folder, port, database) → the command line of a server.
Command = Callable[[Path, int, str], Sequence[str]]
#: (database, people) → raises where the store does not hold what was answered with 200.
Check = Callable[[str, int], None]


@dataclass(frozen=True, kw_only=True)
class Contender:
    """Something that does the job."""

    name: str
    command: Command
    check: Check
    environment: Mapping[str, str] = field(default_factory=dict)


@contextmanager
def served(contender: Contender, folder: Path, database: str, processes: int = 1) -> Iterator[list[int]]:
    """So many processes over one database; their ports. They end with the block."""
    with ExitStack() as stack, tempfile.TemporaryFile() as log:
        ports: list[int] = []
        try:
            for _ in range(processes):
                port = free_port()
                command = list(contender.command(folder, port, database))
                server = subprocess.Popen(command, cwd=HERE, env={**os.environ, **contender.environment}, stderr=log)
                stack.callback(_end, server)
                await_port(port, server)
                ports.append(port)
            yield ports
        except RuntimeError:
            log.seek(0)
            sys.stderr.write(log.read().decode(errors="replace")[-4000:])
            raise


def measure(
    contender: Contender,
    people: int,
    run: str,
    *,
    channel: Channel = Channel.TWILIO,
    connections: int = CONNECTIONS,
    database: str | None = None,
    processes: int = 1,
) -> _load.Measured:
    """Fresh processes, on a fresh SQLite file where no database is named; everybody's conversation; and the check.

    :raises RuntimeError: something was refused, or the store does not hold it afterwards
    """
    with tempfile.TemporaryDirectory(prefix="ccmm-bench-") as name:
        folder = Path(name)
        target = database or f"sqlite:///{folder}/{contender.name.partition(' ')[0].strip(',')}.sqlite3"
        with served(contender, folder, target, processes) as ports:
            warm = [posts(1_000_000 + n, run, channel) for n in range(min(connections, people))]
            conversations = [posts(n, run, channel) for n in range(people)]
            _load.run(ports, warm, min(connections, people))
            measured = _load.run(ports, conversations, connections)
        contender.check(target, people + len(warm))
        return measured


def query(database: str, statement: str) -> int:
    """One number out of a store."""
    if database.startswith("sqlite:///"):
        connection = sqlite3.connect(database.removeprefix("sqlite:///"))
        try:
            return int(connection.execute(statement).fetchone()[0])
        finally:
            connection.close()
    import psycopg

    with psycopg.connect(database) as postgres:
        row = postgres.execute(statement.encode()).fetchone()
        return int(row[0]) if row else 0


def expect(database: str, statement: str, wanted: int) -> None:
    """Compare one number with what it has to be.

    :raises RuntimeError: it is another
    """
    found = query(database, statement)
    if found != wanted:
        raise RuntimeError(f"{statement}: {found} instead of {wanted}")


def check_floor(database: str, people: int) -> None:
    """Every message once."""
    for table in ("inbound", "outbox"):
        expect(database, f"SELECT count(*) FROM {table}", people * len(SCRIPT))
    expect(database, "SELECT count(*) FROM session", people)


def check_ours(database: str, people: int) -> None:
    """Every message once, every survey ended with its answers, every flag raised, and an answer to every message."""
    expect(database, "SELECT count(*) FROM inbound", people * len(SCRIPT))
    expect(database, "SELECT count(*) FROM conversation", people)
    expect(database, "SELECT count(*) FROM dialogue_run WHERE outcome = 'completed'", people)
    expect(database, "SELECT count(*) FROM response", people * 13)
    expect(database, "SELECT count(*) FROM flag WHERE reason = 'food'", people)
    if (made := query(database, "SELECT count(*) FROM outbox")) < people * len(SCRIPT):
        raise RuntimeError(f"{made} answers to {people * len(SCRIPT)} messages")


def check_sent(database: str, people: int) -> None:
    """The same; and what had to go has gone, but for what was under way when the service was told to stop."""
    check_ours(database, people)


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
        return port


def await_port(port: int, server: subprocess.Popen[bytes], within_s: float = 60) -> None:
    """Until somebody listens.

    :raises RuntimeError: nobody does, or the process has ended
    """
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline:
        if server.poll() is not None:
            raise RuntimeError("the server did not start")
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.02)
    raise RuntimeError("the server does not answer")


def _end(server: subprocess.Popen[bytes]) -> None:
    server.terminate()
    try:
        server.wait(30)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()


FLOOR = Contender(
    name="floor", command=lambda _folder, port, database: [PYTHON, str(HERE / "_floor.py"), str(port), database], check=check_floor
)


def _ours(mode: str) -> Command:
    return lambda folder, port, database: [PYTHON, str(HERE / "_ours.py"), str(port), database, str(folder), mode]


OURS = Contender(name="ours", command=_ours("keep"), check=check_ours)
SENDING = Contender(name="ours, sending", command=_ours("send"), check=check_sent)
WORKING = Contender(name="ours, working", command=_ours("work"), check=check_sent)
