"""What a receipt says."""

from __future__ import annotations

import pytest

from ccmm_bot.channels.malformed import Malformed
from ccmm_bot.channels.twilio.fields import parse_form
from ccmm_bot.channels.twilio.status import parse_status
from ccmm_bot.messages import ChannelKind, DeliveryStatus, StatusUpdate
from tests.channels.support import NOW
from tests.standins.fixtures import ACCOUNT_SID, AUTH_TOKEN, PUBLIC, twilio_account
from tests.standins.twilio_webhooks import TwilioCaller

CALLER = TwilioCaller(account_sid=ACCOUNT_SID, auth_token=AUTH_TOKEN)
SID = "SM" + "2" * 32


def read(status: str, *, query: str = "outbox=0190-ab", to: str = "+16045550111", error: int | None = None) -> StatusUpdate | None:
    call = CALLER.receipt(f"{PUBLIC}/webhooks/twilio/status?{query}", sid=SID, to=to, status=status, error=error)
    return parse_status(parse_form(call.body), twilio_account(""), query=query, received_at=NOW)


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("accepted", DeliveryStatus.SENT),
        ("queued", DeliveryStatus.SENT),
        ("sending", DeliveryStatus.SENT),
        ("sent", DeliveryStatus.SENT),
        ("delivered", DeliveryStatus.DELIVERED),
        ("read", DeliveryStatus.READ),
        ("undelivered", DeliveryStatus.FAILED),
        ("failed", DeliveryStatus.FAILED),
    ],
)
def test_twilios_words_and_ours(word: str, status: DeliveryStatus) -> None:
    update = read(word)
    assert update is not None
    assert (update.status, update.provider_message_id, update.outbox_id) == (status, SID, "0190-ab")


def test_a_status_of_the_future_is_nothing_and_no_error() -> None:
    assert read("teleported") is None


def test_our_id_must_look_like_one() -> None:
    assert (update := read("sent", query="outbox=%3Cscript%3E")) is not None
    assert update.outbox_id is None


@pytest.mark.parametrize(("code", "opted_out"), [(21610, True), (63014, True), (30003, False), (30004, False), (30008, False)])
def test_only_the_persons_own_doing_is_an_opt_out(code: int, opted_out: bool) -> None:
    update = read("undelivered", error=code)
    assert update is not None
    assert (update.error_code, update.opted_out) == (str(code), opted_out)


def test_the_channel_is_told_by_the_address() -> None:
    assert (update := read("sent", to="whatsapp:+16045550111")) is not None
    assert update.channel is ChannelKind.WHATSAPP


@pytest.mark.parametrize("body", [b"", b"MessageSid=SM1&MessageStatus=sent", b"MessageSid=" + SID.encode()])
def test_shapeless_receipts_are_refused(body: bytes) -> None:
    with pytest.raises(Malformed):
        parse_status(parse_form(body), twilio_account(""), query="", received_at=NOW)
