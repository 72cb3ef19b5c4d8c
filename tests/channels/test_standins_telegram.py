"""The Telegram stand-in behaves as the Bot API documents, seen through the real python-telegram-bot."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from telegram import Bot, InlineKeyboardButton, InlineKeyboardMarkup
from telegram.error import BadRequest, Conflict, Forbidden, InvalidToken, NetworkError, RetryAfter, TelegramError, TimedOut

from ccmm_bot.channels.telegram.bot import TelegramAccount, open_bot
from ccmm_bot.channels.telegram.send import TelegramChannel
from tests.standins.faults import Fault
from tests.standins.telegram_api import TelegramStandin

ANA = 7_000_000_001


async def test_the_bot_knows_its_name(bot: TelegramChannel) -> None:
    me = await bot.bot.get_me()
    assert (me.id, me.username) == (5_000_000_001, "ccmm_test_bot")


async def test_a_wrong_token_is_401(telegram: TelegramStandin) -> None:
    wrong = open_bot(TelegramAccount(token="1:not_the_right_one", api_base_url=telegram.url))
    with pytest.raises(InvalidToken):
        await wrong.get_me()
    await wrong.close_connections()


async def test_people_write_tap_and_edit_and_the_library_reads_it(telegram: TelegramStandin, bot: TelegramChannel) -> None:
    ana = telegram.person(ANA, language="uk")
    first = ana.writes("/start abc")
    markup = InlineKeyboardMarkup([[InlineKeyboardButton("Yes", callback_data="w1.yes")]])
    await bot.bot.send_message(ANA, "Hello?", reply_markup=markup)
    ana.taps(ana.got[0], "w1.yes")
    ana.edits(first, "/start abd")
    updates = await Bot.get_updates(bot.bot, timeout=0)
    assert updates[0].message is not None
    assert updates[0].message.text == "/start abc"
    assert updates[1].callback_query is not None
    assert updates[1].callback_query.data == "w1.yes"
    assert updates[2].edited_message is not None
    assert [update.update_id for update in updates] == sorted(update.update_id for update in updates)


async def test_an_update_stays_until_a_higher_offset_confirms_it(telegram: TelegramStandin, bot: TelegramChannel) -> None:
    ana = telegram.person(ANA)
    ana.writes("one")
    ana.writes("two")
    first = await bot.bot.raw_updates(offset=None, hold_s=0)
    assert await bot.bot.raw_updates(offset=None, hold_s=0) == first
    rest = await bot.bot.raw_updates(offset=first[0]["update_id"] + 1, hold_s=0)
    assert [update["message"]["text"] for update in rest] == ["two"]


async def test_only_one_may_poll(telegram: TelegramStandin, bot: TelegramChannel) -> None:
    older = asyncio.create_task(bot.bot.raw_updates(offset=None, hold_s=5))
    await asyncio.sleep(0.2)
    await bot.bot.raw_updates(offset=None, hold_s=0)
    with pytest.raises(Conflict, match="other getUpdates"):
        await older


async def test_nobody_may_poll_while_there_is_a_webhook(telegram: TelegramStandin, bot: TelegramChannel) -> None:
    await bot.bot.set_webhook("https://bot.example.org/x", secret_token="s")
    assert telegram.webhook_headers()["X-Telegram-Bot-Api-Secret-Token"] == "s"
    with pytest.raises(Conflict, match="webhook"):
        await bot.bot.raw_updates(offset=None, hold_s=0)
    await bot.bot.delete_webhook()
    assert await bot.bot.raw_updates(offset=None, hold_s=0) == []


@pytest.mark.parametrize(
    ("chat_id", "text", "error", "says"),
    [
        (1, "x", BadRequest, "chat not found"),
        (2, "x", Forbidden, "initiate"),
        (3, "x", Forbidden, "blocked by the user"),
        (ANA, "x" * 4097, BadRequest, "too long"),
    ],
)
async def test_refusals(
    telegram: TelegramStandin, bot: TelegramChannel, chat_id: int, text: str, error: type[TelegramError], says: str
) -> None:
    telegram.person(ANA).writes("hello")
    telegram.person(2)
    telegram.person(3).writes("hello")
    telegram.person(3).blocks()
    with pytest.raises(error, match=f"(?i){says}"):
        await bot.bot.send_message(chat_id, text)


async def test_429_says_when_to_come_back(telegram: TelegramStandin, bot: TelegramChannel) -> None:
    telegram.person(ANA).writes("hello")
    telegram.retry_after = 7
    telegram.faults.script(Fault.TOO_MANY)
    with pytest.raises(RetryAfter) as refused:
        await bot.bot.send_message(ANA, "x")
    delay = refused.value.retry_after
    assert (delay if isinstance(delay, timedelta) else timedelta(seconds=delay)) == timedelta(seconds=7)
    assert telegram.to(ANA) == []


@pytest.mark.parametrize(
    ("fault", "error", "done"),
    [
        (Fault.TIMEOUT_BEFORE, TimedOut, 0),
        (Fault.TIMEOUT_AFTER, TimedOut, 1),
        (Fault.RESET_BEFORE, NetworkError, 0),
        (Fault.RESET_AFTER, NetworkError, 1),
        (Fault.SERVER_ERROR, NetworkError, 0),
        (Fault.SERVER_ERROR_AFTER, NetworkError, 1),
    ],
)
async def test_from_outside_one_cannot_tell_what_a_fault_left_done(
    telegram: TelegramStandin, bot: TelegramChannel, fault: Fault, error: type[TelegramError], done: int
) -> None:
    telegram.person(ANA).writes("hello")
    telegram.faults.script(fault)
    with pytest.raises(error):
        await bot.bot.send_message(ANA, "x")
    assert len(telegram.to(ANA)) == done
