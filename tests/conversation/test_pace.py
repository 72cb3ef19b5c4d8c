"""Two machines answering each other stop; one noisy sender slows nobody else; no person is taken for either."""

from __future__ import annotations

import asyncio
import time
from datetime import timedelta

import pytest

from ccmm_bot.clock import FixedClock
from ccmm_bot.conversation.pace import FLOOD_FROM, SILENT_FROM
from ccmm_bot.runtime import Runtime
from ccmm_bot.store.tables import Flag, Inbound, Outbox
from tests.conversation.support import Phone, rows

AWAY = "I am driving now and will answer you later. Ticket {n}, 14:0{n}."


def flags(runtime: Runtime) -> list[str]:
    return [flag.reason for flag in rows(runtime, Flag)]


@pytest.mark.parametrize("begun", [False, True], ids=["first contact", "in a question"])
async def test_an_automatic_answer_is_answered_three_times_and_then_no_more(
    phone: Phone, runtime: Runtime, clock: FixedClock, begun: bool
) -> None:
    if begun:
        await phone.say("hello")
    answered = 0
    for n in range(12):
        clock.set(clock.now() + timedelta(seconds=5))
        answered += bool(await phone.say(AWAY.format(n=n % 10)))
    assert answered == SILENT_FROM - 1 < 5
    assert "possible_auto_responder" in flags(runtime)
    assert len(rows(runtime, Inbound)) == 12 + begun


async def test_two_services_of_this_kind_that_write_to_each_other_stop_within_five_messages(
    phone: Phone, runtime: Runtime, clock: FixedClock
) -> None:
    """The other side says what we say: our own questions come back as answers."""
    said = await phone.say("hello")
    exchanged = 0
    while said and exchanged < 50:
        clock.set(clock.now() + timedelta(seconds=2))
        said = await phone.say(*said)
        exchanged += 1
    assert exchanged <= 5


async def test_two_texts_that_take_turns_are_told_as_well(phone: Phone, runtime: Runtime, clock: FixedClock) -> None:
    texts = ("We are closed today, please call again tomorrow.", "Your message is important to us, please hold.")
    heard = [bool(await phone.say(texts[n % 2])) for n in range(10)]
    assert heard.count(True) <= 5
    assert not any(heard[5:])


async def test_other_words_a_tap_or_a_command_and_the_conversation_goes_on(phone: Phone, runtime: Runtime) -> None:
    await phone.say("hello")
    for again in ("other words", "menu"):
        assert not await phone.say(*[AWAY] * 6)
        assert await phone.say(again)
    assert not await phone.say(*[AWAY] * 6)
    assert await phone.tap("c.menu", "Menu")


async def test_it_stays_silent_when_the_same_comes_back_to_a_reminder(phone: Phone, runtime: Runtime, clock: FixedClock) -> None:
    await phone.say("hello", *[AWAY] * 6)
    clock.set(clock.now() + timedelta(days=1))
    assert await phone.say(AWAY) == []


async def test_a_stop_is_heard_from_a_machine_too(phone: Phone) -> None:
    await phone.say("hello", *[AWAY] * 6)
    assert await phone.say("STOP") == ["No more messages."]


async def test_somebody_who_answers_ten_questions_with_the_same_word_is_a_person(phone: Phone, runtime: Runtime) -> None:
    for _ in range(4):
        answers = [await phone.say(text) for text in ("hello", "1", "my words", "1", "1")]
        assert all(answers)
    assert "possible_auto_responder" not in flags(runtime)


async def test_somebody_who_asks_again_after_a_while_is_a_person(phone: Phone, runtime: Runtime, clock: FixedClock) -> None:
    for _ in range(6):
        clock.set(clock.now() + timedelta(minutes=2))
        assert await phone.say("Is anybody there at all?")


async def test_a_flood_is_kept_and_not_answered(phone: Phone, runtime: Runtime, clock: FixedClock) -> None:
    messages = [phone.message(f"{n} bottles") for n in range(FLOOD_FROM + 50)]
    receipts = await asyncio.gather(*(runtime.receiver.receive(message) for message in messages))
    assert sum(bool(receipt.outbound) for receipt in receipts) == FLOOD_FROM
    assert len(rows(runtime, Inbound)) == FLOOD_FROM + 50
    assert "too_many_messages" in flags(runtime)
    assert await phone.say("STOP") == ["No more messages."]
    clock.set(clock.now() + timedelta(seconds=11))
    assert await phone.say("START")


async def test_one_noisy_sender_slows_nobody_else(phone: Phone, runtime: Runtime) -> None:
    """A thousand messages at once from one sender, twenty other people in the midst of it."""
    noise = [asyncio.create_task(runtime.receiver.receive(phone.message(f"noise {n}"))) for n in range(1000)]
    await asyncio.sleep(0.05)
    others = [Phone(runtime, f"+1604555{n:04d}") for n in range(20)]

    async def timed(other: Phone) -> float:
        start = time.monotonic()
        assert await other.say("hello")
        return time.monotonic() - start

    waits = await asyncio.gather(*(timed(other) for other in others))
    still = sum(not task.done() for task in noise)
    assert still > 500, "the others had to wait for the noise"
    print(f"slowest of the others {max(waits) * 1000:.0f} ms, noise still waiting {still}")
    await asyncio.gather(*noise)
    assert len(rows(runtime, Inbound)) == 1020
    assert len(rows(runtime, Outbox)) < 20 + 3 * FLOOD_FROM
