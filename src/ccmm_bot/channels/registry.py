"""All channels that are on, found by channel and account; and the accounts whose webhooks may come in."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ccmm_bot.channels.base import Channel
from ccmm_bot.channels.telegram.send import TelegramChannel
from ccmm_bot.channels.twilio.account import TwilioAccount
from ccmm_bot.messages import ChannelKind


class Channels:
    """What is on. The first Twilio account and the first bot are also reached without naming them in the webhook's path."""

    def __init__(self, channels: Iterable[Channel] = ()) -> None:
        self._channels: dict[tuple[ChannelKind, str], Channel] = {}
        self._twilio: dict[str, TwilioAccount] = {}
        for channel in channels:
            self.add(channel)

    def add(self, channel: Channel) -> None:
        """Switch a channel on; it replaces one with the same account."""
        self._channels[channel.kind, channel.account] = channel

    def add_twilio(self, account: TwilioAccount) -> None:
        """Let webhooks of this account in."""
        self._twilio[account.account_sid] = account

    def get(self, kind: ChannelKind, account: str) -> Channel | None:
        """The channel a message leaves by; ``None`` when it is off."""
        return self._channels.get((kind, account))

    def __iter__(self) -> Iterator[Channel]:
        return iter(tuple(self._channels.values()))

    def twilio(self, account_sid: str | None = None) -> TwilioAccount | None:
        """The account a webhook's path names; the first when it names none."""
        if account_sid is None:
            return next(iter(self._twilio.values()), None)
        return self._twilio.get(account_sid)

    def telegram(self, bot_id: str | None = None) -> TelegramChannel | None:
        """The bot a webhook's path names; the first when it names none."""
        return next((each for each in self.bots() if bot_id in (None, each.account)), None)

    def bots(self) -> tuple[TelegramChannel, ...]:
        """Every Telegram bot."""
        return tuple(each for each in self._channels.values() if isinstance(each, TelegramChannel))

    async def aclose(self) -> None:
        """Close every channel."""
        for channel in self:
            await channel.aclose()
