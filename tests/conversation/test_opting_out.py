"""STOP is honoured at once, by whoever hears it first; only START is heard after it."""

from __future__ import annotations

from datetime import timedelta

from ccmm_bot.clock import FixedClock
from ccmm_bot.dialogue.session import Status
from ccmm_bot.messages import ContentKind, DeliveryStatus, OptOutKind, RefusedFinal, StatusUpdate
from ccmm_bot.runtime import Runtime
from ccmm_bot.store.tables import Audit, ContactPoint, Conversation, DialogueRun, Inbound, Outbox, Purpose
from tests.conversation.support import Phone, claim, rows


async def test_stop_is_confirmed_once_and_then_there_is_silence(phone: Phone, runtime: Runtime) -> None:
    assert await phone.say("hello", "STOP") == ["No more messages."]
    assert await phone.say("are you there?") == []
    assert await phone.send_kind(ContentKind.VOICE) == []
    (contact,) = rows(runtime, ContactPoint)
    assert contact.opted_out_at == runtime.clock.now()
    assert len(rows(runtime, Inbound)) == 4
    assert "contact.opted_out" in [entry.action for entry in rows(runtime, Audit)]


async def test_the_confirmation_of_a_stop_is_sent_although_the_person_is_opted_out(phone: Phone, runtime: Runtime) -> None:
    await phone.say("hello", "STOP")
    await claim(runtime, phone.receipts[0].outbound)
    assert rows(runtime, Outbox)[-1].purpose is Purpose.CONFIRMATION
    await runtime.outbox.mark(phone.receipts[0].outbound[0].id, RefusedFinal(code="x", reason="gone"))
    assert [message.content.text for message in await claim(runtime, phone.receipts[-1].outbound)] == ["No more messages."]


async def test_stop_as_the_very_first_message_opts_out(phone: Phone, runtime: Runtime) -> None:
    assert await phone.say("stop") == ["No more messages."]
    assert rows(runtime, ContactPoint)[0].opted_out_at is not None


async def test_start_opts_in_again_and_goes_on(phone: Phone, runtime: Runtime) -> None:
    answers = await phone.say("hello", "stop", "START")
    assert answers[0] == "Welcome back."
    assert answers[1].startswith("Red or blue?")
    assert rows(runtime, ContactPoint)[0].opted_out_at is None


async def test_a_stop_the_provider_has_answered_changes_our_state_and_we_say_nothing(phone: Phone, runtime: Runtime) -> None:
    await phone.say("hello")
    assert await phone.provider_says(OptOutKind.STOP, "STOP") == []
    assert rows(runtime, ContactPoint)[0].opted_out_at is not None
    assert rows(runtime, Conversation)[0].status is Status.STOPPED
    assert [run.outcome for run in rows(runtime, DialogueRun) if run.dialogue_id == "hello"] == ["partial"]


async def test_a_start_the_provider_has_answered_opts_in_and_puts_only_the_question(phone: Phone, runtime: Runtime) -> None:
    await phone.say("hello", "stop")
    (question,) = await phone.provider_says(OptOutKind.START, "START")
    assert question.startswith("Red or blue?")
    assert rows(runtime, ContactPoint)[0].opted_out_at is None


async def test_a_help_the_provider_has_answered_changes_nothing(phone: Phone, runtime: Runtime) -> None:
    await phone.say("hello")
    assert await phone.provider_says(OptOutKind.HELP, "HELP") == []
    assert rows(runtime, Conversation)[0].status is Status.WAITING


async def test_an_opt_out_learnt_while_sending_silences_the_conversation(phone: Phone, runtime: Runtime) -> None:
    await phone.say("hello")
    (message,) = await claim(runtime, phone.receipts[-1].outbound)
    await runtime.outbox.mark(message.id, RefusedFinal(code="21610", reason="unsubscribed", opted_out=True))
    assert rows(runtime, ContactPoint)[0].opted_out_at is not None
    assert await phone.say("1") == []
    assert rows(runtime, Conversation)[0].status is Status.STOPPED
    assert (await phone.say("START"))[0] == "Welcome back."


async def test_an_opt_out_in_a_receipt_is_learnt_as_well(phone: Phone, runtime: Runtime) -> None:
    await phone.say("hello")
    (message,) = phone.receipts[-1].outbound
    update = StatusUpdate(
        channel=message.channel,
        account=message.account,
        provider_message_id="SM1",
        status=DeliveryStatus.FAILED,
        at=runtime.clock.now(),
        error_code="21610",
        outbox_id=message.id,
        opted_out=True,
    )
    assert await runtime.receiver.status(update)
    assert rows(runtime, ContactPoint)[0].opted_out_at is not None


async def test_what_was_waiting_to_be_sent_is_suppressed_at_the_last_moment(
    phone: Phone, runtime: Runtime, clock: FixedClock
) -> None:
    await phone.say("hello")
    waiting = phone.receipts[-1].outbound
    await phone.provider_says(OptOutKind.STOP, "STOP")
    clock.set(clock.now() + timedelta(seconds=1))
    assert await claim(runtime, waiting) == []
    (message,) = rows(runtime, Outbox)
    assert (message.status, message.error_code) == (DeliveryStatus.SUPPRESSED, "opted_out")
