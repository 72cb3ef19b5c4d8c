"""One real process of the service (``ccmm-bot serve``) on a database of its own, started the way an operator starts it.

``before`` is a program the service is started by: strace, faketime, nice. ``fault`` is planted (:mod:`tests.reliability.planted`).
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from tests.reliability.fleet import ROOT, free_port
from tests.standins.fixtures import ACCOUNT_SID, AUTH_TOKEN, PUBLIC, SMS_FROM, WHATSAPP_FROM
from tests.standins.twilio_webhooks import Call


@dataclass
class Alone:
    """``start`` and ``stop`` it any number of times: the folder and the port stay."""

    folder: Path
    provider_url: str
    database_url: str = ""
    before: Sequence[str] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    fault: str = ""
    module: str = "ccmm_bot"
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def database(self) -> str:
        return self.database_url or f"sqlite:///{self.folder}/ccmm.sqlite3"

    def start(self, *, within_s: float = 60.0) -> None:
        """Until it answers."""
        environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("CCMM_")},
            "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}",
            "CCMM_DATABASE_URL": self.database,
            "CCMM_SECRET_KEY_FILE": str(self.folder / "secret.key"),
            "CCMM_PUBLIC_BASE_URL": PUBLIC,
            "CCMM_TWILIO_ACCOUNT_SID": ACCOUNT_SID,
            "CCMM_TWILIO_AUTH_TOKEN": AUTH_TOKEN,
            "CCMM_TWILIO_SMS_FROM": SMS_FROM,
            "CCMM_TWILIO_WHATSAPP_FROM": WHATSAPP_FROM,
            "CCMM_TWILIO_API_BASE_URL": self.provider_url,
            **self.environment,
        }
        what = ("tests.reliability.planted", self.fault) if self.fault else (self.module,)
        program = [*self.before, sys.executable, "-m", *what, "serve", "--port", str(self.port)]
        with (self.folder / "service.log").open("ab") as log:
            self.process = subprocess.Popen(program, env=environment, stdout=log, stderr=log, cwd=ROOT, start_new_session=True)
        ends = time.monotonic() + within_s
        while time.monotonic() < ends:
            if self.process.poll() is not None:
                return  # killed while it started: whoever asked for that knows
            try:
                httpx.get(f"{self.url}/healthz", timeout=2)
            except httpx.HTTPError:
                time.sleep(0.05)
            else:
                return
        raise AssertionError(f"the service did not start: {(self.folder / 'service.log').read_text()[-2000:]}")

    def deliver(self, call: Call, *, timeout_s: float = 15.0) -> int | None:
        """A provider's request; the status, or ``None`` where nobody answered."""
        try:
            return httpx.post(f"{self.url}{call.path}", content=call.body, headers=call.headers, timeout=timeout_s).status_code
        except httpx.HTTPError:
            return None

    def ended(self) -> bool:
        """Whether it has ended by itself (or was killed)."""
        return self.process is None or self.process.poll() is not None

    def kill(self) -> None:
        """All of it, without a word."""
        if self.process is not None:
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait(30)
            self.process = None
