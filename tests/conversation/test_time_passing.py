"""Reminders, time-outs, and what we start ourselves."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from ccmm_bot.clock import FixedClock
from ccmm_bot.dialogue.model import Outcome
from ccmm_bot.messages import DeliveryStatus, Sent
from ccmm_bot.runtime import Runtime
from ccmm_bot.store.tables import (
    Case,
    Consent,
    ContactPoint,
    ContactSafety,
    Conversation,
    DialogueRun,
    Flag,
    FollowUp,
    FollowUpStatus,
    Outbox,
    Purpose,
    Timer,
    TimerState,
)
from ccmm_bot.store.types import uuid7
from tests.conversation.support import Phone, claim, rows, texts

#: 23:00 on the Monday in British Columbia.
NIGHT = datetime(2026, 11, 24, 6, 0, tzinfo=UTC)
TUESDAY_NINE = datetime(2026, 11, 24, 16, 0, tzinfo=UTC)


async def test_a_reminder_fires_once_and_does_not_repeat_the_question(phone: Phone, runtime: Runtime, clock: FixedClock) -> None:
    await phone.say("hello")
    assert await runtime.timers.due(clock.now()) == []
    clock.set(clock.now() + timedelta(days=1))
    (due,) = await runtime.timers.due(clock.now())
    receipt = await runtime.receiver.fire(due)
    (answer,) = texts(receipt)
    assert answer == "We are still here. You can answer when you like."
    assert "Red or blue?" in (await phone.say("which?"))[-1]
    again = await runtime.receiver.fire(due)
    assert (again.duplicate, again.outbound) == (True, ())
    assert await runtime.timers.due(clock.now()) == []


async def test_a_time_out_ends_the_run_and_flags_as_the_dialogue_says(phone: Phone, runtime: Runtime, clock: FixedClock) -> None:
    await phone.say("hello")
    clock.set(clock.now() + timedelta(days=7))
    fired = [await runtime.receiver.fire(timer) for timer in await runtime.timers.due(clock.now())]
    assert texts(fired[-1]) == ["We go now."]
    assert [run.outcome for run in rows(runtime, DialogueRun)] == [Outcome.PARTIAL]
    assert [flag.reason for flag in rows(runtime, Flag)] == ["silent"]
    assert TimerState.PENDING not in {timer.status for timer in rows(runtime, Timer)}


async def test_a_timer_of_an_answered_question_does_nothing(phone: Phone, runtime: Runtime, clock: FixedClock) -> None:
    await phone.say("hello")
    clock.set(clock.now() + timedelta(days=1))
    (due,) = await runtime.timers.due(clock.now())
    await phone.say("1")
    assert (await runtime.receiver.fire(due)).outbound == ()
    assert (await runtime.receiver.fire(str(uuid7()))).rejected == "unknown_timer"


async def test_a_timer_due_at_night_waits_for_the_morning(phone: Phone, runtime: Runtime, clock: FixedClock) -> None:
    clock.set(NIGHT - timedelta(days=1))
    await phone.say("hello")
    clock.set(NIGHT)
    (due,) = await runtime.timers.due(clock.now())
    assert (await runtime.receiver.fire(due)).rejected == "put_off"
    assert await runtime.timers.due(clock.now()) == []
    clock.set(TUESDAY_NINE)
    assert await runtime.timers.due(clock.now()) == [due]
    assert texts(await runtime.receiver.fire(due)) != []


async def test_an_answer_to_somebody_who_writes_at_night_is_sent_at_night(
    phone: Phone, runtime: Runtime, clock: FixedClock
) -> None:
    clock.set(NIGHT)
    await phone.say("hello")
    assert len(await claim(runtime, phone.receipts[-1].outbound)) == 1


async def test_what_we_start_at_night_is_sent_in_the_morning(phone: Phone, runtime: Runtime, clock: FixedClock) -> None:
    await phone.say("hello", "1", "words", "1", "1")
    for receipt in phone.receipts:
        for message in await claim(runtime, receipt.outbound):
            await runtime.outbox.mark(message.id, Sent(provider_message_id=message.id))
    clock.set(NIGHT)
    receipt = await runtime.receiver.begin(phone.conversation_id, "check_in", {})
    assert (receipt.outbound, receipt.rejected) == ((), None)
    assert await runtime.outbox.next_for(phone.conversation_id) == ()
    clock.set(TUESDAY_NINE)
    (ready,) = await runtime.outbox.next_for(phone.conversation_id)
    (message,) = await runtime.outbox.claim([ready], "test", 60)
    assert message.content.text.startswith("Hello, a message from Harbour.")


async def test_what_we_start_belongs_to_its_follow_up_and_moves_it(phone: Phone, runtime: Runtime) -> None:
    await phone.say("hello", "1", "words", "1", "1")
    (conversation,) = rows(runtime, Conversation)
    case = Case(agency_id=runtime.agency_id, person_id=conversation.person_id, opened_at=runtime.clock.now())
    follow_up = FollowUp(
        agency_id=runtime.agency_id, case_id=case.id, person_id=conversation.person_id, kind="check_in", due_at=runtime.clock.now()
    )
    with runtime.store.writing(runtime.agency_id) as session:
        session.add(case)
        session.flush()
        session.add(follow_up)
    receipt = await runtime.receiver.begin(str(conversation.id), "check_in", {}, follow_up_id=str(follow_up.id))
    assert len(receipt.outbound) == 1
    assert rows(runtime, Outbox)[-1].purpose is Purpose.UNPROMPTED
    assert rows(runtime, DialogueRun)[-1].follow_up_id == follow_up.id
    assert await phone.say("yes") == ["Thank you."]
    assert rows(runtime, FollowUp)[0].status is FollowUpStatus.ANSWERED


async def test_nothing_begins_while_something_runs(phone: Phone, runtime: Runtime) -> None:
    await phone.say("hello")
    assert (await runtime.receiver.begin(phone.conversation_id, "check_in", {})).rejected == "busy"
    await phone.say("stop")
    assert (await runtime.receiver.begin(phone.conversation_id, "check_in", {})).rejected == "opted_out"


@pytest.mark.parametrize(("refused", "safety", "code"), [(True, "unknown", "no_consent"), (False, "never", "not_safe")])
async def test_what_we_start_is_held_back_where_it_is_not_wanted_or_not_safe(
    phone: Phone, runtime: Runtime, refused: bool, safety: str, code: str
) -> None:
    await phone.say("hello", "1", "words", "1", "1")
    for receipt in phone.receipts:
        await claim(runtime, receipt.outbound)
    with runtime.store.installation(write=True) as session:
        contact = session.get_one(ContactPoint, rows(runtime, ContactPoint)[0].id)
        contact.safety = ContactSafety(safety)
        if refused:
            person = rows(runtime, Conversation)[0].person_id
            now = runtime.clock.now()
            session.add(Consent(agency_id=runtime.agency_id, person_id=person, kind="contact", given=False, at=now))
        for message in rows(runtime, Outbox):
            session.get_one(Outbox, message.id).status = DeliveryStatus.SENT
    receipt = await runtime.receiver.begin(phone.conversation_id, "check_in", {})
    assert await claim(runtime, receipt.outbound) == []
    held = rows(runtime, Outbox)[-1]
    assert (held.status, held.error_code) == (DeliveryStatus.SUPPRESSED, code)
