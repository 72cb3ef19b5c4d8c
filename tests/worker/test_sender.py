"""What the sender promises: at once, in order, never twice, and nothing lost."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from itertools import count
from uuid import UUID

import pytest
from sqlmodel import select

from ccmm_bot.channels.registry import Channels
from ccmm_bot.channels.twilio.send import TwilioChannel
from ccmm_bot.conversation.receive import Receipt
from ccmm_bot.messages import ChannelKind, DeliveryStatus, InboundMessage
from ccmm_bot.runtime import Runtime
from ccmm_bot.store.tables import ContactPoint, Conversation, Flag, Outbox, Staff
from ccmm_bot.worker.sender import Sender
from ccmm_bot.worker.settling import ABSENT_AFTER, GIVE_UP_AFTER
from tests import new
from tests.conversation.support import rows
from tests.standins.faults import Fault
from tests.standins.fixtures import SMS_FROM
from tests.standins.telegram_api import TelegramStandin
from tests.standins.twilio_api import TwilioStandin
from tests.waiting import until
from tests.worker.conftest import ShiftedClock

PERSON = "+16045550111"
ANA = 7_000_000_001
_numbers = count(1)


@pytest.fixture
async def sender(runtime: Runtime) -> AsyncIterator[Sender]:
    """At work, but looking for what was left behind only when told to."""
    sender = Sender(runtime.outbox, runtime.channels, runtime.clock.now, sweep_every_s=3600)
    await sender.start()
    yield sender
    await sender.stop()


async def write(
    runtime: Runtime, text: str = "hello", *, sender: str = PERSON, channel: ChannelKind = ChannelKind.SMS, account: str = SMS_FROM
) -> Receipt:
    """Somebody writes to us; the answer is committed."""
    message = InboundMessage(
        channel=channel,
        account=account,
        provider_message_id=f"in-{next(_numbers)}",
        sender=sender,
        received_at=runtime.clock.now(),
        text=text,
    )
    return await runtime.receiver.receive(message)


async def say(runtime: Runtime, sender: Sender, text: str) -> str:
    """Staff write to the person; the message's id."""
    receipt = await write(runtime) if not rows(runtime, Conversation) else None
    if receipt is not None:
        sender.on_commit(receipt)
        await sender.idle()
    conversation = str(rows(runtime, Conversation)[0].id)
    said = await runtime.receiver.reply_as_human(conversation, text, str(staff(runtime)))
    sender.on_commit(said)
    return said.outbound[0].id


def staff(runtime: Runtime) -> UUID:
    """Somebody at the agency."""
    with runtime.store.reading(runtime.agency_id) as session:
        found = session.exec(select(Staff.id)).first()
    return found or new.staff(runtime.store, runtime.agency_id).staff_id


async def write_on_telegram(runtime: Runtime, telegram: TelegramStandin) -> Receipt:
    telegram.person(ANA).started = True
    return await write(runtime, sender=str(ANA), channel=ChannelKind.TELEGRAM, account="5000000001")


def statuses(runtime: Runtime) -> list[DeliveryStatus]:
    return [row.status for row in rows(runtime, Outbox)]


async def test_a_committed_answer_is_sent_at_once(runtime: Runtime, sender: Sender, twilio: TwilioStandin) -> None:
    runtime.receiver.on_commit = sender.on_commit
    receipt = await write(runtime)
    await sender.idle()
    assert [message.body for message in twilio.to(PERSON)] == [message.content.text for message in receipt.outbound]
    assert set(statuses(runtime)) == {DeliveryStatus.SENT}
    assert [row.provider_message_id for row in rows(runtime, Outbox)] == [message.sid for message in twilio.messages]


async def test_handing_the_same_messages_in_again_sends_nothing_twice(
    runtime: Runtime, sender: Sender, twilio: TwilioStandin
) -> None:
    receipt = await write(runtime)
    for _ in range(3):
        sender.on_commit(receipt)
    await sender.idle()
    sender.on_commit(receipt)
    await sender.idle()
    assert len(twilio.messages) == len(receipt.outbound)


