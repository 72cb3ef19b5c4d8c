"""Recordings after their texts: as Telegram voice messages, as WhatsApp media, never as SMS."""

from __future__ import annotations

from pathlib import Path

import pytest

from ccmm_bot.channels.telegram.send import TelegramChannel
from ccmm_bot.channels.twilio.send import TwilioChannel
from ccmm_bot.messages import Audio, ChannelKind, Content, OutboundMessage, Sent
from ccmm_bot.store.content import dump_content, load_content
from tests.channels.support import message
from tests.standins.fixtures import PUBLIC
from tests.standins.ogg import tiny_ogg
from tests.standins.telegram_api import TelegramStandin
from tests.standins.twilio_api import TwilioStandin

ANA = 7_000_000_001
PERSON = "+16045550111"


@pytest.fixture
def spoken(tmp_path: Path) -> Content:
    path = tmp_path / "a.ogg"
    path.write_bytes(tiny_ogg())
    return Content(text="ሰላም", language="ti", audio=Audio(name="ti/0123456789abcdef.ogg", file=str(path)))


def _to_ana(content: Content) -> OutboundMessage:
    return message(str(ANA), kind=ChannelKind.TELEGRAM, content=content)


@pytest.fixture(autouse=True)
def _ana_has_written(telegram: TelegramStandin) -> None:
    telegram.person(ANA).writes("/start")


async def test_telegram_gets_the_text_first_and_then_the_recording(
    telegram: TelegramStandin, bot: TelegramChannel, spoken: Content
) -> None:
    outcome = await bot.send(_to_ana(spoken))
    [text], [voice] = telegram.to(ANA), telegram.voices.sent
    assert outcome == Sent(provider_message_id=f"{ANA}:{text.message_id}")
    assert (voice.method, voice.uploaded) == ("sendVoice", True)
    assert text.message_id < voice.message_id


async def test_telegram_gets_a_recording_uploaded_once_and_then_its_id(
    telegram: TelegramStandin, bot: TelegramChannel, spoken: Content
) -> None:
    for _ in range(3):
        await bot.send(_to_ana(spoken))
    assert [voice.uploaded for voice in telegram.voices.sent] == [True, False, False]


async def test_an_id_telegram_has_forgotten_is_uploaded_again(
    telegram: TelegramStandin, bot: TelegramChannel, spoken: Content
) -> None:
    await bot.send(_to_ana(spoken))
    telegram.voices.forget()
    await bot.send(_to_ana(spoken))
    assert [voice.uploaded for voice in telegram.voices.sent] == [True, True]


async def test_somebody_who_takes_no_voice_messages_gets_a_file(
    telegram: TelegramStandin, bot: TelegramChannel, spoken: Content
) -> None:
    telegram.voices.no_voices.add(ANA)
    await bot.send(_to_ana(spoken))
    assert [voice.method for voice in telegram.voices.sent] == ["sendAudio"]


async def test_a_recording_telegram_refuses_does_not_make_the_text_unsent(
    telegram: TelegramStandin, bot: TelegramChannel, spoken: Content
) -> None:
    telegram.voices.trouble = "Bad Request: wrong file type"
    assert isinstance(await bot.send(_to_ana(spoken)), Sent)
    assert len(telegram.to(ANA)) == 1


async def test_a_recording_that_is_gone_from_the_disk_is_left_out(telegram: TelegramStandin, bot: TelegramChannel) -> None:
    gone = Content(text="Hello", audio=Audio(name="en/0.ogg", file="/no/such/file.ogg"))
    assert isinstance(await bot.send(_to_ana(gone)), Sent)
    assert telegram.voices.sent == []


async def test_whatsapp_gets_the_text_first_and_then_the_address_of_the_recording(
    twilio: TwilioStandin, whatsapp: TwilioChannel, spoken: Content
) -> None:
    outcome = await whatsapp.send(message(PERSON, kind=ChannelKind.WHATSAPP, content=spoken))
    text, audio = twilio.messages
    assert outcome == Sent(provider_message_id=text.sid)
    assert text.body == "ሰላም"
    assert audio.form["MediaUrl"] == f"{PUBLIC}/audio/ti/0123456789abcdef.ogg"
    assert audio.to == f"whatsapp:{PERSON}"
    assert "StatusCallback" not in audio.form  # its receipts would speak of the text's row


async def test_a_recording_twilio_refuses_does_not_make_the_text_unsent(
    twilio: TwilioStandin, whatsapp: TwilioChannel, spoken: Content
) -> None:
    whatsapp_text = message(PERSON, kind=ChannelKind.WHATSAPP, content=spoken)
    assert isinstance(await whatsapp.send(whatsapp_text), Sent)
    twilio.unreachable[f"whatsapp:{PERSON}"] = 63019  # media failed to download
    await whatsapp._aloud(whatsapp_text)
    assert len(twilio.messages) == 2


async def test_sms_never_carries_a_recording(twilio: TwilioStandin, sms: TwilioChannel, spoken: Content) -> None:
    await sms.send(message(PERSON, content=spoken))
    assert [there.body for there in twilio.messages] == ["ሰላም"]
    assert "MediaUrl" not in twilio.messages[0].form


def test_a_recording_survives_the_outbox(spoken: Content) -> None:
    assert load_content(dump_content(spoken)) == spoken
    assert load_content(dump_content(Content(text="x"))).audio is None
