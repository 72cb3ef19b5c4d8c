"""The Twilio stand-in behaves as Twilio documents, seen through the real twilio library."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from twilio.base.exceptions import TwilioException, TwilioRestException
from twilio.request_validator import RequestValidator
from twilio.rest import Client
from twilio.rest.content.v1.content import ContentList

from ccmm_bot.channels.twilio.http import Door, TooManyRequests
from ccmm_bot.channels.twilio.library import HttpxTwilioClient
from tests.standins.faults import Fault
from tests.standins.fixtures import ACCOUNT_SID, AUTH_TOKEN, PATIENCE_S, PUBLIC, SMS_FROM
from tests.standins.twilio_api import TwilioStandin
from tests.standins.twilio_webhooks import TwilioCaller

PERSON = "+16045550111"


@pytest.fixture
async def client(twilio: TwilioStandin) -> AsyncIterator[Any]:
    door = Door(api_base_url=twilio.url, connect_timeout=PATIENCE_S, read_timeout=PATIENCE_S)
    yield Client(ACCOUNT_SID, AUTH_TOKEN, http_client=HttpxTwilioClient(door))
    await door.aclose()


async def test_a_created_message_is_queued_and_can_be_fetched(client: Any, twilio: TwilioStandin) -> None:
    made = await client.messages.create_async(to=PERSON, from_=SMS_FROM, body="Hello")
    assert (made.status, made.direction, made.error_code) == ("queued", "outbound-api", None)
    fetched = await client.messages(made.sid).fetch_async()
    assert fetched.body == "Hello"
    assert [message.sid for message in twilio.to(PERSON)] == [made.sid]


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"to": "12345", "from_": SMS_FROM, "body": "x"}, 21211),
        ({"to": PERSON, "body": "x"}, 21603),
        ({"to": PERSON, "from_": SMS_FROM}, 21602),
        ({"to": PERSON, "from_": SMS_FROM, "body": "x" * 1601}, 21617),
        ({"to": "+16045550122", "from_": SMS_FROM, "body": "x"}, 21610),
    ],
)
async def test_refusals_carry_twilios_codes(client: Any, twilio: TwilioStandin, fields: dict[str, str], code: int) -> None:
    twilio.unsubscribed.add("+16045550122")
    with pytest.raises(TwilioRestException) as refused:
        await client.messages.create_async(**fields)
    assert (refused.value.status, refused.value.code) == (400, code)
    assert twilio.messages == []


async def test_wrong_credentials_are_401_with_20003(twilio: TwilioStandin) -> None:
    door = Door(api_base_url=twilio.url)
    with pytest.raises(TwilioRestException) as refused:
        await Client(ACCOUNT_SID, "wrong", http_client=HttpxTwilioClient(door)).messages.create_async(
            to=PERSON, from_=SMS_FROM, body="x"
        )
    await door.aclose()
    assert (refused.value.status, refused.value.code) == (401, 20003)


async def test_429_says_when_to_come_back_and_does_nothing(client: Any, twilio: TwilioStandin) -> None:
    twilio.faults.script(Fault.TOO_MANY)
    with pytest.raises(TooManyRequests) as refused:
        await client.messages.create_async(to=PERSON, from_=SMS_FROM, body="x")
    assert (refused.value.retry_after, refused.value.code) == (1.0, 20429)
    assert twilio.messages == []


@pytest.mark.parametrize(
    ("fault", "error", "done"),
    [
        (Fault.TIMEOUT_BEFORE, httpx.ReadTimeout, 0),
        (Fault.TIMEOUT_AFTER, httpx.ReadTimeout, 1),
        (Fault.RESET_BEFORE, httpx.ReadError, 0),
        (Fault.RESET_AFTER, httpx.ReadError, 1),
        (Fault.SERVER_ERROR, TwilioRestException, 0),
        (Fault.SERVER_ERROR_AFTER, TwilioRestException, 1),
    ],
)
async def test_from_outside_one_cannot_tell_what_a_fault_left_done(
    client: Any, twilio: TwilioStandin, fault: Fault, error: type[Exception], done: int
) -> None:
    twilio.faults.script(fault)
    with pytest.raises(error):
        await client.messages.create_async(to=PERSON, from_=SMS_FROM, body="x")
    assert len(twilio.messages) == done
    assert twilio.faults.ambiguous == 1


async def test_the_list_is_newest_first_filtered_and_paged(client: Any, twilio: TwilioStandin) -> None:
    for number in range(5):
        await client.messages.create_async(to=PERSON, from_=SMS_FROM, body=f"{number}")
    await client.messages.create_async(to="+16045550133", from_=SMS_FROM, body="other")
    listed = await client.messages.list_async(to=PERSON, from_=SMS_FROM, page_size=2)
    assert [message.body for message in listed] == ["4", "3", "2", "1", "0"]


async def test_the_list_can_lag_behind(client: Any, twilio: TwilioStandin) -> None:
    twilio.list_lag_s = 60
    await client.messages.create_async(to=PERSON, from_=SMS_FROM, body="x")
    assert await client.messages.list_async(to=PERSON) == []


async def test_content_is_made_found_by_name_and_filled_in(client: Any, twilio: TwilioStandin) -> None:
    shown = {"twilio/quick-reply": {"body": "Hi {{2}}", "actions": [{"type": "QUICK_REPLY", "title": "Yes", "id": "{{1}}"}]}}
    request = {"friendly_name": "greeting", "language": "en", "variables": {"1": "a", "2": "friend"}, "types": shown}
    made = await client.content.v1.contents.create_async(ContentList.ContentCreateRequest(request))
    found = await client.content.v2.contents.list_async(content_name="^greeting$")
    assert [each.sid for each in found] == [made.sid]
    sent = await client.messages.create_async(
        to=f"whatsapp:{PERSON}", from_="whatsapp:+16045550199", content_sid=made.sid, content_variables='{"1": "w1.yes"}'
    )
    assert sent.body == "Hi friend"
    assert twilio.contents.buttons(made.sid, {"1": "w1.yes"}) == [("Yes", "w1.yes")]


async def test_content_outside_its_limits_is_refused(client: Any) -> None:
    shown = {"twilio/quick-reply": {"body": "Hi", "actions": [{"title": "x" * 21, "id": "a"}]}}
    with pytest.raises(TwilioException):
        await client.content.v1.contents.create_async(ContentList.ContentCreateRequest({"language": "en", "types": shown}))


def test_its_signatures_are_those_the_library_computes(caller: TwilioCaller) -> None:
    url = f"{PUBLIC}/webhooks/twilio"
    fields = caller.message_fields(sender=PERSON, to=SMS_FROM, body="ሰላም & + ? =")
    call = caller.message(sender=PERSON, to=SMS_FROM, body="ሰላም & + ? =", MessageSid=fields["MessageSid"])
    assert call.headers["X-Twilio-Signature"] == RequestValidator(AUTH_TOKEN).compute_signature(url, fields)


def test_receipts_come_shuffled_and_repeated_in_the_same_way_for_the_same_seed(caller: TwilioCaller) -> None:
    def bodies(seed: int) -> list[bytes]:
        return [each.body for each in caller.receipts(PUBLIC, sid="SM" + "0" * 32, to=PERSON, seed=seed, copies=3)]

    assert len(bodies(1)) == 9
    assert bodies(1) == bodies(1) != sorted(bodies(1))