async def test_two_processes_send_nothing_twice(runtime: Runtime, sender: Sender, twilio: TwilioStandin) -> None:
    other = Sender(runtime.outbox, runtime.channels, runtime.clock.now, sweep_every_s=3600)
    await other.start()
    receipt = await write(runtime)
    sender.on_commit(receipt)
    other.on_commit(receipt)
    await asyncio.gather(sender.idle(), other.idle())
    await other.stop()
    assert len(twilio.messages) == len(receipt.outbound)


async def test_five_messages_in_a_second_are_answered_in_their_order(
    runtime: Runtime, sender: Sender, twilio: TwilioStandin
) -> None:
    runtime.receiver.on_commit = sender.on_commit
    said: list[str] = []
    for word in ("hello", "1", "?", "2", "hello again"):
        said += [message.content.text for message in (await write(runtime, word)).outbound]
    await sender.idle()
    assert [message.body for message in twilio.to(PERSON)] == said


async def test_too_many_requests_are_repeated_in_the_same_place(runtime: Runtime, sender: Sender, twilio: TwilioStandin) -> None:
    twilio.faults.script(Fault.TOO_MANY, Fault.TOO_MANY)
    first, second = await write(runtime), await write(runtime, "1")
    sender.on_commit(first)
    sender.on_commit(second)
    await sender.idle()
    assert [message.body for message in twilio.to(PERSON)] == [
        message.content.text for receipt in (first, second) for message in receipt.outbound
    ]
    assert twilio.faults.committed[Fault.TOO_MANY] == 2


async def test_one_persons_trouble_holds_nobody_else_up(runtime: Runtime, sender: Sender, twilio: TwilioStandin) -> None:
    twilio.faults.script(Fault.TOO_MANY)
    twilio.retry_after = 25
    sender.on_commit(await write(runtime))
    await until(lambda: twilio.faults.committed[Fault.TOO_MANY])
    sender.on_commit(await write(runtime, sender="+16045550122"))
    await until(lambda: twilio.to("+16045550122"))
    assert twilio.to(PERSON) == []
    assert statuses(runtime)[0] is DeliveryStatus.PENDING


async def look(runtime: Runtime, sender: Sender, clock: ShiftedClock, later: timedelta = timedelta(seconds=3)) -> None:
    """Some time passes, and the sender looks after what was left behind."""
    clock.shift += later
    await sender.sweep()
    await sender.idle()


