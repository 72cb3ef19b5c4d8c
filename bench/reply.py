"""How long after a person's message reaches us its reply is with the provider: one process, SQLite, one message at a time.

Everything is real but the provider: the webhook's signature is checked, the answer is committed (WAL, ``synchronous=FULL``),
claimed, marked and handed over by HTTP to a stand-in on this machine, which writes down when it got it. Set ``CCMM_BENCH_REPLIES``
for more or fewer messages.
"""

from __future__ import annotations

import asyncio
import os
import sqlite3
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import httpx
from _table import Plan, Row, loaded
from starlette.applications import Starlette

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from ccmm_bot.channels.rates import UNPACED
from ccmm_bot.channels.registry import Channels
from ccmm_bot.channels.twilio.send import TwilioChannel
from ccmm_bot.messages import ChannelKind
from ccmm_bot.runtime import open_runtime
from ccmm_bot.settings import Settings
from ccmm_bot.web.webhooks import mount_webhooks
from ccmm_bot.worker.running import Worker
from tests.standins.fixtures import ACCOUNT_SID, AUTH_TOKEN, PUBLIC, SMS_FROM, twilio_account
from tests.standins.server import Server
from tests.standins.twilio_api import TwilioStandin
from tests.standins.twilio_webhooks import TwilioCaller

MESSAGES = int(os.environ.get("CCMM_BENCH_REPLIES", "400"))
WORDS = ("hello", "English", "1", "3", "1", "1", "2", "0")


async def measure(folder: Path, provider: TwilioStandin) -> list[float]:
    """Milliseconds from the moment a message is delivered until the last part of its reply is with the provider."""
    channel = TwilioChannel(twilio_account(provider.url), ChannelKind.SMS, rates=UNPACED)
    channels = Channels([channel])
    channels.add_twilio(twilio_account(provider.url))
    settings = Settings(
        _env_file=None,
        database_url=f"sqlite:///{folder}/reply.sqlite3",
        secret_key_file=folder / "secret.key",
        public_base_url=PUBLIC,
    )
    caller = TwilioCaller(account_sid=ACCOUNT_SID, auth_token=AUTH_TOKEN, public_base_url=PUBLIC)
    took: list[float] = []
    async with open_runtime(settings, channels=channels) as runtime:
        app = Starlette()
        mount_webhooks(app, runtime)
        worker = Worker(runtime)
        await worker.start()
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://127.0.0.1:8000") as client:
            for number in range(MESSAGES):
                person = f"+1604555{number // len(WORDS):04d}"
                call = caller.message(sender=person, to=SMS_FROM, body=WORDS[number % len(WORDS)])
                begun = time.time()
                answer = await client.post(call.path, content=call.body, headers=call.headers)
                answer.raise_for_status()
                await worker.sender.idle()
                took.append((provider.to(person)[-1].made - begun) * 1000)
        await worker.stop()
    await channel.aclose()
    return took


def floor(folder: Path, provider: TwilioStandin) -> list[float]:
    """The least: a durable commit of a few hundred bytes, and a request to the same provider, in milliseconds."""
    took = []
    number = "+16045559999"
    form = {"To": number, "From": SMS_FROM, "Body": "An answer."}
    with (
        closing(sqlite3.connect(folder / "floor.sqlite3", isolation_level=None)) as connection,
        httpx.Client(auth=(ACCOUNT_SID, AUTH_TOKEN)) as client,
    ):
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("CREATE TABLE kept (content BLOB)")
        for _ in range(MESSAGES):
            begun = time.time()
            connection.execute("INSERT INTO kept VALUES (?)", (b"x" * 600,))
            client.post(f"{provider.url}/2010-04-01/Accounts/{ACCOUNT_SID}/Messages.json", data=form).raise_for_status()
            took.append((provider.to(number)[-1].made - begun) * 1000)
    return took


def rows(plan: Plan) -> Iterator[Row]:
    """The middle and the long end, by round."""
    provider = TwilioStandin(account_sid=ACCOUNT_SID, auth_token=AUTH_TOKEN)
    ours: list[list[float]] = []
    least: list[list[float]] = []
    with loaded() as found:
        with Server(provider.app) as server:
            provider.url = server.url
            for _ in range(plan.rounds):
                with tempfile.TemporaryDirectory(prefix="ccmm-bench-") as name:
                    ours.append(sorted(asyncio.run(measure(Path(name), provider))))
                    least.append(sorted(floor(Path(name), provider)))
        for share, called in ((0.5, "median"), (0.95, "95th percentile"), (0.99, "99th percentile")):
            at = int(MESSAGES * share)
            found.append(
                Row(
                    name=f"from a message to its reply with the provider, over HTTP: {called}",
                    unit="ms",
                    values=[took[at] for took in ours],
                    floors=[took[at] for took in least],
                )
            )
    yield from found
