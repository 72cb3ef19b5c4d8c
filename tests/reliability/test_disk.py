"""The disk and the database underneath: ended at any write, out of space, failing, locked. What was acknowledged is there.

A process is ended, or its calls fail, at one system call, by strace. ``CCMM_TEST_WRITES=1`` ends an intake at each of its writes,
``3`` at every third.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from sqlmodel import col, select

from ccmm_bot.store.database import Database
from ccmm_bot.store.safekeeping import open_keys
from ccmm_bot.store.tables import Flag, Inbound, Outbox, Response
from tests.reliability.alone import ROOT, Alone
from tests.reliability.intake import WORDS, chosen
from tests.standins.fixtures import SMS_FROM, caller, twilio
from tests.standins.mail import MailStandin, mail_server
from tests.standins.twilio_api import TwilioStandin
from tests.standins.twilio_webhooks import TwilioCaller

__all__ = ["caller", "twilio"]

STEP = int(os.environ.get("CCMM_TEST_WRITES", "0"))
ALL = STEP > 0
SAMPLED = (30, 120, 260)
MEMORY = "/dev/shm" if Path("/dev/shm").is_dir() else None
PERSON = "+16045550111"

pytestmark = [pytest.mark.strace, pytest.mark.timeout(5400)]


def intake(folder: Path, *before: str) -> tuple[int, list[str]]:
    """Run the intake, or what is left of it: how it ended, and what it acknowledged."""
    program = [*before, sys.executable, "-m", "tests.reliability.intake", f"sqlite:///{folder}/ccmm.sqlite3", str(folder)]
    environment = {**os.environ, "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}"}
    done = subprocess.run(program, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300, check=False)
    if not before:
        assert done.returncode == 0, done.stderr[-1500:]
    return done.returncode, done.stdout.split()


def told(folder: Path) -> dict[str, list[object]]:
    """What the store holds of it, in words."""
    settings = chosen(f"sqlite:///{folder}/ccmm.sqlite3", str(folder))
    database = Database(settings.database_url, open_keys(settings.database_url, settings.secret_key_file))
    try:
        with database.store.installation() as session:
            return {
                "in": [row.text for row in session.exec(select(Inbound).order_by(col(Inbound.id)))],
                "out": [row.content["text"] for row in session.exec(select(Outbox).order_by(col(Outbox.seq)))],
                "answers": sorted(f"{row.item} {row.value}" for row in session.exec(select(Response))),
                "flags": sorted(f"{row.reason} {row.occurrences}" for row in session.exec(select(Flag))),
            }
    finally:
        database.store.close()


def killed_at(write: int, prepared: Path, wanted: dict[str, list[object]]) -> bool:
    """End an intake at one of its writes, then go on: whether it was ended at all. Raises where a promise is broken."""
    with tempfile.TemporaryDirectory(dir=MEMORY) as place:
        folder = Path(place) / "data"
        shutil.copytree(prepared, folder)
        # Without --seccomp-bpf, with which strace 6.1 counts otherwise.
        inject = f"pwrite64:signal=KILL:when={write}"
        status, acknowledged = intake(folder, "strace", "-f", "-o", "/dev/null", "-e", "trace=pwrite64", "-e", f"inject={inject}")
        if "end" in acknowledged:
            return False
        assert status != 0
        with sqlite3.connect(f"{folder}/ccmm.sqlite3") as connection:
            assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
            kept = {row[0] for row in connection.execute("SELECT provider_message_id FROM inbound")}
        assert {f"m{number}" for number in acknowledged} <= kept, f"write {write}: acknowledged and lost"
        assert len(kept) - len(acknowledged) <= 1
        _, again = intake(folder)
        assert again[-1] == "end"
        assert told(folder) == wanted, f"write {write}: it went on otherwise"
        return True


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database and a key file as a start leaves them."""
    folder = tmp_path_factory.mktemp("prepared")
    settings = chosen(f"sqlite:///{folder}/ccmm.sqlite3", str(folder))
    from ccmm_bot.store.migrations import upgrade

    database = Database(settings.database_url, open_keys(settings.database_url, settings.secret_key_file))
    upgrade(database.engine)
    database.store.close()
    return folder


def test_ended_at_any_write_it_goes_on_as_if_nothing_had_happened(prepared: Path, tmp_path: Path) -> None:
    whole = tmp_path / "whole"
    shutil.copytree(prepared, whole)
    _, acknowledged = intake(whole)
    assert acknowledged == [*map(str, range(len(WORDS))), "end"]
    wanted = told(whole)
    assert len(wanted["in"]) == len(WORDS)
    assert len(wanted["answers"]) >= 5
    killed = 0
    with ThreadPoolExecutor(6 if ALL else 2) as side_by_side:
        span = range(1, 5000, STEP) if ALL else SAMPLED
        for start in range(0, len(span), 12):
            ended = list(side_by_side.map(lambda n: killed_at(n, prepared, wanted), span[start : start + 12]))
            killed += sum(ended)
            if not ended[-1]:
                break
            if ALL:
                print(f"{killed} so far, up to write {span[min(start + 12, len(span)) - 1]}", flush=True)
    print(f"\n{killed} ends at a write of an intake of {len(WORDS)} messages: 0 violations")
    assert killed >= (300 // STEP if ALL else len(SAMPLED))


# --- acknowledged means on the disk ------------------------------------------------------------------------------------------

_SYNCED = re.compile(r"\b(fdatasync|fsync)\(.*ccmm\.sqlite3-wal.*\)\s+= 0|<\.\.\. (fdatasync|fsync) resumed>\)\s+= 0")
_ACKNOWLEDGED = re.compile(r'"HTTP/1\.1 200 OK\\r\\n')


def test_every_acknowledgement_comes_after_a_flush(twilio: TwilioStandin, caller: TwilioCaller, tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    calls = "fdatasync,fsync,write,writev,sendto,sendmsg"
    before = ("strace", "-f", "--seccomp-bpf", "-y", "-s", "30", "-o", str(trace), "-e", f"trace={calls}", "-e", "signal=none")
    service = Alone(tmp_path, twilio.url, before=before)
    number = 60 if ALL else 8
    try:
        service.start(within_s=120)
        for n in range(number):
            call = caller.message(sender=f"+1604555{n % 4:04d}", to=SMS_FROM, body="hello", path=f"/webhooks/twilio?n={n}")
            assert service.deliver(call) == 200
    finally:
        service.kill()
    checked, synced = 0, False
    for line in trace.read_text(errors="replace").splitlines():
        if _SYNCED.search(line):
            synced = True
        elif _ACKNOWLEDGED.search(line) and "socket" in line:
            if checked:  # the first answer is the one that told that the service is up
                assert synced, f"answer {checked} was given before anything was flushed"
            checked, synced = checked + 1, False
    assert checked >= number
    print(f"\n{number} acknowledgements, each after a flush of its own")


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
        acknowledged = 1
        with failing(service, TROUBLES[kind]) if TROUBLES[kind] else locked(service):
            ends = time.monotonic() + 60
            while not mail.got and time.monotonic() < ends:
                answer = service.deliver(caller.message(sender=PERSON, to=SMS_FROM, body="lost?"), timeout_s=15)
                assert answer is None or answer >= 500, f"acknowledged with {answer} while nothing could be kept"
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