class TestUnknownOutcomes:
    @pytest.mark.parametrize("fault", [Fault.RESET_AFTER, Fault.TIMEOUT_AFTER, Fault.SERVER_ERROR_AFTER])
    async def test_one_that_arrived_is_found_at_the_provider_and_never_sent_again(
        self, runtime: Runtime, sender: Sender, twilio: TwilioStandin, clock: ShiftedClock, fault: Fault
    ) -> None:
        twilio.faults.script(fault)
        receipt = await write(runtime)
        sender.on_commit(receipt)
        await sender.idle()
        assert statuses(runtime)[0] is DeliveryStatus.UNKNOWN
        await look(runtime, sender, clock)
        assert set(statuses(runtime)) == {DeliveryStatus.SENT}
        assert rows(runtime, Outbox)[0].provider_message_id == twilio.messages[0].sid
        assert len(twilio.messages) == len(receipt.outbound)

    @pytest.mark.parametrize("fault", [Fault.RESET_BEFORE, Fault.TIMEOUT_BEFORE, Fault.SERVER_ERROR])
    async def test_one_that_did_not_is_sent_again_once_the_provider_certainly_does_not_have_it(
        self, runtime: Runtime, sender: Sender, twilio: TwilioStandin, clock: ShiftedClock, fault: Fault
    ) -> None:
        twilio.faults.script(fault)
        receipt = await write(runtime)
        sender.on_commit(receipt)
        await sender.idle()
        await look(runtime, sender, clock)
        assert (statuses(runtime)[0], twilio.messages) == (DeliveryStatus.UNKNOWN, [])
        await look(runtime, sender, clock, ABSENT_AFTER)
        assert set(statuses(runtime)) == {DeliveryStatus.SENT}
        assert [message.body for message in twilio.to(PERSON)] == [message.content.text for message in receipt.outbound]

    async def test_the_conversation_keeps_its_order_across_one(
        self, runtime: Runtime, sender: Sender, twilio: TwilioStandin, clock: ShiftedClock
    ) -> None:
        twilio.faults.script(Fault.RESET_BEFORE)
        first, second = await write(runtime), await write(runtime, "1")
        sender.on_commit(first)
        sender.on_commit(second)
        await sender.idle()
        assert twilio.messages == []
        await look(runtime, sender, clock, ABSENT_AFTER + timedelta(seconds=3))
        said = [message.content.text for receipt in (first, second) for message in receipt.outbound]
        assert [message.body for message in twilio.to(PERSON)] == said

    async def test_two_that_could_be_it_decide_nothing_and_staff_are_told_in_the_end(
        self, runtime: Runtime, sender: Sender, twilio: TwilioStandin, clock: ShiftedClock
    ) -> None:
        twilio.faults.script(Fault.RESET_AFTER)
        sender.on_commit(await write(runtime))
        await sender.idle()
        twilio.messages.append(replace(twilio.messages[0], sid="SM" + "9" * 32))
        await look(runtime, sender, clock)
        assert statuses(runtime)[0] is DeliveryStatus.UNKNOWN
        await look(runtime, sender, clock, GIVE_UP_AFTER)
        assert statuses(runtime)[0] is DeliveryStatus.UNKNOWN
        assert [flag.reason for flag in rows(runtime, Flag)] == ["delivery_unknown"]

    async def test_the_same_words_sent_before_are_not_taken_for_it_by_another_process(
        self, runtime: Runtime, sender: Sender, twilio: TwilioStandin, clock: ShiftedClock
    ) -> None:
        same = "The same words"
        ids = [(await say(runtime, sender, same)) for _ in range(2)]
        await sender.idle()
        twilio.faults.script(Fault.RESET_BEFORE)
        ids.append(await say(runtime, sender, same))
        await sender.idle()
        heir = Sender(runtime.outbox, runtime.channels, runtime.clock.now, sweep_every_s=3600)
        await heir.start()
        await look(runtime, heir, clock, ABSENT_AFTER + timedelta(seconds=3))
        await heir.stop()
        assert len([message for message in twilio.to(PERSON) if message.body == same]) == len(ids)

    async def test_old_ones_keep_no_new_one_waiting(
        self, runtime: Runtime, sender: Sender, twilio: TwilioStandin, clock: ShiftedClock
    ) -> None:
        twilio.list_lag_s = 3600
        for number in range(3):
            twilio.faults.script(Fault.RESET_AFTER)
            sender.on_commit(await write(runtime, sender=f"+1604555030{number}"))
            await sender.idle()
        for row in rows(runtime, Outbox):
            if row.status is DeliveryStatus.UNKNOWN:
                await runtime.outbox.give_up(str(row.id))
        twilio.faults.script(Fault.RESET_AFTER)
        sender.on_commit(await write(runtime))
        await sender.idle()
        clock.shift += timedelta(seconds=3)
        (adopted,) = (await runtime.outbox.adopt("me", clock.now(), limit=1)).unknown
        assert adopted.message.to == PERSON

    async def test_telegram_cannot_be_asked_so_it_is_sent_again(
        self, runtime: Runtime, sender: Sender, telegram: TelegramStandin, clock: ShiftedClock
    ) -> None:
        telegram.faults.script(Fault.RESET_AFTER)
        sender.on_commit(await write_on_telegram(runtime, telegram))
        await sender.idle()
        await look(runtime, sender, clock)
        assert set(statuses(runtime)) == {DeliveryStatus.SENT}
        assert len(telegram.to(ANA)) == len(statuses(runtime)) + telegram.faults.ambiguous


