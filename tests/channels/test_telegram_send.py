"""Sending by Telegram: each outcome, against the stand-in, with the real library."""

from __future__ import annotations

import logging

import pytest

from ccmm_bot.channels.telegram.send import GROUP_ANSWER, TelegramChannel
from ccmm_bot.messages import ChannelKind, Content, Layout, OutboundMessage, RefusedFinal, RefusedRetry, Sent, Unknown
from tests.channels.support import buttons
from tests.channels.support import message as any_message
from tests.standins.faults import Fault
from tests.standins.fixtures import BOT_TOKEN, telegram_account
from tests.standins.server import free_port_url
from tests.standins.telegram_api import TelegramStandin

ANA = 7_000_000_001


def message(text: str = "Hello", to: str = str(ANA), content: Content | None = None) -> OutboundMessage:
    return any_message(to, text, kind=ChannelKind.TELEGRAM, content=content)


@pytest.fixture(autouse=True)
def _ana_has_written(telegram: TelegramStandin) -> None:
    telegram.person(ANA).writes("/start")


async def test_a_text_arrives_as_plain_text(telegram: TelegramStandin, bot: TelegramChannel) -> None:
    outcome = await bot.send(message("<b>5 & 6</b> _x_ ሰላም"))
    [there] = telegram.to(ANA)
    assert outcome == Sent(provider_message_id=f"{ANA}:{there.message_id}")
    assert there.text == "<b>5 & 6</b> _x_ ሰላም"


async def test_buttons_arrive_one_a_row_with_their_payloads(telegram: TelegramStandin, bot: TelegramChannel) -> None:
    content = Content(text="?", layout=Layout.KEYBOARD, buttons=buttons("Yes", "No"))
    await bot.send(message(content=content))
    assert telegram.to(ANA)[0].buttons == [("Yes", "w3.choice1"), ("No", "w3.choice2")]


async def test_somebody_who_blocked_the_bot_is_opted_out(telegram: TelegramStandin, bot: TelegramChannel) -> None:
    telegram.person(ANA).blocks()
    outcome = await bot.send(message())
    assert isinstance(outcome, RefusedFinal)
    assert outcome.opted_out


async def test_somebody_who_never_wrote_cannot_be_written_to_and_has_not_opted_out(
    telegram: TelegramStandin, bot: TelegramChannel
) -> None:
    telegram.person(5)
    assert await bot.send(message(to="5")) == RefusedFinal(code="403", reason="the person has not written to the bot")


async def test_an_odd_refusal_of_telegrams_own_is_not_an_opt_out(telegram: TelegramStandin, bot: TelegramChannel) -> None:
    telegram.person(ANA).trouble = "bot can't send messages to the user"
    assert isinstance(await bot.send(message()), RefusedRetry)


@pytest.mark.parametrize("to", ["9", "+16045550111", ""])
async def test_a_chat_that_does_not_exist_is_final(bot: TelegramChannel, to: str) -> None:
    outcome = await bot.send(message(to=to))
    assert isinstance(outcome, RefusedFinal)
    assert not outcome.opted_out


async def test_too_many_requests_wait_as_long_as_telegram_says(telegram: TelegramStandin, bot: TelegramChannel) -> None:
    telegram.retry_after = 11
    telegram.faults.script(Fault.TOO_MANY)
    assert await bot.send(message()) == RefusedRetry(code="429", reason="too many requests", delay_s=11.0)


async def test_without_a_connection_it_is_certain_that_nothing_was_sent() -> None:
    nowhere = TelegramChannel(telegram_account(free_port_url()))
    assert isinstance(await nowhere.send(message()), RefusedRetry)
    await nowhere.aclose()


@pytest.mark.parametrize(
    "fault",
    [
        Fault.TIMEOUT_BEFORE,
        Fault.TIMEOUT_AFTER,
        Fault.RESET_BEFORE,
        Fault.RESET_AFTER,
        Fault.SERVER_ERROR,
        Fault.SERVER_ERROR_AFTER,
    ],
)
async def test_once_the_request_has_left_silence_is_an_unknown_outcome(
    telegram: TelegramStandin, bot: TelegramChannel, fault: Fault
) -> None:
    telegram.faults.script(fault)
    assert isinstance(await bot.send(message()), Unknown)


async def test_taps_are_acknowledged_and_too_late_is_no_error(telegram: TelegramStandin, bot: TelegramChannel) -> None:
    await bot.answer_tap("77")
    await bot.answer_tap("old-78")
    assert telegram.answered == ["77"]


async def test_a_group_is_told_once_and_left(telegram: TelegramStandin, bot: TelegramChannel) -> None:
    await bot.leave_group(-100, say_why=True)
    await bot.leave_group(-100, say_why=False)
    assert [each.text for each in telegram.to(-100)] == [GROUP_ANSWER]
    assert telegram.left == [-100, -100]


async def test_no_log_at_any_level_an_operator_uses_holds_the_token(
    telegram: TelegramStandin, bot: TelegramChannel, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    telegram.faults.script(None, Fault.SERVER_ERROR_AFTER, Fault.RESET_AFTER)
    for _ in range(3):
        await bot.send(message("a secret of hers"))
    assert BOT_TOKEN not in caplog.text
    assert "a secret of hers" not in caplog.text
