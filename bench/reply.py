"""How long after a person's message reaches us its reply is with the provider: one process, SQLite, one message at a time.

Everything is real but the provider: the webhook's signature is checked, the answer is committed (WAL, ``synchronous=FULL``),
claimed, marked and handed over by HTTP to a stand-in on this machine, which writes down when it got it. Set ``CCMM_BENCH_REPLIES``
for more or fewer messages.
"""

from __future__ import annotations

import asyncio
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

import httpx
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


def main() -> None:
    """Print the distribution."""
    provider = TwilioStandin(account_sid=ACCOUNT_SID, auth_token=AUTH_TOKEN)
    with Server(provider.app) as server, tempfile.TemporaryDirectory(prefix="ccmm-bench-") as name:
        provider.url = server.url
        took = asyncio.run(measure(Path(name), provider))
    quantiles = statistics.quantiles(took, n=100)
    print(f"{len(took)} messages: p50 {quantiles[49]:.1f} ms, p95 {quantiles[94]:.1f} ms, p99 {quantiles[98]:.1f} ms")


if __name__ == "__main__":
    main()
