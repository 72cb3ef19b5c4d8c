"""What an incoming SMS or WhatsApp message becomes."""

from __future__ import annotations

import pytest

from ccmm_bot.channels.malformed import Malformed
from ccmm_bot.channels.twilio.account import TwilioAccount
from ccmm_bot.channels.twilio.fields import parse_form
from ccmm_bot.channels.twilio.parse import parse_inbound
from ccmm_bot.messages import ChannelKind, ContentKind, InboundMessage, Media, OptOutKind
from tests.channels.support import NOW
from tests.standins.fixtures import ACCOUNT_SID, AUTH_TOKEN, SMS_FROM, WHATSAPP_FROM, twilio_account
from tests.standins.twilio_webhooks import TwilioCaller

PERSON = "+16045550111"
OURS = twilio_account("")
CALLER = TwilioCaller(account_sid=ACCOUNT_SID, auth_token=AUTH_TOKEN)


def read(call_body: bytes, account: TwilioAccount = OURS) -> InboundMessage:
    return parse_inbound(parse_form(call_body), account, raw=call_body, received_at=NOW)


def sms(body: str = "Hello", **more: str) -> InboundMessage:
    return read(CALLER.message(sender=PERSON, to=SMS_FROM, body=body, **more).body)


def whatsapp(body: str = "Hello", sender: str = PERSON, **more: str) -> InboundMessage:
    return read(CALLER.message(sender=f"whatsapp:{sender}", to=f"whatsapp:{WHATSAPP_FROM}", body=body, **more).body)


def test_an_sms() -> None:
    message = sms("ሰላም", MessageSid="SM" + "1" * 32)
    assert (message.channel, message.account, message.sender) == (ChannelKind.SMS, SMS_FROM, PERSON)
    assert (message.provider_message_id, message.kind, message.text) == ("SM" + "1" * 32, ContentKind.TEXT, "ሰላም")
    assert b"MessageSid" in message.raw


def test_a_whatsapp_message_is_from_a_number_without_the_prefix() -> None:
    message = whatsapp()
    assert (message.channel, message.account, message.sender) == (ChannelKind.WHATSAPP, WHATSAPP_FROM, PERSON)


def test_a_whatsapp_sender_may_have_no_number() -> None:
    message = whatsapp(sender="US.13491208655302741918", WaId="", ExternalUserId="US.13491208655302741918")
    assert message.sender == message.external_user_id == "US.13491208655302741918"


def test_the_business_scoped_id_is_kept_beside_a_number() -> None:
    message = whatsapp(ExternalUserId="CA.ENT.134912086553")
    assert (message.sender, message.external_user_id) == (PERSON, "CA.ENT.134912086553")


def test_an_sms_through_a_messaging_service_is_for_the_service() -> None:
    service = "MG" + "a" * 32
    account = TwilioAccount(account_sid=ACCOUNT_SID, auth_token=AUTH_TOKEN, sms_from=service)
    body = CALLER.message(sender=PERSON, to="+16045550142", body="x", MessagingServiceSid=service).body
    assert read(body, account).account == service


@pytest.mark.parametrize("listed", [False, True])
def test_a_tap_carries_its_payload_and_its_label(listed: bool) -> None:
    call = CALLER.tap(sender=f"whatsapp:{PERSON}", to=f"whatsapp:{WHATSAPP_FROM}", label="Yes", payload="w3.agree", listed=listed)
    message = read(call.body)
    assert (message.kind, message.payload, message.text) == (ContentKind.TAP, "w3.agree", "Yes")


@pytest.mark.parametrize(("word", "kind"), [("STOP", OptOutKind.STOP), ("START", OptOutKind.START), ("HELP", OptOutKind.HELP)])
def test_twilio_says_when_it_has_answered_an_opt_out_itself(word: str, kind: OptOutKind) -> None:
    assert sms(word, OptOutType=word).opt_out is kind
    assert sms(word).opt_out is None


@pytest.mark.parametrize(
    ("fields", "kind"),
    [
        ({"NumMedia": "1", "MediaUrl0": "https://x/1", "MediaContentType0": "image/jpeg"}, ContentKind.IMAGE),
        ({"NumMedia": "1", "MediaUrl0": "https://x/1", "MediaContentType0": "audio/ogg"}, ContentKind.VOICE),
        ({"NumMedia": "1", "MediaUrl0": "https://x/1", "MediaContentType0": "video/mp4"}, ContentKind.VIDEO),
        ({"NumMedia": "1", "MediaUrl0": "https://x/1", "MediaContentType0": "application/pdf"}, ContentKind.DOCUMENT),
        ({"NumMedia": "1", "MediaUrl0": "https://x/1", "MediaContentType0": "text/vcard"}, ContentKind.CONTACT),
        ({"MessageType": "location", "Latitude": "49.28", "Longitude": "-123.12"}, ContentKind.LOCATION),
        ({"Latitude": "49.28", "Longitude": "-123.12"}, ContentKind.LOCATION),
        ({"MessageType": "sticker"}, ContentKind.STICKER),
        ({"MessageType": "contacts"}, ContentKind.CONTACT),
        ({"MessageType": "reaction"}, ContentKind.UNSUPPORTED),
    ],
)
def test_what_is_not_text_is_named(fields: dict[str, str], kind: ContentKind) -> None:
    assert whatsapp("", **fields).kind is kind


def test_media_is_kept_with_its_type() -> None:
    message = sms(
        "",
        NumMedia="2",
        MediaUrl0="https://x/0",
        MediaContentType0="image/png",
        MediaUrl1="https://x/1",
        MediaContentType1="image/gif",
    )
    assert message.media == (Media(url="https://x/0", content_type="image/png"), Media(url="https://x/1", content_type="image/gif"))


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"MessageSid": "SM1"}, "MessageSid"),
        ({"MessageSid": "SM" + "1" * 32 + "From"}, "MessageSid"),
        ({"AccountSid": "AC" + "f" * 32}, "AccountSid"),
        ({"AccountSid": ""}, "AccountSid"),
        ({"From": "6045550111"}, "From"),
        ({"From": "+1604555Body"}, "From"),
        ({"From": f"whatsapp:{PERSON}"}, "From"),
        ({"To": "+16045550999"}, "To"),
        ({"To": "nobody"}, "To"),
        ({"NumMedia": "many"}, "NumMedia"),
        ({"ExternalUserId": "not one"}, "ExternalUserId"),
    ],
)
def test_a_signed_message_whose_fields_have_the_wrong_shape_is_refused(fields: dict[str, str], says: str) -> None:
    with pytest.raises(Malformed, match=says):
        sms(**fields)


def test_a_field_read_twice_with_different_values_is_refused() -> None:
    body = CALLER.message(sender=PERSON, to=SMS_FROM, body="Hello").body
    with pytest.raises(Malformed, match="From is given twice"):
        read(body + b"&From=%2B16045550122")
    assert read(body + b"&Body=Hello").text == "Hello"
