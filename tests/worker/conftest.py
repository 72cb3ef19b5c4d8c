"""A running service whose channels lead to the stand-ins."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ccmm_bot.channels.registry import Channels
from ccmm_bot.channels.telegram.send import TelegramChannel
from ccmm_bot.channels.twilio.send import TwilioChannel
from ccmm_bot.runtime import Runtime, open_runtime
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
