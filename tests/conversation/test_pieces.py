"""A long answer cut into several messages is one answer, in whichever order they come; nothing else is taken for one."""

from __future__ import annotations

from datetime import timedelta

import pytest

from ccmm_bot.clock import FixedClock
from ccmm_bot.conversation.parts import PIECE
from ccmm_bot.messages import ContentKind
from ccmm_bot.runtime import Runtime
from ccmm_bot.store.tables import Inbound, Outbox, Response, ResponseHistory
from tests.conversation.support import Phone, rows

FIRST = "We came in March with two children and my mother. " * 4  # 200 characters
MIDDLE = "The flat is small, and the school is far away from it. " * 4
LAST = "That is all I wanted to say."


def words(runtime: Runtime) -> Response:
    (found,) = [each for each in rows(runtime, Response) if each.item == "words"]
    return found


async def asked_for_words(phone: Phone) -> None:
    assert await phone.say("hello", "1") == ["Tell us in your words.\n0 = skip"]


async def test_the_second_piece_belongs_to_the_answer_and_not_to_the_next_question(phone: Phone, runtime: Runtime) -> None:
    await asked_for_words(phone)
    (question,) = await phone.say(FIRST)
    assert question.startswith("Which fruit?")
    assert await phone.say(LAST) == []
    answer = words(runtime)
    assert (answer.raw, answer.value_sealed, answer.revision) == (f"{FIRST}\n{LAST}", f"{FIRST}\n{LAST}", 2)
    assert [each.raw for each in rows(runtime, ResponseHistory)] == [FIRST]
    (next_,) = await phone.say("1")  # the question put meanwhile is open all the time
    assert next_.startswith("May Harbour keep this?")


async def test_a_short_last_piece_that_comes_first_is_put_last(phone: Phone, runtime: Runtime) -> None:
    await asked_for_words(phone)
    await phone.say(LAST)
    assert await phone.say(FIRST) == []
    assert words(runtime).raw == f"{FIRST}\n{LAST}"


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0), (2, 0, 1)])
async def test_where_the_provider_numbers_messages_its_order_counts(phone: Phone, runtime: Runtime, order: tuple[int, ...]) -> None:
    await asked_for_words(phone)
    pieces = (FIRST, MIDDLE, LAST)
    for number in order:
        await phone.send(phone.message(pieces[number], order=70 + number))
    assert words(runtime).raw == "\n".join(pieces)


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0)])
async def test_the_numbers_some_networks_write_in_front_count_as_well(
    phone: Phone, runtime: Runtime, order: tuple[int, ...]
) -> None:
    await asked_for_words(phone)
    pieces = (f"(1/3) {FIRST}", f"(2/3) {MIDDLE}", f"(3/3) {LAST}")
    await phone.say(*(pieces[number] for number in order))
    assert words(runtime).raw == "\n".join(pieces)


async def test_every_piece_stays_in_the_conversation_as_it_came(phone: Phone, runtime: Runtime) -> None:
    await asked_for_words(phone)
    await phone.say(FIRST, LAST)
    assert [each.text for each in rows(runtime, Inbound)][-2:] == [FIRST, LAST]
    assert len(rows(runtime, Outbox)) == 3


async def test_an_answer_the_next_question_can_read_answers_it_however_soon_it_comes(phone: Phone, runtime: Runtime) -> None:
    await asked_for_words(phone)
    (next_,) = await phone.say(FIRST, "2 3")
    assert next_.startswith("May Harbour keep this?")
    assert words(runtime).raw == FIRST


async def test_a_command_stays_a_command(phone: Phone, runtime: Runtime) -> None:
    await asked_for_words(phone)
    assert await phone.say(FIRST, "STOP") == ["No more messages."]
    assert words(runtime).raw == FIRST


async def test_a_message_that_comes_later_is_one_of_its_own(phone: Phone, runtime: Runtime, clock: FixedClock) -> None:
    await asked_for_words(phone)
    await phone.say(FIRST)
    clock.set(clock.now() + timedelta(seconds=4))
    assert await phone.say(LAST)
    assert words(runtime).raw == FIRST


async def test_two_short_messages_are_two_messages(phone: Phone, runtime: Runtime) -> None:
    await asked_for_words(phone)
    assert await phone.say("a" * (PIECE - 1), LAST)
    assert words(runtime).raw == "a" * (PIECE - 1)


async def test_a_tap_is_no_piece(phone: Phone, runtime: Runtime) -> None:
    await asked_for_words(phone)
    await phone.say(FIRST)
    assert await phone.tap("w1.red", "Red")
    assert await phone.send_kind(ContentKind.VOICE)
    assert words(runtime).raw == FIRST


async def test_the_providers_clock_counts_where_there_is_one(phone: Phone, runtime: Runtime, clock: FixedClock) -> None:
    """After a night without network both messages come in at the same moment; they were written minutes apart."""
    await asked_for_words(phone)
    await phone.send(phone.message(FIRST, sent_at=clock.now() - timedelta(minutes=5)))
    assert await phone.send(phone.message(LAST, sent_at=clock.now()))
    assert words(runtime).raw == FIRST


async def test_the_longer_answer_is_what_back_changes(phone: Phone, runtime: Runtime) -> None:
    await asked_for_words(phone)
    await phone.say(FIRST, LAST, "back", "something else")
    answer = words(runtime)
    assert (answer.raw, answer.revision) == ("something else", 3)
    assert [each.raw for each in rows(runtime, ResponseHistory)] == [FIRST, f"{FIRST}\n{LAST}"]
