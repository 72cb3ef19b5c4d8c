"""A service that is told to stop: what is being sent goes out, its outcome is kept, and others may take the rest at once."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from sqlalchemy import text
from sqlmodel import select

from ccmm_bot.messages import DeliveryStatus
from ccmm_bot.store.safekeeping import open_keys
from ccmm_bot.store.session import Store, open_engine
from ccmm_bot.store.tables import Outbox
from tests.reliability.fleet import free_port
from tests.standins.fixtures import ACCOUNT_SID, AUTH_TOKEN, PUBLIC, SMS_FROM
from tests.standins.twilio_api import TwilioStandin
from tests.standins.twilio_webhooks import TwilioCaller
from tests.waiting import until

PERSON = "+16045550111"

pytestmark = pytest.mark.timeout(300)


def serve(folder: Path, provider: str, port: int) -> subprocess.Popen[bytes]:
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("CCMM_")},
        "CCMM_DATABASE_URL": f"sqlite:///{folder}/stopping.sqlite3",
        "CCMM_SECRET_KEY_FILE": str(folder / "secret.key"),
        "CCMM_PUBLIC_BASE_URL": PUBLIC,
        "CCMM_TWILIO_ACCOUNT_SID": ACCOUNT_SID,
        "CCMM_TWILIO_AUTH_TOKEN": AUTH_TOKEN,
        "CCMM_TWILIO_SMS_FROM": SMS_FROM,
        "CCMM_TWILIO_API_BASE_URL": provider,
    }
    with (folder / "serve.log").open("wb") as log:
        return subprocess.Popen(
            [sys.executable, "-m", "ccmm_bot", "serve", "--port", str(port)], env=environment, stdout=log, stderr=log
        )


async def until_it_answers(port: int) -> None:
    async with asyncio.timeout(60), httpx.AsyncClient() as client:
        while True:
            try:
                await client.get(f"http://127.0.0.1:{port}/healthz")
                return
            except httpx.HTTPError:
                await asyncio.sleep(0.1)


@pytest.mark.parametrize("name", ["SIGTERM", "SIGINT"])
async def test_what_is_being_sent_goes_out_and_nothing_is_left_to_be_adopted(
    twilio: TwilioStandin, caller: TwilioCaller, tmp_path: Path, name: str
) -> None:
    port = free_port()
    running = serve(tmp_path, twilio.url, port)
    try:
        await until_it_answers(port)
        twilio.answers_after_s = 2.0
        call = caller.message(sender=PERSON, to=SMS_FROM, body="hello")
        async with httpx.AsyncClient() as client:
            answer = await client.post(f"http://127.0.0.1:{port}{call.path}", content=call.body, headers=call.headers)
        assert answer.status_code == 200
        await until(lambda: twilio.messages, within_s=30)
        running.send_signal(signal.Signals[name])
        assert await asyncio.to_thread(running.wait, 60) == 0, (tmp_path / "serve.log").read_text()
    finally:
        running.kill()
        running.wait()
    database = f"sqlite:///{tmp_path}/stopping.sqlite3"
    keys = open_keys(database, tmp_path / "secret.key")
    store = Store(open_engine(database, keys), keys)
    with store.installation() as session:
        sent = [row.status for row in session.exec(select(Outbox))]
        alive = session.connection().execute(
            text("SELECT count(*) FROM process WHERE alive_until > strftime('%Y-%m-%d %H:%M:%f', 'now')")
        )
        assert set(sent) <= {DeliveryStatus.SENT, DeliveryStatus.PENDING}
        assert DeliveryStatus.SENT in sent
        assert alive.scalar_one() == 0
    store.close()
