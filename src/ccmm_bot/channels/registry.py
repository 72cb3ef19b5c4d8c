"""All channels that are on, found by channel and account; and the accounts whose webhooks may come in."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from ccmm_bot.channels.base import Channel
from ccmm_bot.channels.twilio.account import TwilioAccount
from ccmm_bot.messages import ChannelKind

if TYPE_CHECKING:
    from ccmm_bot.channels.telegram.send import TelegramChannel


class Channels:
    """What is on. The first Twilio account and the first bot are also reached without naming them in the webhook's path."""

    def __init__(self, channels: Iterable[Channel] = ()) -> None:
        self._channels: dict[tuple[ChannelKind, str], Channel] = {}
        self._twilio: list[TwilioAccount] = []
        for channel in channels:
            self.add(channel)

    def add(self, channel: Channel) -> None:
        """Switch a channel on; it replaces one with the same account."""
        self._channels[channel.kind, channel.account] = channel

    def add_twilio(self, account: TwilioAccount) -> None:
        """Let webhooks of this account in. Senders of one Twilio account may belong to different agencies: it may come twice."""
        if account not in self._twilio:
            self._twilio.append(account)

    async def remove(self, kind: ChannelKind, account: str) -> None:
        """Switch a channel off, its webhooks included."""
        channel = self._channels.pop((kind, account), None)
        self._twilio = [each for each in (_without(each, kind, account) for each in self._twilio) if each is not None]
        if channel is not None:
            await channel.aclose()

    def get(self, kind: ChannelKind, account: str) -> Channel | None:
        """The channel a message leaves by; ``None`` when it is off."""
        return self._channels.get((kind, account))

    def __iter__(self) -> Iterator[Channel]:
        return iter(tuple(self._channels.values()))

    def twilio(self, account_sid: str | None = None) -> tuple[TwilioAccount, ...]:
        """The account a webhook's path names, once for each agency that has senders of it; the first one when it names none."""
        sid = account_sid or next((each.account_sid for each in self._twilio), None)
        return tuple(each for each in self._twilio if each.account_sid == sid)

    def twilio_of(self, kind: ChannelKind, account: str) -> TwilioAccount | None:
        """The Twilio account a sender of ours belongs to."""
        return next((each for each in self._twilio if account and each.sender(kind) == account), None)

    def telegram(self, bot_id: str | None = None) -> TelegramChannel | None:
        """The bot a webhook's path names; the first when it names none."""
        return next((each for each in self.bots() if bot_id in (None, each.account)), None)

    def bots(self) -> tuple[TelegramChannel, ...]:
        """Every Telegram bot."""
        of_telegram = [each for each in self._channels.values() if each.kind is ChannelKind.TELEGRAM]
        if not of_telegram:
            return ()
        from ccmm_bot.channels.telegram.send import TelegramChannel

        return tuple(each for each in of_telegram if isinstance(each, TelegramChannel))

    async def aclose(self) -> None:
        """Close every channel."""
        for channel in self:
            await channel.aclose()


def _without(account: TwilioAccount, kind: ChannelKind, sender: str) -> TwilioAccount | None:
    """The account without one of its senders; ``None`` when it has no other."""
    if account.sender(kind) == sender:
        account = replace(account, sms_from="") if kind is ChannelKind.SMS else replace(account, whatsapp_from="")
    return account if account.sms_from or account.whatsapp_from else None
