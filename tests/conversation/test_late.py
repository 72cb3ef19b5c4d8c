"""What people wrote while nobody took messages, fetched afterwards: what it answers, what it does not, and when we answer."""

from __future__ import annotations

from datetime import timedelta

import pytest

from ccmm_bot.clock import FixedClock
from ccmm_bot.messages import DeliveryStatus, OptOutKind, OutboundMessage, Sent
from ccmm_bot.runtime import Runtime
from ccmm_bot.store.tables import Conversation, Flag, Inbound, Outbox, Response
from tests.conversation.support import MONDAY_NOON, Phone, claim, rows, texts

EVENING = MONDAY_NOON + timedelta(hours=9, minutes=15)  # 21:15 in British Columbia: a quarter of an hour before quiet hours


async def fetch(phone: Phone, text: str, *, ago: timedelta, **more: object) -> list[str]:
    """A message written a while ago comes now; the texts that answer it."""
    written = phone.runtime.clock.now() - ago
    return await phone.send(phone.message(text, received_at=written, sent_at=written, fetched=True, **more))


def reasons(runtime: Runtime) -> list[str]:
    return [flag.reason for flag in rows(runtime, Flag)]


async def test_it_is_taken_like_any_other_once(phone: Phone, runtime: Runtime) -> None:
    message = phone.message("hello", received_at=MONDAY_NOON - timedelta(minutes=5), fetched=True)
    assert await phone.send(message)
    assert await phone.send(message) == []
    assert [row.received_at for row in rows(runtime, Inbound)] == [MONDAY_NOON - timedelta(minutes=5)]
    (talk,) = rows(runtime, Conversation)
    assert talk.last_inbound_at == MONDAY_NOON - timedelta(minutes=5)


async def test_several_of_one_person_are_taken_in_their_order_at_their_own_pace(phone: Phone, runtime: Runtime) -> None:
    for minutes, text in (
        (9, "hello"),
        (8, "1"),
        (7, "a long sentence that nobody types in a second"),
        (6, "one more such long one"),
    ):
        await fetch(phone, text, ago=timedelta(minutes=minutes))
    assert "possible_auto_responder" not in reasons(runtime)
    assert "late_message" not in reasons(runtime)


async def test_what_is_older_than_her_latest_words_answers_nothing(phone: Phone, runtime: Runtime, clock: FixedClock) -> None:
    await phone.say("hello")
    clock.set(MONDAY_NOON + timedelta(hours=1))
    await phone.say("are you there?")  # put the question again, an hour later
    before = [row.value for row in rows(runtime, Response)]
    assert await fetch(phone, "1", ago=timedelta(minutes=30)) == []
    assert reasons(runtime) == ["late_message"]
    assert [row.value for row in rows(runtime, Response)] == before
    assert len(rows(runtime, Inbound)) == 3
    (talk,) = rows(runtime, Conversation)
    assert talk.last_inbound_at == MONDAY_NOON + timedelta(hours=1), "it was written before"


async def test_a_late_stop_counts_and_a_late_start_does_not_undo_a_stop(phone: Phone, runtime: Runtime, clock: FixedClock) -> None:
    await phone.say("hello")
    clock.set(MONDAY_NOON + timedelta(hours=1))
    await phone.say("hello again")
    await fetch(phone, "STOP", ago=timedelta(minutes=30), opt_out=OptOutKind.STOP)
    assert await phone.say("anything") == []
    await fetch(phone, "START", ago=timedelta(minutes=40))
    assert await phone.say("anything") == []


@pytest.mark.parametrize("there", [False, True])
async def test_an_answer_that_comes_late_waits_for_the_morning_unless_she_is_there(
    phone: Phone, runtime: Runtime, clock: FixedClock, there: bool
) -> None:
    clock.set(EVENING + timedelta(hours=2))  # the service was away from a quarter past nine on
    await fetch(phone, "hello", ago=timedelta(hours=2))
    (late,) = phone.receipts[-1].outbound
    assert await claim(runtime, [late]) == []
    (row,) = rows(runtime, Outbox)
    assert row.not_before is not None
    assert row.not_before == MONDAY_NOON + timedelta(hours=21)  # Tuesday, nine in the morning
    if there:
        await phone.say("is anybody there?")
        newer = phone.receipts[-1].outbound
        assert await claim(runtime, newer) == []  # its turn comes after the other one's
        assert await sent(runtime, [late]) == 1
        assert await sent(runtime, newer) == len(newer)
    else:
        clock.set(row.not_before)
        assert await sent(runtime, [late]) == 1


async def sent(runtime: Runtime, messages: list[OutboundMessage] | tuple[OutboundMessage, ...]) -> int:
    """Hand over what may go out now; how many."""
    claimed = await claim(runtime, messages)
    for each in claimed:
        await runtime.outbox.mark(each.id, Sent(provider_message_id=f"sent-{each.id}"))
    return len(claimed)


async def test_an_answer_goes_out_at_any_hour_to_somebody_who_just_wrote(phone: Phone, runtime: Runtime, clock: FixedClock) -> None:
    clock.set(EVENING + timedelta(hours=2))
    await phone.say("hello")
    clock.set(EVENING + timedelta(hours=2, minutes=10))
    assert await sent(runtime, phone.receipts[-1].outbound) == len(texts(phone.receipts[-1]))
    assert {row.status for row in rows(runtime, Outbox)} == {DeliveryStatus.SENT}
