"""Getting updates by polling: nothing is confirmed before it is kept, and nothing stands in the way for ever."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from ccmm_bot.channels.telegram.feed import TelegramFeed
from ccmm_bot.channels.telegram.intake import TelegramIntake
from ccmm_bot.channels.telegram.send import GROUP_ANSWER, TelegramChannel
from ccmm_bot.messages import ChannelKind, ContentKind, InboundMessage
from tests.channels.support import NOW
from tests.standins.fixtures import PUBLIC, SECRET, telegram_account
from tests.standins.telegram_api import TelegramStandin
from tests.waiting import until

ANA, BEN = 7_000_000_001, 7_000_000_002


@dataclass
class Door:
    """Keeps what comes; can be told to fail."""

    received: list[InboundMessage] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)
    broken: Callable[[InboundMessage], bool] = lambda message: False
    failures: int = 0

    async def receive(self, message: InboundMessage) -> None:
        if self.broken(message):
            self.failures += 1
            raise RuntimeError("the store is in trouble")
        self.received.append(message)

    async def quarantine(self, channel: ChannelKind, account: str, raw: bytes, reason: str) -> None:
        self.kept.append(reason)

    @property
    def texts(self) -> list[str]:
        return [message.text for message in self.received]


@asynccontextmanager
async def feeding(bot: TelegramChannel, door: Door) -> AsyncIterator[TelegramFeed]:
    intake = TelegramIntake(bot, receive=door.receive, quarantine=door.quarantine, now=lambda: NOW)
    feed = TelegramFeed(bot, intake, hold_s=1, first_delay_s=0.02)
    await feed.start()
    yield feed
    await feed.stop()


async def test_what_people_write_is_received_in_order_and_then_confirmed(telegram: TelegramStandin, bot: TelegramChannel) -> None:
    door = Door()
    for number in range(5):
        telegram.person(ANA).writes(f"{number}")
    async with feeding(bot, door):
        await until(lambda: len(door.received) == 5 and not telegram.waiting)
        telegram.person(ANA).writes("later")
        await until(lambda: len(door.received) == 6)
    assert door.texts == ["0", "1", "2", "3", "4", "later"]


async def test_what_could_not_be_kept_is_not_confirmed_and_comes_again(telegram: TelegramStandin, bot: TelegramChannel) -> None:
    door = Door()
    door.broken = lambda message: message.text == "two" and door.failures < 2
    updates = [telegram.person(ANA).writes(text) for text in ("one", "two", "three")]
    async with feeding(bot, door):
        await until(lambda: "three" in door.texts and not telegram.waiting)
    assert [text for text in door.texts if text != "one"] == ["two", "three"]
    assert updates[1]["update_id"] in telegram.confirmations


async def test_one_chat_in_trouble_does_not_lose_another_its_place(telegram: TelegramStandin, bot: TelegramChannel) -> None:
    door = Door()
    door.broken = lambda message: message.sender == str(ANA) and door.failures < 1
    telegram.person(ANA).writes("from Ana")
    telegram.person(BEN).writes("from Ben")
    async with feeding(bot, door):
        await until(lambda: "from Ana" in door.texts and not telegram.waiting)
    assert "from Ben" in door.texts


async def test_an_update_that_can_never_be_kept_is_set_aside_in_the_end(telegram: TelegramStandin, bot: TelegramChannel) -> None:
    door = Door()
    door.broken = lambda message: message.text == "poison"
    telegram.person(ANA).writes("poison")
    telegram.person(ANA).writes("after it")
    async with feeding(bot, door):
        await until(lambda: "after it" in door.texts)
    assert door.kept == ["handling it failed again and again"]


async def test_a_shape_nobody_knows_is_set_aside_at_once(telegram: TelegramStandin, bot: TelegramChannel) -> None:
    door = Door()
    telegram.queue(update_of_the_future={"x": 1})
    telegram.queue(message={"message_id": "odd"})
    telegram.person(ANA).writes("after it")
    async with feeding(bot, door):
        await until(lambda: "after it" in door.texts and not telegram.waiting)
    assert len(door.kept) == 2


async def test_another_process_that_polls_is_named_and_outlived(telegram: TelegramStandin, bot: TelegramChannel) -> None:
    door = Door()
    rival = TelegramChannel(telegram_account(telegram.url))
    async with feeding(bot, door) as feed:
        await asyncio.sleep(0.2)
        await rival.bot.raw_updates(offset=None, hold_s=0)
        await until(lambda: feed.trouble)
        assert feed.trouble == "another process polls this bot, or a webhook is set"
        telegram.person(ANA).writes("still here")
        await until(lambda: door.received and feed.trouble is None)
    await rival.aclose()


async def test_a_webhook_left_over_is_taken_away_and_what_waited_is_not_lost(
    telegram: TelegramStandin, bot: TelegramChannel
) -> None:
    door = Door()
    telegram.webhook = {"url": "https://old.example.org"}
    telegram.person(ANA).writes("waited")
    async with feeding(bot, door):
        await until(lambda: door.received)
    assert door.texts == ["waited"]


async def test_with_a_public_address_telegram_is_told_to_call_us_instead(telegram: TelegramStandin) -> None:
    bot = TelegramChannel(telegram_account(telegram.url, webhook=True))
    async with feeding(bot, Door()):
        await until(lambda: telegram.webhook["url"])
    assert telegram.webhook == {"url": f"{PUBLIC}/webhooks/telegram/5000000001", "secret_token": SECRET}
    assert telegram.confirmations == []
    await bot.aclose()


async def test_taps_are_acknowledged_and_groups_left(telegram: TelegramStandin, bot: TelegramChannel) -> None:
    door = Door()
    ana = telegram.person(ANA)
    ana.writes("/start")
    await bot.bot.send_message(ANA, "?")
    ana.taps(ana.got[0], "w1.yes", query_id="77")
    ana.adds_bot_to_group(-100_5)
    async with feeding(bot, door):
        await until(lambda: telegram.answered and telegram.left)
    assert [message.kind for message in door.received] == [ContentKind.TEXT, ContentKind.TAP]
    assert telegram.answered == ["77"]
    assert [message.text for message in telegram.to(-100_5)] == [GROUP_ANSWER]
