"""Senders whose credentials are kept in the database: those of every agency but, as a rule, the first."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ccmm_bot.channels.registry import Channels
from ccmm_bot.channels.telegram.account import TelegramAccount, is_secret, is_token
from ccmm_bot.channels.twilio.account import TwilioAccount, is_account_sid, is_messaging_service, is_number
from ccmm_bot.channels.twilio.send import TwilioChannel
from ccmm_bot.errors import ConfigurationError
from ccmm_bot.messages import ChannelKind
from ccmm_bot.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredSender:
    """One row of ``channel_account``.

    ``credentials``, by channel: Twilio ``account_sid``, ``auth_token``; Telegram ``token``, ``webhook_secret``; either
    ``api_base_url`` where the provider is not at its usual address (a region of Twilio's, a Bot API server of one's own).
    """

    channel: ChannelKind
    account: str
    agency: str  # its name
    active: bool
    credentials: Mapping[str, Any] | None = field(default=None, repr=False)


def check_sender(channel: ChannelKind, account: str, credentials: Mapping[str, str]) -> None:
    """Raise :class:`ConfigurationError`, which names no secret, for what no provider gives out."""
    if channel in (ChannelKind.SMS, ChannelKind.WHATSAPP):
        if not is_account_sid(credentials.get("account_sid", "")):
            raise ConfigurationError("The Twilio account SID must be AC and 32 hexadecimal digits.")
        if not is_number(account) and not (channel is ChannelKind.SMS and is_messaging_service(account)):
            raise ConfigurationError("The sender must be a number like +16045550100.")
        if not credentials.get("auth_token"):
            raise ConfigurationError("The Twilio auth token is empty.")
    elif channel is ChannelKind.TELEGRAM:
        if not is_token(credentials.get("token", "")):
            raise ConfigurationError("That has not the shape of a bot's token.")
        if not is_secret(credentials.get("webhook_secret", "")):
            raise ConfigurationError("The webhook secret may have letters, digits, _ and - only, at most 256.")
    else:
        raise ConfigurationError("Only SMS, WhatsApp and Telegram senders are added.")


async def open_stored(channels: Channels, senders: Iterable[StoredSender], settings: Settings) -> tuple[str, ...]:
    """Open the active senders that have credentials, and switch off what is disabled. One line for each; no line has a secret."""
    lines: list[str] = []
    for sender in senders:
        if not sender.active:
            await channels.remove(sender.channel, sender.account)
            lines.append(f"{_label(sender)}: off (disabled)")
        elif sender.credentials and channels.get(sender.channel, sender.account) is None:
            lines.append(await _open(channels, sender, sender.credentials, settings))
    return tuple(lines)


def _label(sender: StoredSender) -> str:
    names = {ChannelKind.SMS: "SMS", ChannelKind.WHATSAPP: "WhatsApp", ChannelKind.TELEGRAM: "Telegram"}
    return f"{names.get(sender.channel, sender.channel.value)} {sender.account} of {sender.agency}"


async def _open(channels: Channels, sender: StoredSender, credentials: Mapping[str, Any], settings: Settings) -> str:
    if sender.channel is ChannelKind.TELEGRAM:
        return await _open_telegram(channels, sender, credentials, settings)
    if not settings.public_base_url:
        return f"{_label(sender)}: off (set CCMM_PUBLIC_BASE_URL)"
    account = TwilioAccount(
        account_sid=credentials["account_sid"],
        auth_token=credentials["auth_token"],
        sms_from=sender.account if sender.channel is ChannelKind.SMS else "",
        whatsapp_from=sender.account if sender.channel is ChannelKind.WHATSAPP else "",
        api_base_url=credentials.get("api_base_url", ""),
        public_base_url=settings.public_base_url,
    )
    channels.add_twilio(account)
    channels.add(TwilioChannel(account, sender.channel))
    return f"{_label(sender)}: on (webhook {settings.public_base_url.rstrip('/')}/webhooks/twilio/{account.account_sid})"


async def _open_telegram(channels: Channels, sender: StoredSender, credentials: Mapping[str, Any], settings: Settings) -> str:
    from telegram.error import InvalidToken, TelegramError

    from ccmm_bot.channels.telegram.send import TelegramChannel

    account = TelegramAccount(
        token=credentials["token"],
        webhook_secret=credentials.get("webhook_secret", ""),
        api_base_url=credentials.get("api_base_url", ""),
        public_base_url=settings.public_base_url,
    )
    channel = TelegramChannel(account)
    way = "by webhook" if account.by_webhook else "polling"
    try:
        if account.by_webhook:
            await channel.set_webhook()
        name = await channel.name()
    except InvalidToken:
        await channel.aclose()
        return f"{_label(sender)}: off (Telegram refuses its token)"
    except TelegramError as error:
        channels.add(channel)
        return f"{_label(sender)}: on, {way}, but Telegram could not be asked yet ({type(error).__name__})"
    channels.add(channel)
    return f"{_label(sender)}: on, {way} as {name}"
