"""Real processes of the service on one PostgreSQL, some of which are killed all the time."""

from __future__ import annotations

import os
import random
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

from tests.standins.fixtures import ACCOUNT_SID, AUTH_TOKEN, PUBLIC, SMS_FROM, WHATSAPP_FROM

ROOT = Path(__file__).resolve().parents[2]


def free_port() -> int:
    """A port nobody has."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@dataclass
class Fleet:
    """Two web processes and three workers. ``kills``: when each process was killed, by its number in the system.

    ``fault`` is planted in the web processes (:mod:`tests.reliability.planted`).
    """

    database_url: str
    provider_url: str
    folder: Path
    fault: str = ""
    ports: list[int] = field(default_factory=lambda: [free_port(), free_port()])
    web: list[subprocess.Popen[bytes]] = field(default_factory=list)
    workers: list[subprocess.Popen[bytes]] = field(default_factory=list)
    kills: dict[int, float] = field(default_factory=dict)
    adopted: dict[str, float] = field(default_factory=dict)  # how many seconds after its death each one's work was somebody else's

    def start(self, workers: int = 3) -> None:
        """Everybody begins at the same time."""
        self.web = [self._web(port) for port in self.ports]
        self.workers = [self._run("worker") for _ in range(workers)]

    def _web(self, port: int) -> subprocess.Popen[bytes]:
        return self._run("serve", "--no-worker", "--port", str(port))

    def _run(self, *arguments: str) -> subprocess.Popen[bytes]:
        environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("CCMM_")},
            "CCMM_DATABASE_URL": self.database_url,
            "CCMM_SECRET_KEY_FILE": str(self.folder / "secret.key"),
            "CCMM_PUBLIC_BASE_URL": PUBLIC,
            "CCMM_TWILIO_ACCOUNT_SID": ACCOUNT_SID,
            "CCMM_TWILIO_AUTH_TOKEN": AUTH_TOKEN,
            "CCMM_TWILIO_SMS_FROM": SMS_FROM,
            "CCMM_TWILIO_WHATSAPP_FROM": WHATSAPP_FROM,
            "CCMM_TWILIO_API_BASE_URL": self.provider_url,
            "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}",
        }
        with (self.folder / "fleet.log").open("ab") as log:
            what = ["tests.reliability.planted", self.fault] if self.fault else ["ccmm_bot"]
            return subprocess.Popen([sys.executable, "-m", *what, *arguments], env=environment, stdout=log, stderr=log)

    def kill_some(self, chance: random.Random) -> None:
        """One web process and one worker die as processes die: without a word. Others are started in their place."""
        n = chance.randrange(len(self.web))
        self._kill(self.web[n])
        self.web[n] = self._web(self.ports[n])
        if self.workers:
            n = chance.randrange(len(self.workers))
            self._kill(self.workers[n])
            self.workers[n] = self._run("worker")

    def _kill(self, process: subprocess.Popen[bytes]) -> None:
        process.send_signal(signal.SIGKILL)
        process.wait()
        self.kills[process.pid] = time.time()

    def stop(self) -> None:
        """Everybody goes."""
        for process in (*self.web, *self.workers):
            process.kill()
            process.wait()
