"""What a receipt that says "failed" sets in motion."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import pytest

from ccmm_bot.channels.twilio.fields import parse_form
from ccmm_bot.channels.twilio.status import parse_status
from ccmm_bot.messages import DeliveryStatus
from ccmm_bot.runtime import Runtime
from ccmm_bot.store.tables import ContactPoint, Flag, Outbox
from ccmm_bot.worker.sender import Sender
from tests.conversation.support import rows
from tests.standins.fixtures import twilio_account
from tests.standins.twilio_api import TwilioStandin
from tests.standins.twilio_webhooks import TwilioCaller
from tests.worker.conftest import ShiftedClock
from tests.worker.test_sender import PERSON, sender, write

__all__ = ["sender"]


async def failed(runtime: Runtime, sender: Sender, twilio: TwilioStandin, caller: TwilioCaller, code: int, times: int = 1) -> None:
    """Somebody was answered, and the last message comes back as failed."""
    if not twilio.messages:
        sender.on_commit(await write(runtime))
        await sender.idle()
    message = twilio.messages[-1]
    for _ in range(times):
        call = caller.receipt(message.form["StatusCallback"], sid=message.sid, to=message.to, status="undelivered", error=code)
        query = call.url.partition("?")[2]
        update = parse_status(parse_form(call.body), twilio_account(""), query=query, received_at=runtime.clock.now())
        assert update is not None
        assert await runtime.receiver.status(update)


def reasons(runtime: Runtime) -> Sequence[tuple[str, int]]:
    return [(flag.reason, flag.occurrences) for flag in rows(runtime, Flag)]


@pytest.mark.parametrize("code", [30004, 30005, 30006, 30008])
async def test_one_that_did_not_arrive_is_shown_to_staff_once(
    runtime: Runtime, sender: Sender, twilio: TwilioStandin, caller: TwilioCaller, code: int
) -> None:
    await failed(runtime, sender, twilio, caller, code, times=3)
    assert reasons(runtime) == [("message_not_sent", 1)]


@pytest.mark.parametrize("code", [21408, 30007, 63013, 63021, 63027])
async def test_a_fault_of_our_own_set_up_raises_an_alarm(
    runtime: Runtime, sender: Sender, twilio: TwilioStandin, caller: TwilioCaller, code: int
) -> None:
    await failed(runtime, sender, twilio, caller, code)
    assert reasons(runtime) == [("channel_setup", 1)]
    assert rows(runtime, Flag)[0].severity == "high"


@pytest.mark.parametrize("code", [21610, 63014])
async def test_who_unsubscribed_is_opted_out_and_no_alarm(
    runtime: Runtime, sender: Sender, twilio: TwilioStandin, caller: TwilioCaller, code: int
) -> None:
    await failed(runtime, sender, twilio, caller, code)
    assert rows(runtime, ContactPoint)[0].opted_out_at is not None
    assert reasons(runtime) == []


async def test_what_failed_for_a_reason_that_passes_is_sent_once_more_as_another_message(
    runtime: Runtime, sender: Sender, twilio: TwilioStandin, caller: TwilioCaller, clock: ShiftedClock
) -> None:
    await failed(runtime, sender, twilio, caller, 30003, times=2)
    again = max(rows(runtime, Outbox), key=lambda row: row.seq)
    assert (again.status, reasons(runtime)) == (DeliveryStatus.PENDING, [])
    before = len(twilio.to(PERSON))
    clock.shift += timedelta(minutes=20)
    await sender.sweep()
    await sender.idle()
    assert len(twilio.to(PERSON)) == before + 1
    assert twilio.to(PERSON)[-1].body == twilio.to(PERSON)[-2].body


async def test_not_when_the_person_has_written_since(
    runtime: Runtime, sender: Sender, twilio: TwilioStandin, caller: TwilioCaller, clock: ShiftedClock
) -> None:
    sender.on_commit(await write(runtime))
    await sender.idle()
    clock.shift += timedelta(minutes=1)
    await write(runtime, "1")
    await failed(runtime, sender, twilio, caller, 30003)
    assert reasons(runtime) == [("message_not_sent", 1)]


async def test_a_receipt_speaks_of_its_own_senders_messages_only(
    runtime: Runtime, sender: Sender, twilio: TwilioStandin, caller: TwilioCaller
) -> None:
    sender.on_commit(await write(runtime))
    await sender.idle()
    message = twilio.messages[-1]
    call = caller.receipt(
        message.form["StatusCallback"], sid=message.sid, to=f"whatsapp:{message.to}", status="failed", error=30007
    )
    query = call.url.partition("?")[2]
    update = parse_status(parse_form(call.body), twilio_account(""), query=query, received_at=runtime.clock.now())
    assert update is not None
    assert not await runtime.receiver.status(update), "signed by the same account, but another of its senders"
    assert {row.status for row in rows(runtime, Outbox)} == {DeliveryStatus.SENT}