class TestOptOut:
    async def test_twilios_21610_reaches_the_ledger(self, runtime: Runtime, sender: Sender, twilio: TwilioStandin) -> None:
        twilio.unsubscribed.add(PERSON)
        sender.on_commit(await write(runtime))
        await sender.idle()
        assert rows(runtime, ContactPoint)[0].opted_out_at is not None
        assert statuses(runtime)[0] is DeliveryStatus.FAILED

    async def test_telegrams_403_reaches_the_ledger(self, runtime: Runtime, sender: Sender, telegram: TelegramStandin) -> None:
        receipt = await write_on_telegram(runtime, telegram)
        telegram.person(ANA).blocked = True
        sender.on_commit(receipt)
        await sender.idle()
        assert rows(runtime, ContactPoint)[0].opted_out_at is not None

    async def test_what_waits_behind_it_is_held_back(self, runtime: Runtime, sender: Sender, twilio: TwilioStandin) -> None:
        first, second = await write(runtime), await write(runtime, "1")
        twilio.unsubscribed.add(PERSON)
        sender.on_commit(first)
        sender.on_commit(second)
        await sender.idle()
        assert twilio.messages == []
        assert statuses(runtime)[-1] is DeliveryStatus.SUPPRESSED


class TestWhatWasLeftBehind:
    async def test_messages_of_a_process_that_died_are_sent_by_the_next(
        self, runtime: Runtime, twilio: TwilioStandin, clock: ShiftedClock
    ) -> None:
        clock.shift = timedelta(minutes=-5)
        receipt = await write(runtime)  # and nobody sends
        clock.shift = timedelta()
        sender = Sender(runtime.outbox, runtime.channels, runtime.clock.now)
        await sender.start()
        await until(lambda: len(twilio.to(PERSON)) == len(receipt.outbound))
        await sender.stop()
        assert [message.body for message in twilio.to(PERSON)] == [message.content.text for message in receipt.outbound]

    @pytest.mark.parametrize("arrived", [True, False])
    async def test_one_that_was_being_sent_when_the_process_died_is_looked_up_first(
        self, runtime: Runtime, sender: Sender, twilio: TwilioStandin, sms: TwilioChannel, clock: ShiftedClock, arrived: bool
    ) -> None:
        receipt = await write(runtime)
        (claimed,) = await runtime.outbox.claim([receipt.outbound[0].id], "dead", 1)
        if arrived:
            await sms.send(claimed)
        clock.shift = timedelta(minutes=5)
        await sender.sweep()
        await sender.idle()
        assert set(statuses(runtime)) == {DeliveryStatus.SENT}
        assert len(twilio.messages) == len(receipt.outbound)

    async def test_stopping_finishes_what_was_handed_in(self, runtime: Runtime, twilio: TwilioStandin) -> None:
        sender = Sender(runtime.outbox, runtime.channels, runtime.clock.now)
        await sender.start()
        receipts = [await write(runtime, sender=f"+1604555020{n}") for n in range(5)]
        for receipt in receipts:
            sender.on_commit(receipt)
        await sender.stop()
        assert len(twilio.messages) == sum(len(receipt.outbound) for receipt in receipts)
        assert set(statuses(runtime)) == {DeliveryStatus.SENT}

    async def test_stopping_does_not_wait_for_a_refusal_to_end(self, runtime: Runtime, twilio: TwilioStandin) -> None:
        sender = Sender(runtime.outbox, runtime.channels, runtime.clock.now)
        await sender.start()
        twilio.faults.script(Fault.TOO_MANY)
        twilio.retry_after = 25
        sender.on_commit(await write(runtime))
        await until(lambda: twilio.faults.committed[Fault.TOO_MANY])
        async with asyncio.timeout(5):
            await sender.stop()
        assert statuses(runtime)[0] is DeliveryStatus.PENDING

    async def test_a_channel_that_is_off_keeps_its_messages(self, runtime: Runtime, twilio: TwilioStandin) -> None:
        sender = Sender(runtime.outbox, Channels(), runtime.clock.now, sweep_every_s=3600)
        await sender.start()
        sender.on_commit(await write(runtime))
        await sender.idle()
        await sender.stop()
        row = rows(runtime, Outbox)[0]
        assert (row.status, row.error_code) == (DeliveryStatus.PENDING, "channel_off")
