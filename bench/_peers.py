"""What one would otherwise use, installed from its own lock into ``bench/.peers`` and made ready to do the job.

Each lock holds versions and digests only; the packages come from the index that pip and npm are set up for. Nothing of it ever
enters the project's own environment. A peer that cannot be installed here is named with the reason, and its row says "not run".
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from _servers import PYTHON, Contender, expect

HERE = Path(__file__).resolve().parent
PEERS = HERE / "peers"
INSTALLED = HERE / ".peers"


class NotHere(Exception):
    """A peer cannot be installed on this machine; says why."""


def installed() -> tuple[list[Contender], dict[str, str]]:
    """The peers that can run, and why the others cannot."""
    ready, missing = [], {}
    for name, prepare in PREPARED.items():
        try:
            ready.append(prepare(name))
        except NotHere as why:
            missing[name] = str(why)
    return ready, missing


def _project(name: str) -> Contender:
    """python-telegram-bot is installed already: the service sends by it."""
    return _contender(name, [PYTHON, str(PEERS / "python_telegram_bot" / "server.py")])


def _python(folder: str) -> Callable[[str], Contender]:
    """A peer in Python, in an environment of its own."""

    def prepare(name: str) -> Contender:
        home, lock = INSTALLED / folder, PEERS / folder / "requirements.txt"
        python = home / "bin" / "python"

        def install() -> None:
            _call([sys.executable, "-m", "venv", str(home)])
            _call([str(python), "-m", "pip", "install", "--quiet", "--no-deps", "--require-hashes", "-r", str(lock)])

        _once(home, lock.read_bytes() + sys.version.encode(), install)
        return _contender(name, [str(python), str(PEERS / folder / "server.py")])

    return prepare


def _node(folder: str) -> Callable[[str], Contender]:
    """A peer on Node. Its SQLite is compiled against the headers of the Node that is installed; nothing is downloaded for it."""

    def prepare(name: str) -> Contender:
        node, npm = shutil.which("node"), shutil.which("npm")
        if node is None or npm is None:
            raise NotHere("Node is not installed")
        home, source = INSTALLED / folder, PEERS / folder
        headers = Path(os.path.realpath(node)).parents[1]
        if not (headers / "include" / "node" / "node.h").is_file():
            raise NotHere("the headers of Node are not installed")
        version = subprocess.run([node, "--version"], capture_output=True, check=True).stdout

        def install() -> None:
            home.mkdir(parents=True)
            for file in ("package.json", "package-lock.json"):
                shutil.copy(source / file, home / file)
            building = {"npm_config_build_from_source": "true", "npm_config_nodedir": str(headers)}
            _call([npm, "ci", "--no-audit", "--no-fund", "--loglevel=error"], home, building)
            _call([node, "-e", "new (require('better-sqlite3'))(':memory:')"], home)

        _once(home, (source / "package-lock.json").read_bytes() + version, install)
        modules = {"BENCH_MODULES": str(home / "node_modules"), "NODE_ENV": "production"}
        return _contender(name, [node, str(source / "server.js")], modules)

    return prepare


def _once(home: Path, made_from: bytes, install: Callable[[], None]) -> None:
    """Install, unless it was done from exactly this already."""
    stamp, digest = home / ".made-from", hashlib.sha256(made_from).hexdigest()
    if stamp.is_file() and stamp.read_text("ascii") == digest:
        return
    shutil.rmtree(home, ignore_errors=True)
    install()
    stamp.write_text(digest, "ascii")


def _call(command: Sequence[str], folder: Path | None = None, more: Mapping[str, str] | None = None) -> None:
    print(f"  {Path(command[0]).name} {' '.join(command[1:4])} …", file=sys.stderr, flush=True)
    done = subprocess.run(command, cwd=folder, env={**os.environ, **(more or {})}, capture_output=True, text=True, check=False)
    if done.returncode:
        lines = (done.stderr or done.stdout).strip().splitlines()
        print("\n".join(lines[-20:]), file=sys.stderr)
        raise NotHere(f"{Path(command[0]).name} {command[1]} failed")


def _contender(name: str, command: Sequence[str], environment: Mapping[str, str] | None = None) -> Contender:
    return Contender(
        name=name,
        command=lambda _folder, port, database: [*command, str(port), database.removeprefix("sqlite:///")],
        check=_check,
        environment=environment or {},
    )


def _check(database: str, people: int) -> None:
    """Every survey finished, with the answers that were given.

    :raises RuntimeError: one was not
    """
    expect(database, "SELECT count(*) FROM finished", people)
    connection = sqlite3.connect(database.removeprefix("sqlite:///"))
    try:
        kept = [json.loads(row[0]) for row in connection.execute("SELECT DISTINCT answers FROM finished")]
    finally:
        connection.close()
    for answers in kept:
        if len(answers) != 15 or [int(each) for each in list(answers.values())[2:12]] != [4, 3, 2, 5, 4, 3, 2, 1, 4, 3]:
            raise RuntimeError(f"answers were lost: {answers}")


PREPARED: Mapping[str, Callable[[str], Contender]] = {
    "python-telegram-bot": _project,
    "aiogram": _python("aiogram"),
    "grammY": _node("grammy"),
    "Bot Framework": _python("bot_framework"),
}
