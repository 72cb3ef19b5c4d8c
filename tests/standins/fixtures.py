"""Stand-ins as pytest fixtures; a room's ``conftest.py`` imports those it wants."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest

from ccmm_bot.channels.rates import UNPACED
from ccmm_bot.channels.telegram.bot import TelegramAccount
from ccmm_bot.channels.telegram.send import TelegramChannel
from ccmm_bot.channels.twilio.account import TwilioAccount
from ccmm_bot.channels.twilio.send import TwilioChannel
from ccmm_bot.messages import ChannelKind
from tests.standins.server import Server
from tests.standins.telegram_api import TelegramStandin
from tests.standins.twilio_api import TwilioStandin
from tests.standins.twilio_webhooks import TwilioCaller

ACCOUNT_SID = "AC" + "0123456789abcdef" * 2
AUTH_TOKEN = "a-token-of-a-test-account"
SMS_FROM = "+16045550100"
WHATSAPP_FROM = "+16045550199"
PUBLIC = "https://bot.example.org"
BOT_TOKEN = "5000000001:AAtest-token_of_a_test_bot_0123456789"
SECRET = "a-secret_of-a-test-bot"

#: How long our side waits for an answer in tests: short, but long enough for a busy machine to answer at all.
PATIENCE_S = 1.5


@pytest.fixture
def twilio() -> Iterator[TwilioStandin]:
    """A Twilio account, served; ``twilio.url`` is where."""
    standin = TwilioStandin(account_sid=ACCOUNT_SID, auth_token=AUTH_TOKEN)
    with Server(standin.app) as server:
        standin.url = server.url
        yield standin


@pytest.fixture
def telegram() -> Iterator[TelegramStandin]:
    """A bot's side of Telegram, served; ``telegram.url`` is where."""
    standin = TelegramStandin(token=BOT_TOKEN)
    with Server(standin.app) as server:
        standin.url = server.url
        yield standin


@pytest.fixture
def caller() -> TwilioCaller:
    """Writes the requests Twilio sends us."""
    return TwilioCaller(account_sid=ACCOUNT_SID, auth_token=AUTH_TOKEN, public_base_url=PUBLIC)


def twilio_account(url: str) -> TwilioAccount:
    """Our account at a stand-in."""
    return TwilioAccount(
        account_sid=ACCOUNT_SID,
        auth_token=AUTH_TOKEN,
        sms_from=SMS_FROM,
        whatsapp_from=WHATSAPP_FROM,
        api_base_url=url,
        public_base_url=PUBLIC,
    )


@pytest.fixture
async def sms(twilio: TwilioStandin) -> AsyncIterator[TwilioChannel]:
    """Our SMS sender at the stand-in."""
    channel = TwilioChannel(
        twilio_account(twilio.url), ChannelKind.SMS, connect_timeout=PATIENCE_S, read_timeout=PATIENCE_S, rates=UNPACED
    )
    yield channel
    await channel.aclose()


@pytest.fixture
async def whatsapp(twilio: TwilioStandin) -> AsyncIterator[TwilioChannel]:
    """Our WhatsApp sender at the stand-in."""
    channel = TwilioChannel(
        twilio_account(twilio.url), ChannelKind.WHATSAPP, connect_timeout=PATIENCE_S, read_timeout=PATIENCE_S, rates=UNPACED
    )
    yield channel
    await channel.aclose()


def telegram_account(url: str, *, webhook: bool = False) -> TelegramAccount:
    """Our bot at a stand-in, polling unless told otherwise."""
    more = {"webhook_secret": SECRET, "public_base_url": PUBLIC} if webhook else {}
    return TelegramAccount(token=BOT_TOKEN, api_base_url=url, **more)


@pytest.fixture
async def bot(telegram: TelegramStandin) -> AsyncIterator[TelegramChannel]:
    """Our bot at the stand-in."""
    channel = TelegramChannel(telegram_account(telegram.url), connect_timeout=PATIENCE_S, read_timeout=PATIENCE_S, rates=UNPACED)
    yield channel
    await channel.aclose()
