"""PostgreSQL goes away under the service and comes back: nothing is acknowledged that is not kept, and it goes on by itself."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import httpx
import psycopg
import pytest

from tests.reliability import figures
from tests.reliability.alone import Alone
from tests.standins.fixtures import SMS_FROM, caller, twilio
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
    postgres_url: str, twilio: TwilioStandin, caller: TwilioCaller, tmp_path: Path
) -> None:
    service = Alone(tmp_path, twilio.url, database_url=postgres_url)
    acknowledged: list[str] = []

    def deliver(number: int) -> bool:
        sid = f"SM{number:032x}"
        done = service.deliver(caller.message(sender="+16045550111", to=SMS_FROM, body="hello", MessageSid=sid)) == 200
        if done:
            acknowledged.append(sid)
        return done

    try:
        service.start(within_s=120)
        assert deliver(0)
        crash(postgres_url)
        began, number = time.monotonic(), 1
        while not deliver(number):
            number += 1
            assert time.monotonic() - began < 30
        recovered = time.monotonic() - began
        while httpx.get(f"{service.url}/readyz", timeout=20).status_code != 200:
            assert time.monotonic() - began < 30
    finally:
        service.kill()
    with psycopg.connect(postgres_url) as connection:
        connection.execute("SELECT set_config('ccmm.door', 'installation', false)")
        kept = {row[0] for row in connection.execute("SELECT provider_message_id FROM inbound").fetchall()}
    told: dict[str, str | int] = {
        "trouble": "one of PostgreSQL's processes is killed: it ends all others and recovers",
        "refused": number - 1,
        "lost": len(set(acknowledged) - kept),
        "kept again after": f"{recovered:.1f} s",
    }
    figures.keep("restarts", "killed", told)
    print(f"\nPostgreSQL restarted: kept again {recovered:.1f} s after, {number - 1} deliveries refused meanwhile")
    assert set(acknowledged) <= kept
    assert not LONG or recovered < 10
