"""Which channels are on, and the one line that says so."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import SecretStr

from ccmm_bot.channels.opening import open_channels
from ccmm_bot.errors import ConfigurationError
from ccmm_bot.messages import ChannelKind
from ccmm_bot.settings import Settings
from tests.standins.fixtures import ACCOUNT_SID, AUTH_TOKEN, BOT_TOKEN, PUBLIC, SECRET, SMS_FROM, WHATSAPP_FROM
from tests.standins.server import free_port_url
from tests.standins.telegram_api import TelegramStandin

TWILIO: dict[str, Any] = {
    "twilio_account_sid": ACCOUNT_SID,
    "twilio_auth_token": SecretStr(AUTH_TOKEN),
    "public_base_url": PUBLIC,
    "twilio_sms_from": SMS_FROM,
    "twilio_whatsapp_from": f"whatsapp:{WHATSAPP_FROM}",
}


def settings(**values: Any) -> Settings:
    return Settings(_env_file=None, **values)


async def test_without_credentials_everything_is_off_and_says_what_would_switch_it_on() -> None:
    channels, lines = await open_channels(settings())
    assert list(channels) == []
    assert lines == (
        "SMS: off (set CCMM_TWILIO_ACCOUNT_SID and CCMM_TWILIO_AUTH_TOKEN and CCMM_PUBLIC_BASE_URL)",
        "WhatsApp: off (set CCMM_TWILIO_ACCOUNT_SID and CCMM_TWILIO_AUTH_TOKEN and CCMM_PUBLIC_BASE_URL)",
        "Telegram: off (set CCMM_TELEGRAM_TOKEN)",
    )


async def test_with_twilio_credentials_its_two_channels_are_on() -> None:
    channels, lines = await open_channels(settings(**TWILIO))
    assert channels.get(ChannelKind.SMS, SMS_FROM) is not None
    assert channels.get(ChannelKind.WHATSAPP, WHATSAPP_FROM) is not None
    assert lines[0] == f"SMS: on, from {SMS_FROM} (webhook {PUBLIC}/webhooks/twilio)"
    assert channels.twilio(ACCOUNT_SID) == channels.twilio() != ()
    await channels.aclose()


@pytest.mark.parametrize(
    ("change", "line"),
    [
        ({"twilio_sms_from": ""}, "SMS: off (set CCMM_TWILIO_SMS_FROM)"),
        ({"twilio_sms_from": "6045550100"}, "SMS: off (CCMM_TWILIO_SMS_FROM must be a number like +16045550100)"),
        ({"twilio_account_sid": "AC1"}, "SMS: off (CCMM_TWILIO_ACCOUNT_SID must be AC and 32 hexadecimal digits)"),
        ({"public_base_url": ""}, "SMS: off (set CCMM_PUBLIC_BASE_URL)"),
    ],
)
async def test_a_setting_that_cannot_be_is_named(change: dict[str, Any], line: str) -> None:
    channels, lines = await open_channels(settings(**(TWILIO | change)))
    assert lines[0] == line
    await channels.aclose()


async def test_a_token_alone_polls(telegram: TelegramStandin) -> None:
    channels, lines = await open_channels(settings(telegram_token=SecretStr(BOT_TOKEN), telegram_api_base_url=telegram.url))
    assert lines[2] == "Telegram: on, polling as @ccmm_test_bot"
    assert telegram.webhook["url"] == ""
    assert [bot.account for bot in channels.bots()] == ["5000000001"]
    await channels.aclose()


async def test_with_a_secret_and_a_public_address_telegram_is_told_to_call_us(telegram: TelegramStandin) -> None:
    channels, lines = await open_channels(
        settings(
            telegram_token=SecretStr(BOT_TOKEN),
            telegram_api_base_url=telegram.url,
            telegram_webhook_secret=SecretStr(SECRET),
            public_base_url=PUBLIC,
        )
    )
    assert lines[2] == "Telegram: on, by webhook as @ccmm_test_bot"
    assert telegram.webhook == {"url": f"{PUBLIC}/webhooks/telegram/5000000001", "secret_token": SECRET}
    await channels.aclose()


async def test_a_refused_token_keeps_telegram_off(telegram: TelegramStandin) -> None:
    channels, lines = await open_channels(
        settings(telegram_token=SecretStr("6:AAnot_the_right_token"), telegram_api_base_url=telegram.url)
    )
    assert lines[2] == "Telegram: off (Telegram refuses CCMM_TELEGRAM_TOKEN)"
    assert channels.bots() == ()


async def test_a_network_that_is_down_does_not() -> None:
    channels, lines = await open_channels(settings(telegram_token=SecretStr(BOT_TOKEN), telegram_api_base_url=free_port_url()))
    assert lines[2].startswith("Telegram: on, polling, but Telegram could not be asked yet")
    await channels.aclose()


@pytest.mark.parametrize(
    ("values", "line"),
    [
        ({"telegram_token": SecretStr("token")}, "Telegram: off (CCMM_TELEGRAM_TOKEN has not the shape of a bot's token)"),
        (
            {"telegram_token": SecretStr(BOT_TOKEN), "telegram_webhook_secret": SecretStr("a b")},
            "Telegram: off (CCMM_TELEGRAM_WEBHOOK_SECRET may have letters, digits, _ and - only, at most 256)",
        ),
    ],
)
async def test_telegram_settings_that_cannot_be_are_named_without_their_values(values: dict[str, Any], line: str) -> None:
    _, lines = await open_channels(settings(**values))
    assert lines[2] == line


@pytest.mark.parametrize("url", ["bot.example.org", "https://bot.example.org/path", "ftp://bot.example.org"])
async def test_an_address_is_scheme_and_host(url: str) -> None:
    with pytest.raises(ConfigurationError, match="CCMM_PUBLIC_BASE_URL"):
        await open_channels(settings(public_base_url=url))


async def test_no_line_holds_a_secret(telegram: TelegramStandin) -> None:
    channels, lines = await open_channels(
        settings(
            **TWILIO,
            telegram_token=SecretStr(BOT_TOKEN),
            telegram_api_base_url=telegram.url,
            telegram_webhook_secret=SecretStr(SECRET),
        )
    )
    assert not any(secret in line for line in lines for secret in (AUTH_TOKEN, BOT_TOKEN, SECRET))
    assert AUTH_TOKEN not in repr(channels.twilio())
    assert BOT_TOKEN not in repr(channels.bots()[0].settings)
    await channels.aclose()
