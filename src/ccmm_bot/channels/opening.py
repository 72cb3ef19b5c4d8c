"""From the settings to the channels that are on, with one line for each saying so, or what it lacks."""

from __future__ import annotations

from urllib.parse import urlsplit

from ccmm_bot.channels.quiet import quiet_provider_logs
from ccmm_bot.channels.registry import Channels
from ccmm_bot.channels.telegram.account import TelegramAccount, is_secret, is_token
from ccmm_bot.channels.twilio.account import TwilioAccount, is_account_sid, is_messaging_service, is_number
from ccmm_bot.channels.twilio.send import TwilioChannel
from ccmm_bot.errors import ConfigurationError
from ccmm_bot.messages import ChannelKind
from ccmm_bot.settings import Settings


async def open_channels(settings: Settings) -> tuple[Channels, tuple[str, ...]]:
    """Open what the settings have credentials for. The lines name no secret and no person.

    A channel without credentials is off, and its line names the settings that switch it on. Telegram is asked for the bot's
    name; that it cannot be reached does not keep the channel off, a refused token does.

    :raises ConfigurationError: an address in the settings is not scheme and host
    """
    quiet_provider_logs()
    for name in ("public_base_url", "twilio_api_base_url", "telegram_api_base_url"):
        _check_address(f"CCMM_{name.upper()}", getattr(settings, name))
    channels = Channels()
    twilio, trouble = _twilio(settings)
    lines = [
        _open_twilio(channels, twilio, trouble, ChannelKind.SMS, "SMS", "CCMM_TWILIO_SMS_FROM"),
        _open_twilio(channels, twilio, trouble, ChannelKind.WHATSAPP, "WhatsApp", "CCMM_TWILIO_WHATSAPP_FROM"),
        await _open_telegram(channels, settings),
    ]
    return channels, tuple(lines)


def _check_address(name: str, value: str) -> None:
    if not value:
        return
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.netloc or parts.path.strip("/") or parts.query or parts.fragment:
        raise ConfigurationError(f"{name} must be scheme and host only, like https://bot.example.org")


def _twilio(settings: Settings) -> tuple[TwilioAccount | None, str]:
    """The account, or what it lacks."""
    needed = {
        "CCMM_TWILIO_ACCOUNT_SID": settings.twilio_account_sid,
        "CCMM_TWILIO_AUTH_TOKEN": settings.twilio_auth_token.get_secret_value(),
        "CCMM_PUBLIC_BASE_URL": settings.public_base_url,
    }
    if missing := [name for name, value in needed.items() if not value]:
        return None, f"set {' and '.join(missing)}"
    if not is_account_sid(settings.twilio_account_sid):
        return None, "CCMM_TWILIO_ACCOUNT_SID must be AC and 32 hexadecimal digits"
    account = TwilioAccount(
        account_sid=settings.twilio_account_sid,
        auth_token=settings.twilio_auth_token.get_secret_value(),
        sms_from=settings.twilio_sms_from,
        whatsapp_from=settings.twilio_whatsapp_from.removeprefix("whatsapp:"),
        api_base_url=settings.twilio_api_base_url,
        public_base_url=settings.public_base_url,
    )
    return account, ""


def _open_twilio(
    channels: Channels, account: TwilioAccount | None, trouble: str, kind: ChannelKind, label: str, setting: str
) -> str:
    if account is None:
        return f"{label}: off ({trouble})"
    sender = account.sender(kind)
    if not sender:
        return f"{label}: off (set {setting})"
    if not is_number(sender) and not (kind is ChannelKind.SMS and is_messaging_service(sender)):
        return f"{label}: off ({setting} must be a number like +16045550100)"
    channels.add_twilio(account)
    channels.add(TwilioChannel(account, kind))
    return f"{label}: on, from {sender} (webhook {account.public_base_url.rstrip('/')}/webhooks/twilio)"


async def _open_telegram(channels: Channels, settings: Settings) -> str:
    token, secret = settings.telegram_token.get_secret_value(), settings.telegram_webhook_secret.get_secret_value()
    if not token:
        return "Telegram: off (set CCMM_TELEGRAM_TOKEN)"
    if not is_token(token):
        return "Telegram: off (CCMM_TELEGRAM_TOKEN has not the shape of a bot's token)"
    if secret and not is_secret(secret):
        return "Telegram: off (CCMM_TELEGRAM_WEBHOOK_SECRET may have letters, digits, _ and - only, at most 256)"
    from telegram.error import InvalidToken, TelegramError

    from ccmm_bot.channels.telegram.send import TelegramChannel

    account = TelegramAccount(
        token=token,
        webhook_secret=secret,
        api_base_url=settings.telegram_api_base_url,
        public_base_url=settings.public_base_url,
    )
    channel = TelegramChannel(account)
    way = "by webhook" if account.by_webhook else "polling"
    try:
        name = await channel.name()
        if account.by_webhook:
            await channel.set_webhook()
    except InvalidToken:
        await channel.aclose()
        return "Telegram: off (Telegram refuses CCMM_TELEGRAM_TOKEN)"
    except TelegramError as error:
        channels.add(channel)
        return f"Telegram: on, {way}, but Telegram could not be asked yet ({type(error).__name__})"
    channels.add(channel)
    return f"Telegram: on, {way} as {name}"
