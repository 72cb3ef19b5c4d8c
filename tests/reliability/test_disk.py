"""The disk underneath: out of space, failing, read-only, locked. What was acknowledged is there, and was flushed before.

The service's calls are watched, or fail, by strace. ``CCMM_TEST_DISK=1`` tries every trouble, and more messages.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from ccmm_bot.store.database import Database
from ccmm_bot.store.safekeeping import open_keys
from tests.reliability import figures
from tests.reliability.alone import Alone
from tests.reliability.fleet import ROOT
from tests.standins.fixtures import SMS_FROM, caller, twilio
from tests.standins.mail import MailStandin, mail_server
from tests.standins.twilio_api import TwilioStandin
from tests.standins.twilio_webhooks import Call, TwilioCaller

__all__ = ["caller", "twilio"]

ALL = bool(os.environ.get("CCMM_TEST_DISK"))
PERSON = "+16045550111"

pytestmark = [pytest.mark.strace, pytest.mark.timeout(600)]


# --- acknowledged means on the disk ------------------------------------------------------------------------------------------

_SYNCED = re.compile(r"\b(fdatasync|fsync)\(.*ccmm\.sqlite3-wal.*\)\s+= 0|<\.\.\. (fdatasync|fsync) resumed>\)\s+= 0")
_ACKNOWLEDGED = re.compile(r'"HTTP/1\.1 200 OK\\r\\n')


def test_every_acknowledgement_comes_after_a_flush(twilio: TwilioStandin, caller: TwilioCaller, tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    calls = "fdatasync,fsync,write,writev,sendto,sendmsg"
    before = ("strace", "-f", "--seccomp-bpf", "-y", "-s", "30", "-o", str(trace), "-e", f"trace={calls}", "-e", "signal=none")
    service = Alone(tmp_path, twilio.url, before=before)
    number = 1_000 if ALL else 8
    try:
        service.start(within_s=120)
        for n in range(number):
            call = caller.message(sender=f"+1604555{n % 4:04d}", to=SMS_FROM, body="hello", path=f"/webhooks/twilio?n={n}")
            assert service.deliver(call) == 200
    finally:
        service.kill()
    checked, synced, early = 0, False, list[int]()
    for line in trace.read_text(errors="replace").splitlines():
        if _SYNCED.search(line):
            synced = True
        elif _ACKNOWLEDGED.search(line) and "socket" in line:
            if checked and not synced:  # the first answer is the one that told that the service is up
                early.append(checked)
            checked, synced = checked + 1, False
    figures.keep("flushes", "sqlite", {"acknowledged": checked - 1, "without a flush before": len(early)})
    print(f"\n{checked - 1} acknowledgements, {len(early)} without a flush of their own")
    assert checked > number
    assert early == [], "an answer was given before anything was flushed"


# --- slow, and failing now and then -----------------------------------------------------------------------------------------


@pytest.fixture
def slow_disk(tmp_path: Path) -> dict[str, str]:
    """The environment of a service whose every flush takes four milliseconds longer."""
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        pytest.skip("no C compiler")
    library = tmp_path / "flush.so"
    subprocess.run([compiler, "-shared", "-fPIC", "-o", str(library), str(ROOT / "bench" / "_flush.c"), "-ldl"], check=True)
    return {"LD_PRELOAD": str(library), "BENCH_FLUSH_US": "4000"}


def test_what_a_slow_disk_takes_is_kept_and_what_it_refuses_is_not_acknowledged(
    twilio: TwilioStandin, caller: TwilioCaller, slow_disk: dict[str, str], tmp_path: Path
) -> None:
    service = Alone(tmp_path, twilio.url, environment=slow_disk)
    number = 200 if ALL else 48

    def calls(first: int) -> list[Call]:
        return [
            caller.message(sender=f"+1604555{n:04d}", to=SMS_FROM, body="hello", path=f"/webhooks/twilio?n={n}")
            for n in range(first, first + number)
        ]

    try:
        service.start()
        with ThreadPoolExecutor(16) as people:
            assert set(people.map(service.deliver, calls(0))) == {200}
            later = calls(number)
            with failing(service, "fdatasync:error=EIO:when=2+3"):
                answers = list(people.map(service.deliver, later))
            refused = [call for call, answer in zip(later, answers, strict=True) if answer != 200]
            assert refused, "a flush that failed was acknowledged"
            assert all(answer is None or answer >= 500 for answer in answers if answer != 200)
            began = time.monotonic()
            while refused:
                assert time.monotonic() - began < 30
                refused = [
                    call for call, answer in zip(refused, people.map(service.deliver, refused), strict=True) if answer != 200
                ]
    finally:
        service.kill()
    with sqlite3.connect(f"{tmp_path}/ccmm.sqlite3") as connection:
        assert connection.execute("SELECT count(*) FROM inbound").fetchone()[0] == 2 * number
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)


# --- trouble ---------------------------------------------------------------------------------------------------------------


@contextmanager
def failing(service: Alone, inject: str) -> Iterator[None]:
    """The service's calls fail meanwhile."""
    assert service.process is not None
    name = inject.partition(":")[0]
    program = ["strace", "-f", "-o", "/dev/null", "-p", str(service.process.pid), "-e", f"trace={name}", "-e", f"inject={inject}"]
    with subprocess.Popen(program, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as tracer:
        assert tracer.stderr is not None
        tracer.stderr.readline()  # "attached"
        try:
            yield
        finally:
            tracer.send_signal(signal.SIGINT)
            tracer.wait(20)


@contextmanager
def locked(service: Alone) -> Iterator[None]:
    """Somebody else holds the write lock."""
    connection = sqlite3.connect(f"{service.folder}/ccmm.sqlite3", isolation_level=None)
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        connection.execute("ROLLBACK")
        connection.close()


TROUBLES = {
    "full": "pwrite64:error=ENOSPC",
    "failing": "fdatasync:error=EIO",
    "read only": "pwrite64:error=EROFS",
    "locked": "",
}


@pytest.fixture
def mail() -> Iterator[MailStandin]:
    with mail_server() as server:
        yield server


@pytest.mark.parametrize("kind", list(TROUBLES) if ALL else ["full"])
def test_in_trouble_nothing_is_acknowledged_somebody_is_told_and_it_is_over_within_ten_seconds(
    kind: str, twilio: TwilioStandin, caller: TwilioCaller, mail: MailStandin, tmp_path: Path
) -> None:
    service = Alone(tmp_path, twilio.url, environment={"CCMM_SMTP_URL": mail.url})
    administrator(service)
    try:
        service.start()
        assert service.deliver(caller.message(sender=PERSON, to=SMS_FROM, body="hello")) == 200
        acknowledged, refused = 1, 0
        with failing(service, TROUBLES[kind]) if TROUBLES[kind] else locked(service):
            ends = time.monotonic() + 60
            while not mail.got and time.monotonic() < ends:
                answer = service.deliver(caller.message(sender=PERSON, to=SMS_FROM, body="lost?"), timeout_s=15)
                assert answer is None or answer >= 500, f"acknowledged with {answer} while nothing could be kept"
                refused += 1
            assert mail.got, "nobody was told"
            ready = httpx.get(f"{service.url}/readyz", timeout=20)
            assert ready.status_code == 503, ready.text
        began = time.monotonic()
        while service.deliver(caller.message(sender=PERSON, to=SMS_FROM, body="hello again")) != 200:
            assert time.monotonic() - began < 30
        recovered = time.monotonic() - began
        acknowledged += 1
        while httpx.get(f"{service.url}/readyz", timeout=20).status_code != 200:
            assert time.monotonic() - began < 30
    finally:
        service.kill()
    print(f"\n{kind}: mail “{mail.got[0]['Subject']}”; kept again {recovered:.1f} s after")
    told: dict[str, str | int] = {
        "trouble": TROUBLES[kind] or "locked by another program",
        "refused": refused,
        "acknowledged meanwhile": 0,
        "mail to the administrator": "yes",
        "kept again after": f"{recovered:.1f} s",
    }
    figures.keep("troubles", kind.replace(" ", "-"), told)
    with sqlite3.connect(f"{tmp_path}/ccmm.sqlite3") as connection:
        assert connection.execute("SELECT count(*) FROM inbound").fetchone()[0] == acknowledged
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert "Messages cannot be kept" in mail.got[0]["Subject"]
    assert not ALL or recovered < 10


def administrator(service: Alone) -> None:
    """Somebody to be told."""
    service.start()
    service.kill()
    from ccmm_bot.casework.access import accounts
    from ccmm_bot.clock import SystemClock
    from ccmm_bot.store.accounts import agency_of
    from ccmm_bot.store.tables import Role

    database = Database(service.database, open_keys(service.database, service.folder / "secret.key"))
    try:
        agency, _ = agency_of(database.store, None)
        accounts.create(
            database.store,
            email="administrator@example.org",
            name="A",
            password="four unrelated words here",
            now=SystemClock().now(),
            role=Role.ADMINISTRATOR,
            agency_id=agency,
        )
    finally:
        database.store.close()
