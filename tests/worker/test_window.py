"""WhatsApp's 24-hour window: outside it only what an approved template says goes out, and nothing is lost meanwhile."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from itertools import count

import pytest

from ccmm_bot.channels.twilio.send import TwilioChannel
from ccmm_bot.channels.twilio.templates import hash_of
from ccmm_bot.conversation.receive import Receipt
from ccmm_bot.conversation.templates import drafts
from ccmm_bot.dialogue import taps
from ccmm_bot.messages import ChannelKind, ContentKind, DeliveryStatus, InboundMessage, TemplateText
from ccmm_bot.runtime import Runtime
from ccmm_bot.store.tables import Conversation, Flag, Outbox, Purpose
from ccmm_bot.store.template_rows import TemplateRows
from ccmm_bot.worker.sender import Sender
from tests.conversation.support import rows
from tests.standins.fixtures import WHATSAPP_FROM
from tests.standins.twilio_api import TwilioStandin
from tests.worker.conftest import ShiftedClock, noon

PERSON = "+16045550111"
_numbers = count(1)


@pytest.fixture
def clock() -> ShiftedClock:
    return noon()


@pytest.fixture
async def sender(runtime: Runtime) -> AsyncIterator[Sender]:
    sender = Sender(runtime.outbox, runtime.channels, runtime.clock.now, sweep_every_s=3600)
    await sender.start()
    runtime.receiver.on_commit = sender.on_commit
    yield sender
    await sender.stop()


async def write(runtime: Runtime, sender: Sender, text: str = "hello", payload: str | None = None) -> Receipt:
    kind = ContentKind.TEXT if payload is None else ContentKind.TAP
    message = InboundMessage(
        channel=ChannelKind.WHATSAPP,
        account=WHATSAPP_FROM,
        provider_message_id=f"wa-{next(_numbers)}",
        sender=PERSON,
        received_at=runtime.clock.now(),
        text=text,
        payload=payload,
        kind=kind,
    )
    receipt = await runtime.receiver.receive(message)
    await sender.idle()
    return receipt


async def approve(runtime: Runtime, twilio: TwilioStandin, whatsapp: TwilioChannel, *texts: TemplateText) -> None:
    """What `channel templates submit` and `status` do, with approvers who say yes."""
    wanted = texts or [draft.text for draft in drafts(runtime.machine, runtime.loaded.dialogues, runtime.catalogues)]
    kept = TemplateRows(runtime.store, ChannelKind.WHATSAPP, WHATSAPP_FROM)
    for text in wanted:
        sid = await whatsapp.templates.make(text)
        key = kept.add(text, hash_=hash_of(text), sid=sid, now=runtime.clock.now())
        assert (await whatsapp.templates.submit(sid, text)).status == "received"
        twilio.contents.approve()
        approval = await whatsapp.templates.status(sid)
        kept.note(key, status=approval.status, reason=approval.reason, now=runtime.clock.now())


async def days_later(runtime: Runtime, sender: Sender, clock: ShiftedClock, twilio: TwilioStandin) -> str:
    """She has written, and days go by. Her conversation."""
    receipt = await write(runtime, sender)
    clock.shift += timedelta(days=2)
    twilio.closed.add(f"whatsapp:{PERSON}")
    return receipt.conversation_id


async def reply(runtime: Runtime, sender: Sender, conversation: str, text: str) -> None:
    """A human writes to her."""
    from tests.worker.test_sender import staff  # the same agency, the same somebody

    await runtime.receiver.reply_as_human(conversation, text, str(staff(runtime)))
    await sender.idle()


def last(runtime: Runtime) -> Outbox:
    return max(rows(runtime, Outbox), key=lambda row: row.seq)


async def test_inside_the_window_nothing_needs_a_template(runtime: Runtime, sender: Sender, twilio: TwilioStandin) -> None:
    await write(runtime, sender)
    assert twilio.to(f"whatsapp:{PERSON}")
    assert {row.status for row in rows(runtime, Outbox)} == {DeliveryStatus.SENT}


async def test_what_an_approved_template_says_goes_out_as_that_template(
    runtime: Runtime, sender: Sender, twilio: TwilioStandin, whatsapp: TwilioChannel, clock: ShiftedClock
) -> None:
    text = TemplateText(
        name="appointment", language="en", locale="en_CA", body="Your appointment with {{1}} is tomorrow.", slots=("initials",)
    )
    await approve(runtime, twilio, whatsapp, text)
    conversation = await days_later(runtime, sender, clock, twilio)
    await reply(runtime, sender, conversation, "Your appointment with A. B. is tomorrow.")
    sent = twilio.to(f"whatsapp:{PERSON}")[-1]
    assert sent.body == "Your appointment with A. B. is tomorrow."
    assert json.loads(sent.form["ContentVariables"]) == {"1": "A. B."}
    assert "Body" not in sent.form
    assert last(runtime).status is DeliveryStatus.SENT


async def test_anything_else_waits_behind_a_knock_and_goes_out_as_soon_as_she_writes(
    runtime: Runtime, sender: Sender, twilio: TwilioStandin, whatsapp: TwilioChannel, clock: ShiftedClock
) -> None:
    await approve(runtime, twilio, whatsapp)
    conversation = await days_later(runtime, sender, clock, twilio)
    before = len(twilio.messages)
    for text in ("First of two.", "Second of two."):
        await reply(runtime, sender, conversation, text)
    (knock,) = twilio.messages[before:]
    assert knock.body == "Hello from Harbour. There is a message for you. Press the button to read it."
    ((_, payload),) = twilio.contents.buttons(knock.form["ContentSid"], json.loads(knock.form["ContentVariables"]))
    assert payload == taps.SHOW
    assert [row.status for row in rows(runtime, Outbox) if row.status is DeliveryStatus.HELD] == [DeliveryStatus.HELD] * 2
    twilio.closed.clear()
    await runtime.receiver.resume(conversation, str(rows(runtime, Outbox)[-1].written_by or rows(runtime, Outbox)[-2].written_by))
    await write(runtime, sender, "Read the message", payload)
    said = [message.body for message in twilio.messages[before + 1 :]]
    assert said[:2] == ["First of two.", "Second of two."]
    assert not [row for row in rows(runtime, Outbox) if row.status is DeliveryStatus.HELD]


async def test_a_question_that_waited_is_asked_once(
    runtime: Runtime, sender: Sender, twilio: TwilioStandin, whatsapp: TwilioChannel, clock: ShiftedClock
) -> None:
    await approve(runtime, twilio, whatsapp)
    conversation = await days_later(runtime, sender, clock, twilio)
    from tests.worker.test_sender import staff

    await runtime.receiver.resume(conversation, str(staff(runtime)))  # the open question again
    await sender.idle()
    assert [row.status for row in rows(runtime, Outbox)].count(DeliveryStatus.HELD) == 1
    before = len(twilio.messages)
    twilio.closed.clear()
    await write(runtime, sender, "Read the message", taps.SHOW)
    assert len(twilio.messages) == before + 1
    assert [row.error_code for row in rows(runtime, Outbox) if row.status is DeliveryStatus.SUPPRESSED] == ["superseded"]


async def test_without_any_approved_template_it_is_held_back_for_good_and_staff_see_it(
    runtime: Runtime, sender: Sender, twilio: TwilioStandin, clock: ShiftedClock
) -> None:
    conversation = await days_later(runtime, sender, clock, twilio)
    before = len(twilio.messages)
    await reply(runtime, sender, conversation, "Are you there?")
    assert len(twilio.messages) == before
    assert (last(runtime).status, last(runtime).error_code) == (DeliveryStatus.SUPPRESSED, "no_template")
    assert [flag.reason for flag in rows(runtime, Flag)] == ["message_not_sent"]


async def test_no_more_than_one_knock_a_day(
    runtime: Runtime, sender: Sender, twilio: TwilioStandin, whatsapp: TwilioChannel, clock: ShiftedClock
) -> None:
    await approve(runtime, twilio, whatsapp)
    conversation = await days_later(runtime, sender, clock, twilio)
    for number in range(5):
        await reply(runtime, sender, conversation, f"Message {number}.")
    assert [row.purpose for row in rows(runtime, Outbox)].count(Purpose.KNOCK) == 1
    clock.shift += timedelta(days=1)
    await reply(runtime, sender, conversation, "Another one.")
    assert [row.purpose for row in rows(runtime, Outbox)].count(Purpose.KNOCK) == 2


async def test_what_nobody_came_for_is_given_up_and_shown(
    runtime: Runtime, sender: Sender, twilio: TwilioStandin, whatsapp: TwilioChannel, clock: ShiftedClock
) -> None:
    await approve(runtime, twilio, whatsapp)
    conversation = await days_later(runtime, sender, clock, twilio)
    await reply(runtime, sender, conversation, "Are you there?")
    clock.shift += timedelta(days=15)
    await sender.sweep()
    assert [row.error_code for row in rows(runtime, Outbox) if row.status is DeliveryStatus.SUPPRESSED] == ["window_closed"]
    assert [flag.reason for flag in rows(runtime, Flag)] == ["message_not_sent"]


async def test_a_window_that_closed_sooner_than_we_thought_is_no_failure(
    runtime: Runtime, sender: Sender, twilio: TwilioStandin, whatsapp: TwilioChannel
) -> None:
    await approve(runtime, twilio, whatsapp)
    twilio.closed.add(f"whatsapp:{PERSON}")
    await write(runtime, sender)
    await sender.idle()
    assert DeliveryStatus.HELD in {row.status for row in rows(runtime, Outbox)}
    assert [row.purpose for row in rows(runtime, Outbox) if row.status is DeliveryStatus.SENT] == [Purpose.KNOCK]


async def test_the_knock_is_in_the_second_language_where_the_first_has_no_template(
    runtime: Runtime, sender: Sender, twilio: TwilioStandin, whatsapp: TwilioChannel, clock: ShiftedClock
) -> None:
    french = TemplateText(
        name="knock",
        language="fr",
        locale="fr_CA",
        body="Un message de {{1}} pour vous.",
        slots=("service_name",),
        buttons=("Lire",),
    )
    await approve(runtime, twilio, whatsapp, french, replace(french, language="en", locale="en_CA", body="From {{1}}: a message."))
    conversation = await days_later(runtime, sender, clock, twilio)
    from ccmm_bot.store.tables import Person

    with runtime.store.writing(runtime.agency_id) as session:
        talk = session.get(Conversation, rows(runtime, Conversation)[0].id)
        person = session.get(Person, rows(runtime, Person)[0].id)
        assert talk is not None
        assert person is not None
        talk.language, person.language, person.second_language = "ti", "ti", "fr"
        session.add_all([talk, person])
    await reply(runtime, sender, conversation, "Are you there?")
    assert twilio.messages[-1].body == "Un message de Harbour pour vous."
