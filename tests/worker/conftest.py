"""A running service whose channels lead to the stand-ins."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette

from ccmm_bot.channels.registry import Channels
from ccmm_bot.channels.telegram.send import TelegramChannel
from ccmm_bot.channels.twilio.send import TwilioChannel
from ccmm_bot.runtime import Runtime, open_runtime
from ccmm_bot.web.webhooks import mount_webhooks
from ccmm_bot.worker.running import Worker
from tests.conversation.support import settings
from tests.standins.fixtures import bot, caller, sms, telegram, twilio, twilio_account, whatsapp
from tests.standins.twilio_api import TwilioStandin

__all__ = ["bot", "caller", "sms", "telegram", "twilio", "whatsapp"]


class ShiftedClock:
    """The machine's clock, moved by as much as a test likes. It goes on."""

    def __init__(self) -> None:
        self.shift = timedelta()

    def now(self) -> datetime:
        return datetime.now(UTC) + self.shift


@pytest.fixture
def clock() -> ShiftedClock:
    return ShiftedClock()


@pytest.fixture
async def runtime(
    twilio: TwilioStandin,
    sms: TwilioChannel,
    whatsapp: TwilioChannel,
    bot: TelegramChannel,
    sqlite_url: str,
    tmp_path: Path,
    clock: ShiftedClock,
) -> AsyncIterator[Runtime]:
    """Nothing works in its background yet."""
    channels = Channels([sms, whatsapp, bot])
    channels.add_twilio(twilio_account(twilio.url))
    async with open_runtime(settings(sqlite_url, tmp_path), clock=clock, channels=channels) as opened:
        yield opened


def noon() -> ShiftedClock:
    """A Monday at noon in British Columbia, going on."""
    clock = ShiftedClock()
    today = datetime.now(UTC).replace(hour=20, minute=0)
    clock.shift = today + timedelta(days=(7 - today.weekday()) % 7) - datetime.now(UTC)
    return clock


@pytest.fixture
async def web(runtime: Runtime) -> AsyncIterator[httpx.AsyncClient]:
    """The application behind a proxy."""
    app = Starlette()
    mount_webhooks(app, runtime)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://127.0.0.1:8000") as client:
        yield client


@pytest.fixture
async def at_work(runtime: Runtime) -> AsyncIterator[None]:
    """The process that sends, as it works beside the application."""
    worker = Worker(runtime)
    await worker.start()
    yield
    await worker.stop()
