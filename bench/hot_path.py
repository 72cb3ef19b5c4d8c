"""What a message costs from the socket to the disk and back, as a share of the least it could cost.

Floor and service run one after the other, in turns, on the same disk, over loopback HTTP. A 2xx means flushed: both run SQLite
with WAL and ``synchronous=FULL``. Set ``CCMM_BENCH_PEOPLE`` for more or fewer people, ``CCMM_BENCH_ROUNDS`` for more rounds.
"""

from __future__ import annotations

import asyncio
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import _load
from _job import SCRIPT, posts

HERE = Path(__file__).resolve().parent
PEOPLE = int(os.environ.get("CCMM_BENCH_PEOPLE", "300"))
ROUNDS = int(os.environ.get("CCMM_BENCH_ROUNDS", "3"))
CONNECTIONS = (1, 8, 64)

Command = Callable[[Path, int], list[str]]


def floor(folder: Path, port: int) -> list[str]:
    """The floor on SQLite."""
    return [str(HERE / "_floor.py"), str(folder), str(port)]


def ours(folder: Path, port: int) -> list[str]:
    """The service; its answers stay in the outbox, as the floor's do."""
    return [str(HERE / "_ours.py"), str(folder), str(port), f"sqlite:///{folder}/ours.sqlite3", "0"]


def sending(folder: Path, port: int) -> list[str]:
    """The service; every answer is also claimed, handed over, and marked as sent."""
    return [*ours(folder, port)[:-1], "1"]


def measure(command: Command, connections: int, people: int, run: str) -> _load.Measured:
    """A fresh server on a fresh database, and everybody's conversation."""
    with tempfile.TemporaryDirectory(prefix="ccmm-bench-") as name:
        folder = Path(name)
        port = _free_port()
        server = subprocess.Popen([sys.executable, *command(folder, port)], cwd=HERE)
        try:
            _wait_for(port, server)
            warm = [posts(1_000_000 + n, run) for n in range(connections)]
            conversations = [posts(n, run) for n in range(people)]

            async def both() -> _load.Measured:
                await _load.run("127.0.0.1", port, warm, connections)
                return await _load.run("127.0.0.1", port, conversations, connections)

            return asyncio.run(both())
        finally:
            server.terminate()
            server.wait(30)


def main() -> None:
    """Print the table."""
    rows = {"floor": floor, "ours": ours, "ours, sending": sending}
    print(f"{len(SCRIPT)} messages a person, {ROUNDS} rounds, median (min-max); load before: {os.getloadavg()[0]:.1f}")
    print(f"{'':15} {'connections':>11} {'messages/s':>20} {'share':>6} {'p50 ms':>8} {'p99 ms':>8}")
    for connections in CONNECTIONS:
        people = max(connections, PEOPLE if connections > 1 else PEOPLE // 5)
        results: dict[str, list[_load.Measured]] = {name: [] for name in rows}
        for turn in range(ROUNDS):
            for name, command in rows.items():
                results[name].append(measure(command, connections, people, f"{turn}{name}"))
        base = statistics.median(each.rate for each in results["floor"])
        for name, measured in results.items():
            rates = sorted(each.rate for each in measured)
            rate = statistics.median(rates)
            p50 = statistics.median(each.quantile(0.5) for each in measured)
            p99 = statistics.median(each.quantile(0.99) for each in measured)
            spread = f"{rate:.0f} ({rates[0]:.0f}-{rates[-1]:.0f})"
            print(f"{name:15} {connections:11} {spread:>20} {rate / base:6.2f} {p50:8.2f} {p99:8.2f}", flush=True)


def _free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
        return port


def _wait_for(port: int, server: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        if server.poll() is not None:
            raise RuntimeError("the server did not start")
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise RuntimeError("the server does not answer")


if __name__ == "__main__":
    main()
