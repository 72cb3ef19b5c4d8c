"""While a human talks with the person, the bot is silent."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest

from ccmm_bot.clock import FixedClock
from ccmm_bot.conversation.receive import UnknownConversationError
from ccmm_bot.runtime import Runtime
from ccmm_bot.store.tables import Audit, Conversation, Flag, Inbound, Outbox, Response, Timer
from ccmm_bot.store.types import uuid7
from tests import new
from tests.conversation.support import Phone, rows, texts


@pytest.fixture
def staff_id(runtime: Runtime) -> str:
    """A case manager."""
    return str(new.staff(runtime.store, runtime.agency_id).staff_id)


async def test_a_human_writes_and_the_bot_keeps_silent_until_handed_back(phone: Phone, runtime: Runtime, staff_id: str) -> None:
    await phone.say("hello")
    receipt = await runtime.receiver.reply_as_human(phone.conversation_id, "Hello, this is Ana.", staff_id)
    assert texts(receipt) == ["Hello, this is Ana."]
    assert await phone.say("1") == []
    assert [message.text for message in rows(runtime, Inbound)] == ["hello", "1"]
    assert rows(runtime, Response) == []
    again = await runtime.receiver.resume(phone.conversation_id, staff_id)
    assert texts(again)[0].startswith("Red or blue?")
    assert await phone.say("1") == ["Tell us in your words.\n0 = skip"]


async def test_who_wrote_and_who_took_over_is_on_record(phone: Phone, runtime: Runtime, staff_id: str) -> None:
    await phone.say("hello")
    await runtime.receiver.take_over(phone.conversation_id, staff_id)
    await runtime.receiver.reply_as_human(phone.conversation_id, "Hello.", staff_id)
    assert rows(runtime, Outbox)[-1].written_by == UUID(staff_id)
    entries = [(entry.action, entry.actor_id) for entry in rows(runtime, Audit)][1:]
    assert entries == [("conversation.taken_over", UUID(staff_id)), ("message.written", UUID(staff_id))]
    assert rows(runtime, Conversation)[0].human_since == runtime.clock.now()


async def test_stop_is_heard_while_a_human_talks(phone: Phone, runtime: Runtime, staff_id: str) -> None:
    await phone.say("hello")
    await runtime.receiver.take_over(phone.conversation_id, staff_id)
    assert await phone.say("stop") == ["No more messages."]
    receipt = await runtime.receiver.reply_as_human(phone.conversation_id, "One more thing", staff_id)
    assert (receipt.outbound, receipt.rejected) == ((), "opted_out")


async def test_reminders_wait_while_a_human_talks(phone: Phone, runtime: Runtime, staff_id: str, clock: FixedClock) -> None:
    await phone.say("hello")
    await runtime.receiver.take_over(phone.conversation_id, staff_id)
    clock.set(clock.now() + timedelta(days=1))
    (due,) = await runtime.timers.due(clock.now())
    assert (await runtime.receiver.fire(due)).rejected == "put_off"
    assert await runtime.timers.due(clock.now()) == []
    assert min(timer.due_at for timer in rows(runtime, Timer)) == clock.now() + timedelta(days=1)


async def test_a_conversation_that_does_not_exist_is_said_to(runtime: Runtime, staff_id: str) -> None:
    with pytest.raises(UnknownConversationError):
        await runtime.receiver.reply_as_human(str(uuid7()), "Hello?", staff_id)


async def test_asking_for_a_human_raises_one_flag(phone: Phone, runtime: Runtime) -> None:
    await phone.say("hello", "human", "human")
    (flag,) = rows(runtime, Flag)
    assert (flag.reason, flag.occurrences) == ("asked_for_human", 2)
