"""What the sender may rely on: order, marks before calls, nothing lost in a crash, receipts that never move a message back."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest

from ccmm_bot.clock import FixedClock
from ccmm_bot.messages import ChannelKind, DeliveryStatus, RefusedRetry, Sent, StatusUpdate, Unknown
from ccmm_bot.runtime import Runtime
from ccmm_bot.store.outbox import MAX_ATTEMPTS
from ccmm_bot.store.tables import DeliveryReceipt, Flag, Outbox
from tests.conversation.support import Phone, claim, rows, service, settings


def status(runtime: Runtime, n: int = 0) -> DeliveryStatus:
    """Of the n-th message."""
    return rows(runtime, Outbox)[n].status


async def test_a_claimed_message_is_marked_and_given_to_nobody_else(phone: Phone, runtime: Runtime) -> None:
    await phone.say("hello")
    (message,) = await claim(runtime, phone.receipts[-1].outbound)
    assert message == phone.receipts[-1].outbound[0]
    assert status(runtime) is DeliveryStatus.SENDING
    assert await runtime.outbox.claim([message.id], "other", 60) == []


async def test_of_several_processes_that_claim_a_message_at_once_one_has_it(
    phone: Phone, runtime: Runtime, database_url: str, tmp_path: Path, clock: FixedClock
) -> None:
    phones = [Phone(runtime, f"+1604555{n:04d}") for n in range(30)]
    await asyncio.gather(*(each.say("hello") for each in phones))
    ids = [each.receipts[-1].outbound[0].id for each in phones]
    async with service(settings(database_url, tmp_path), clock) as other:
        outboxes = {"one": runtime.outbox, "two": other.outbox, "three": runtime.outbox}
        wanted = [(owner, each) for each in ids for owner in outboxes]
        given = await asyncio.gather(*(outboxes[owner].claim([each], owner, 60) for owner, each in wanted))
    has = [(owner, each) for (owner, each), messages in zip(wanted, given, strict=True) if messages]
    assert sorted(each for _, each in has) == sorted(ids)
    assert {str(row.id): row.owner for row in rows(runtime, Outbox)} == {each: owner for owner, each in has}
    assert {row.attempts for row in rows(runtime, Outbox)} == {1}


async def test_a_later_message_waits_for_the_earlier_one(phone: Phone, runtime: Runtime) -> None:
    await phone.say("hello", "1")
    first, second = (receipt.outbound for receipt in phone.receipts)
    assert await claim(runtime, second) == []
    (message,) = await claim(runtime, first)
    assert await claim(runtime, second) == []
    await runtime.outbox.mark(message.id, Sent(provider_message_id="1"))
    assert len(await claim(runtime, second)) == 1


async def test_messages_of_one_conversation_are_claimed_together_in_their_order(phone: Phone, runtime: Runtime) -> None:
    await phone.say("hello", "1")
    ids = [receipt.outbound[0].id for receipt in phone.receipts]
    assert [message.id for message in await runtime.outbox.claim(list(reversed(ids)), "test", 60)] == ids


async def test_not_now_is_tried_again_later_and_keeps_the_order(phone: Phone, runtime: Runtime, clock: FixedClock) -> None:
    await phone.say("hello", "1")
    first, second = (receipt.outbound for receipt in phone.receipts)
    await claim(runtime, first)
    await runtime.outbox.mark(first[0].id, RefusedRetry(code="429", reason="too fast", delay_s=5))
    assert await claim(runtime, [*first, *second]) == []
    assert await runtime.outbox.next_for(phone.conversation_id) == ()
    clock.set(clock.now() + timedelta(seconds=5))
    assert await runtime.outbox.next_for(phone.conversation_id) == (first[0].id, second[0].id)
    assert len(await claim(runtime, [*first, *second])) == 2


async def test_not_now_for_ever_is_a_no(phone: Phone, runtime: Runtime, clock: FixedClock) -> None:
    await phone.say("hello")
    (message,) = phone.receipts[-1].outbound
    for _ in range(MAX_ATTEMPTS):
        assert len(await claim(runtime, [message])) == 1
        await runtime.outbox.mark(message.id, RefusedRetry(code="429", reason="too fast", delay_s=1))
        clock.set(clock.now() + timedelta(seconds=1))
    assert status(runtime) is DeliveryStatus.FAILED


async def test_an_unknown_outcome_keeps_later_messages_back_until_it_is_given_up(phone: Phone, runtime: Runtime) -> None:
    await phone.say("hello", "1")
    first, second = (receipt.outbound for receipt in phone.receipts)
    await claim(runtime, first)
    await runtime.outbox.mark(first[0].id, Unknown(reason="time-out"))
    assert await claim(runtime, first) == []
    assert await claim(runtime, second) == []
    await runtime.outbox.give_up(first[0].id)
    assert [flag.reason for flag in rows(runtime, Flag)] == ["delivery_unknown"]
    assert len(await claim(runtime, second)) == 1


async def test_a_message_whose_sender_died_is_reconciled_and_not_sent_again(
    phone: Phone, runtime: Runtime, clock: FixedClock
) -> None:
    await phone.say("hello")
    (message,) = await runtime.outbox.claim([phone.receipts[-1].outbound[0].id], "dead", 60)
    assert (await runtime.outbox.adopt("heir", clock.now())).unknown == ()
    clock.set(clock.now() + timedelta(seconds=61))
    adopted = await runtime.outbox.adopt("heir", clock.now())
    assert [each.message for each in adopted.unknown] == [message]
    assert adopted.waiting == ()
    assert (await runtime.outbox.adopt("third", clock.now())).unknown == ()
    await runtime.outbox.mark(message.id, Sent(provider_message_id="found"))
    assert status(runtime) is DeliveryStatus.SENT


async def test_a_committed_message_that_nobody_sent_is_adopted_after_a_moment(
    phone: Phone, runtime: Runtime, clock: FixedClock
) -> None:
    await phone.say("hello", "1")
    assert (await runtime.outbox.adopt("heir", clock.now())).waiting == ()
    clock.set(clock.now() + timedelta(seconds=11))
    (waiting,) = (await runtime.outbox.adopt("heir", clock.now())).waiting
    assert waiting.conversation_id == phone.conversation_id
    assert waiting.ids == tuple(receipt.outbound[0].id for receipt in phone.receipts)


def receipt(runtime: Runtime, state: DeliveryStatus, error: str | None = None, outbox_id: str | None = None) -> StatusUpdate:
    """A provider's receipt."""
    return StatusUpdate(
        channel=ChannelKind.CONSOLE,
        account="console",
        provider_message_id="SM1",
        status=state,
        at=runtime.clock.now(),
        error_code=error,
        outbox_id=outbox_id,
    )


