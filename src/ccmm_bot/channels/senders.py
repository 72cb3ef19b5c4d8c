"""Our senders as lists show them, and as the outside knows them: a number to write to, a bot's name."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

import httpx
from sqlmodel import col, select
from twilio.base.exceptions import TwilioException

from ccmm_bot.channels.registry import Channels
from ccmm_bot.channels.twilio.http import TooManyRequests
from ccmm_bot.channels.twilio.setup import numbers_of
from ccmm_bot.messages import ChannelKind
from ccmm_bot.store.session import Store
from ccmm_bot.store.tables import Agency, ChannelAccount

if TYPE_CHECKING:
    from ccmm_bot.channels.telegram.send import TelegramChannel

_ORDER = (ChannelKind.WHATSAPP, ChannelKind.TELEGRAM, ChannelKind.SMS)


@dataclass(frozen=True, slots=True, kw_only=True)
class OurSender:
    """One sender and whose it is."""

    channel: ChannelKind
    account: str
    agency: str


def accounts(store: Store) -> list[OurSender]:
    """Every sender of the installation."""
    with store.installation() as session:
        rows = session.exec(
            select(ChannelAccount, Agency.name)
            .join(Agency, col(Agency.id) == ChannelAccount.agency_id)
            .order_by(Agency.name, ChannelAccount.channel, ChannelAccount.account)
        )
        return [OurSender(channel=row.channel, account=row.account, agency=agency) for row, agency in rows]


def of_agency(store: Store, agency_id: UUID) -> list[tuple[ChannelKind, str]]:
    """One agency's senders."""
    with store.reading(agency_id) as session:
        return [(row.channel, row.account) for row in session.exec(select(ChannelAccount))]


def agency_name(store: Store, agency_id: UUID) -> str:
    """How the agency is called."""
    with store.reading(agency_id) as session:
        return session.exec(select(Agency.name)).one()


async def public(channels: Channels, senders: Iterable[tuple[ChannelKind, str]]) -> list[tuple[ChannelKind, str]]:
    """What is printed for people, one for each channel that is on: WhatsApp and SMS numbers, the bot's name without its @.

    A bot or a messaging service whose provider cannot be asked is left out.
    """
    known = set(senders)
    found: list[tuple[ChannelKind, str]] = []
    for channel in sorted((each for each in channels if each.kind in _ORDER), key=lambda each: _ORDER.index(each.kind)):
        if (channel.kind, channel.account) not in known or channel.kind in {kind for kind, _ in found}:
            continue
        if name := await _public_name(channels, channel.kind, channel.account):
            found.append((channel.kind, name))
    return found


async def _name_of(bot: TelegramChannel) -> str:
    from telegram.error import TelegramError

    try:
        return (await bot.name()).removeprefix("@")
    except (TelegramError, httpx.HTTPError):
        return ""


async def _public_name(channels: Channels, kind: ChannelKind, account: str) -> str:
    if kind is ChannelKind.TELEGRAM:
        bot = channels.telegram(account)
        return "" if bot is None else await _name_of(bot)
    try:
        if kind is ChannelKind.SMS and not account.startswith("+"):
            twilio = channels.twilio_of(kind, account)
            return "" if twilio is None else next(iter(await numbers_of(twilio)), "")
    except (TwilioException, TooManyRequests, httpx.HTTPError):
        return ""
    return account
