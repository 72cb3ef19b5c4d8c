"""Sending SMS and WhatsApp: each outcome, against the stand-in, with the real library."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime, timedelta

import pytest

from ccmm_bot.channels.twilio.account import TwilioAccount
from ccmm_bot.channels.twilio.send import TwilioChannel
from ccmm_bot.messages import ChannelKind, Content, Layout, RefusedFinal, RefusedRetry, Sent, Unknown
from tests.channels.support import buttons, message, picker, quick_replies
from tests.standins.faults import Fault
from tests.standins.fixtures import ACCOUNT_SID, AUTH_TOKEN, PUBLIC, SMS_FROM, twilio_account
from tests.standins.server import free_port_url
from tests.standins.twilio_api import TwilioStandin

PERSON = "+16045550111"


async def test_an_sms_arrives_with_its_text_and_tells_us_its_sid(twilio: TwilioStandin, sms: TwilioChannel) -> None:
    ours = message(PERSON, "ሰላም")
    outcome = await sms.send(ours)
    [there] = twilio.to(PERSON)
    assert outcome == Sent(provider_message_id=there.sid)
    assert (there.body, there.form["From"]) == ("ሰላም", SMS_FROM)


async def test_the_receipts_address_carries_our_own_id(twilio: TwilioStandin, sms: TwilioChannel) -> None:
    ours = message(PERSON)
    await sms.send(ours)
    assert twilio.messages[0].form["StatusCallback"] == f"{PUBLIC}/webhooks/twilio/status/{ACCOUNT_SID}?outbox={ours.id}"


async def test_a_messaging_service_sends_in_place_of_a_number(twilio: TwilioStandin) -> None:
    service = "MG" + "a" * 32
    account = TwilioAccount(account_sid=ACCOUNT_SID, auth_token=AUTH_TOKEN, sms_from=service, api_base_url=twilio.url)
    channel = TwilioChannel(account, ChannelKind.SMS)
    assert isinstance(await channel.send(message(PERSON, account=service)), Sent)
    assert twilio.messages[0].form.get("MessagingServiceSid") == service
    assert "From" not in twilio.messages[0].form
    assert "StatusCallback" not in twilio.messages[0].form  # without a public address no receipt could reach us
    await channel.aclose()


@pytest.mark.parametrize("code", [21211, 21614, 21408])
async def test_a_definite_refusal_is_final(twilio: TwilioStandin, sms: TwilioChannel, code: int) -> None:
    twilio.unreachable[PERSON] = code
    outcome = await sms.send(message(PERSON))
    assert isinstance(outcome, RefusedFinal)
    assert (outcome.code, outcome.opted_out) == (str(code), False)


async def test_somebody_who_texted_stop_is_opted_out(twilio: TwilioStandin, sms: TwilioChannel) -> None:
    twilio.unsubscribed.add(PERSON)
    outcome = await sms.send(message(PERSON))
    assert isinstance(outcome, RefusedFinal)
    assert outcome.opted_out


async def test_too_many_requests_wait_as_long_as_twilio_says(twilio: TwilioStandin, sms: TwilioChannel) -> None:
    twilio.faults.script(Fault.TOO_MANY)
    twilio.retry_after = 9
    assert await sms.send(message(PERSON)) == RefusedRetry(code="20429", reason="not now", delay_s=9.0)


async def test_without_a_connection_it_is_certain_that_nothing_was_sent() -> None:
    channel = TwilioChannel(twilio_account(free_port_url()), ChannelKind.SMS)
    assert isinstance(await channel.send(message(PERSON)), RefusedRetry)
    await channel.aclose()


@pytest.mark.parametrize(
    "fault", [Fault.TIMEOUT_BEFORE, Fault.TIMEOUT_AFTER, Fault.RESET_BEFORE, Fault.RESET_AFTER, Fault.SERVER_ERROR]
)
async def test_once_the_request_has_left_silence_is_an_unknown_outcome(
    twilio: TwilioStandin, sms: TwilioChannel, fault: Fault
) -> None:
    twilio.faults.script(fault)
    outcome = await sms.send(message(PERSON))
    assert isinstance(outcome, Unknown)
    assert PERSON not in outcome.reason


class TestLookingForAMessage:
    async def test_one_that_was_taken_is_found(self, twilio: TwilioStandin, sms: TwilioChannel) -> None:
        begin = datetime.now(UTC)
        ours = message(PERSON, "lost answer")
        twilio.faults.script(Fault.RESET_AFTER)
        await sms.send(ours)
        assert await sms.find(ours, since=begin) == (twilio.messages[0].sid,)

    async def test_one_that_was_not_taken_is_not(self, twilio: TwilioStandin, sms: TwilioChannel) -> None:
        ours = message(PERSON, "lost")
        twilio.faults.script(Fault.RESET_BEFORE)
        await sms.send(ours)
        assert await sms.find(ours, since=datetime.now(UTC) - timedelta(minutes=1)) == ()

    async def test_older_ones_and_other_texts_are_not_it(self, twilio: TwilioStandin, sms: TwilioChannel) -> None:
        await sms.send(message(PERSON, "same"))
        twilio.messages[0].made -= 60
        await sms.send(message(PERSON, "different"))
        assert await sms.find(message(PERSON, "same"), since=datetime.now(UTC) - timedelta(seconds=10)) == ()


class TestWhatsApp:
    async def test_text_goes_as_text(self, twilio: TwilioStandin, whatsapp: TwilioChannel) -> None:
        await whatsapp.send(message(PERSON, kind=ChannelKind.WHATSAPP))
        assert twilio.messages[0].form["From"].startswith("whatsapp:+")
        assert twilio.messages[0].form["To"] == f"whatsapp:{PERSON}"

    async def test_somebody_without_a_number_is_reached_by_their_id(self, twilio: TwilioStandin, whatsapp: TwilioChannel) -> None:
        assert isinstance(await whatsapp.send(message("CA.13491208655302741918", kind=ChannelKind.WHATSAPP)), Sent)

    @pytest.mark.parametrize("content", [quick_replies(), picker()])
    async def test_buttons_go_as_content_with_the_payloads_behind_them(
        self, twilio: TwilioStandin, whatsapp: TwilioChannel, content: Content
    ) -> None:
        assert isinstance(await whatsapp.send(message(PERSON, kind=ChannelKind.WHATSAPP, content=content)), Sent)
        form = twilio.messages[0].form
        shown = twilio.contents.buttons(form["ContentSid"], json.loads(form["ContentVariables"]))
        assert shown == [(button.label, button.payload) for button in content.buttons]
        assert twilio.messages[0].body == content.text
        assert "Body" not in form

    async def test_the_same_question_asked_again_is_the_same_content(self, twilio: TwilioStandin, whatsapp: TwilioChannel) -> None:
        for wait in (1, 7, 12):
            await whatsapp.send(message(PERSON, kind=ChannelKind.WHATSAPP, content=quick_replies(wait=wait)))
        assert len(twilio.contents.made) == 1
        assert [json.loads(each.form["ContentVariables"])["1"] for each in twilio.messages] == [
            "w1.choice1",
            "w7.choice1",
            "w12.choice1",
        ]

    async def test_content_made_by_another_process_is_found(self, twilio: TwilioStandin, whatsapp: TwilioChannel) -> None:
        await whatsapp.send(message(PERSON, kind=ChannelKind.WHATSAPP, content=picker()))
        other = TwilioChannel(twilio_account(twilio.url), ChannelKind.WHATSAPP)
        await other.send(message(PERSON, kind=ChannelKind.WHATSAPP, content=picker()))
        await other.aclose()
        assert len(twilio.contents.made) == 1

    async def test_many_at_once_make_it_once(self, twilio: TwilioStandin, whatsapp: TwilioChannel) -> None:
        ours = [message(PERSON, kind=ChannelKind.WHATSAPP, content=picker()) for _ in range(8)]
        assert all(isinstance(outcome, Sent) for outcome in await asyncio.gather(*map(whatsapp.send, ours)))
        assert len(twilio.contents.made) == 1

    async def test_buttons_twilio_will_not_have_become_numbers(self, twilio: TwilioStandin, whatsapp: TwilioChannel) -> None:
        content = Content(text="Choose", layout=Layout.BUTTONS, buttons=buttons("A label far too long for WhatsApp", "No"))
        assert isinstance(await whatsapp.send(message(PERSON, kind=ChannelKind.WHATSAPP, content=content)), Sent)
        assert twilio.messages[0].body == "Choose\n\n1. A label far too long for WhatsApp\n2. No"

    @pytest.mark.parametrize("fault", [Fault.RESET_AFTER, Fault.TIMEOUT_BEFORE, Fault.SERVER_ERROR, Fault.TOO_MANY])
    async def test_trouble_while_making_content_is_certainly_not_sent(
        self, twilio: TwilioStandin, whatsapp: TwilioChannel, fault: Fault
    ) -> None:
        twilio.faults.script(fault)
        ours = message(PERSON, kind=ChannelKind.WHATSAPP, content=picker())
        assert isinstance(await whatsapp.send(ours), RefusedRetry)
        assert twilio.messages == []
        assert isinstance(await whatsapp.send(ours), Sent)