@pytest.mark.parametrize(
    "order", [("sent", "delivered", "read"), ("read", "delivered", "sent"), ("delivered", "delivered", "read")]
)
async def test_receipts_in_any_order_and_repeated_only_move_a_message_forward(
    phone: Phone, runtime: Runtime, order: tuple[str, ...]
) -> None:
    await phone.say("hello")
    (message,) = await claim(runtime, phone.receipts[-1].outbound)
    await runtime.outbox.mark(message.id, Sent(provider_message_id="SM1"))
    for each in order:
        assert await runtime.receiver.status(receipt(runtime, DeliveryStatus(each)))
    assert status(runtime) is DeliveryStatus.READ
    assert len(rows(runtime, DeliveryReceipt)) == len(set(order))


async def test_a_receipt_may_come_before_the_answer_to_the_call(phone: Phone, runtime: Runtime) -> None:
    await phone.say("hello")
    (message,) = await claim(runtime, phone.receipts[-1].outbound)
    assert await runtime.receiver.status(receipt(runtime, DeliveryStatus.DELIVERED, outbox_id=message.id))
    await runtime.outbox.mark(message.id, Sent(provider_message_id="SM1"))
    (row,) = rows(runtime, Outbox)
    assert (row.status, row.provider_message_id) == (DeliveryStatus.DELIVERED, "SM1")


async def test_a_stored_error_stays(phone: Phone, runtime: Runtime) -> None:
    await phone.say("hello")
    (message,) = await claim(runtime, phone.receipts[-1].outbound)
    await runtime.outbox.mark(message.id, Sent(provider_message_id="SM1"))
    await runtime.receiver.status(receipt(runtime, DeliveryStatus.FAILED, "30005"))
    await runtime.receiver.status(receipt(runtime, DeliveryStatus.FAILED))
    await runtime.receiver.status(receipt(runtime, DeliveryStatus.DELIVERED))
    (row,) = rows(runtime, Outbox)
    assert (row.status, row.error_code) == (DeliveryStatus.FAILED, "30005")


async def test_a_receipt_for_nothing_of_ours_is_refused_quietly(phone: Phone, runtime: Runtime) -> None:
    await phone.say("hello")
    assert not await runtime.receiver.status(receipt(runtime, DeliveryStatus.SENT, outbox_id="no id of ours"))
