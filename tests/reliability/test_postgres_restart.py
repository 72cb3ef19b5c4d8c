"""PostgreSQL goes away under the service and comes back: nothing is acknowledged that is not kept, and it goes on by itself."""

from __future__ import annotations

import os
import signal
import threading
import time
from contextlib import suppress
from pathlib import Path

import httpx
import psycopg
import pytest

from tests.conftest import Cluster
from tests.reliability import figures
from tests.reliability.alone import Alone
from tests.standins.fixtures import PUBLIC, SMS_FROM, caller, twilio
from tests.standins.twilio_api import TwilioStandin
from tests.standins.twilio_webhooks import TwilioCaller

__all__ = ["caller", "twilio"]

LONG = bool(os.environ.get("CCMM_TEST_DISK"))  # on a machine that is left alone
pytestmark = [pytest.mark.postgres, pytest.mark.timeout(300)]


def crash(url: str) -> None:
    """One of the server's processes is killed: the server ends all others, recovers, and takes connections again."""
    with psycopg.connect(url, autocommit=True) as connection:
        pids = connection.execute(
            "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        ).fetchall()
    os.kill(pids[0][0], signal.SIGKILL)


def test_a_restart_of_the_database_loses_nothing_and_is_over_in_ten_seconds(
    postgres_url: str, postgres_cluster: Cluster, twilio: TwilioStandin, caller: TwilioCaller, tmp_path: Path
) -> None:
    service = Alone(tmp_path, twilio.url, database_url=postgres_url)
    acknowledged: list[str] = []
    back = threading.Event()
    returned: list[float] = []

    def watch() -> None:
        while not back.wait(0.01):
            with suppress(psycopg.OperationalError), psycopg.connect(postgres_url, connect_timeout=2):
                returned.append(time.monotonic())
                back.set()

    def deliver(number: int) -> bool:
        sid = f"SM{number:032x}"
        done = service.deliver(caller.message(sender="+16045550111", to=SMS_FROM, body="hello", MessageSid=sid)) == 200
        if done:
            acknowledged.append(sid)
        return done

    receipt = caller.receipt(f"{PUBLIC}/webhooks/twilio/status", sid=f"SM{0:032x}", to="+16045550111", status="delivered")
    try:
        service.start(within_s=120)
        assert deliver(0)
        postgres_cluster.run("CHECKPOINT")  # as in a database that was not made a moment ago
        crash(postgres_url)
        began, number = time.monotonic(), 1
        watching = threading.Thread(target=watch)
        while not deliver(number):
            number += 1
            if number == 2:  # the server has seen by now that one of its processes is gone
                watching.start()
            assert time.monotonic() - began < 60
        recovered = time.monotonic()
        watching.join(60)
        # Receipts go by another pool of connections, which must not have got used to waiting meanwhile.
        while service.deliver(receipt) != 204:
            assert time.monotonic() - began < 90
        receipts = time.monotonic()
        while httpx.get(f"{service.url}/readyz", timeout=20).status_code != 200:
            assert time.monotonic() - began < 90
        ready = time.monotonic()
    finally:
        service.kill()
    with psycopg.connect(postgres_url) as connection:
        connection.execute("SELECT set_config('ccmm.door', 'installation', false)")
        kept = {row[0] for row in connection.execute("SELECT provider_message_id FROM inbound").fetchall()}
    told: dict[str, str | int] = {
        "trouble": "one of PostgreSQL's processes is killed: it ends all others and recovers",
        "refused": number - 1,
        "lost": len(set(acknowledged) - kept),
        "PostgreSQL is back after": f"{returned[0] - began:.1f} s",
        "kept again": f"{max(0.0, recovered - returned[0]):.2f} s later",
        "receipts again": f"{max(0.0, receipts - returned[0]):.2f} s later",
        "ready again": f"{max(0.0, ready - returned[0]):.2f} s later",
    }
    figures.keep("restarts", "killed", told)
    print(f"\n{told}")
    assert set(acknowledged) <= kept
    assert not LONG or max(recovered, receipts) - returned[0] < 2
    assert not LONG or recovered - began < 10
