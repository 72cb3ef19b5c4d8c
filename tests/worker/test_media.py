"""What is no text reaches staff: files are fetched after the answer, kept sealed, and shown to nobody else."""

from __future__ import annotations

import json
import logging
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from ccmm_bot.channels import fetching, media
from ccmm_bot.channels.fetching import Fetched, Never, NotNow, fetch
from ccmm_bot.messages import ChannelKind, ContentKind
from ccmm_bot.runtime import Runtime
from ccmm_bot.store.attachments import MAX_ATTEMPTS, Attachments
from ccmm_bot.store.tables import Attachment, AttachmentState, Flag, Inbound, Outbox
from ccmm_bot.worker.media import MediaLoop
from tests.conversation.support import rows
from tests.standins.fixtures import AUTH_TOKEN, BOT_TOKEN, SMS_FROM, WHATSAPP_FROM
from tests.standins.telegram_api import TelegramStandin
from tests.standins.twilio_api import TwilioStandin
from tests.standins.twilio_webhooks import TwilioCaller
from tests.worker.conftest import ShiftedClock

PERSON = "+16045550111"
OURS = f"whatsapp:{WHATSAPP_FROM}"
JPEG = b"\xff\xd8\xff\xe0" + b"a face" * 1000
OGG = b"OggS" + b"a voice" * 1000
CARD = (
    b"BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Sara \r\n Example\r\nTEL;TYPE=CELL:+1 604 555 0123\r\n"
    b"item1.EMAIL:sara@example.org\r\nEND:VCARD\r\n"
)


@pytest.fixture
def loop(runtime: Runtime) -> MediaLoop:
    return MediaLoop(Attachments(runtime.database.runner, runtime.keys, runtime.clock), runtime.channels)


async def sends(web: httpx.AsyncClient, caller: TwilioCaller, url: str, kind: str, **more: str) -> None:
    fields = {"NumMedia": "1", "MediaUrl0": url, "MediaContentType0": kind, **more}
    call = caller.message(sender=f"whatsapp:{PERSON}", to=OURS, **fields)
    assert (await web.post(call.path, content=call.body, headers=call.headers)).status_code == 200


@pytest.mark.parametrize(
    ("data", "claimed", "kind", "found"),
    [
        (JPEG, "image/jpeg", ContentKind.IMAGE, "image/jpeg"),
        (OGG, "audio/ogg", ContentKind.VOICE, "audio/ogg"),
        (b"\0\0\0\x18ftypmp42film", "video/mp4", ContentKind.VIDEO, "video/mp4"),
        (b"%PDF-1.7 a letter", "application/pdf", ContentKind.DOCUMENT, "application/pdf"),
        (CARD, "text/vcard", ContentKind.CONTACT, "text/vcard"),
        (JPEG, "application/x-anything", ContentKind.DOCUMENT, "image/jpeg"),
    ],
)
async def test_a_file_is_answered_kindly_fetched_later_and_kept(
    web: httpx.AsyncClient,
    runtime: Runtime,
    twilio: TwilioStandin,
    caller: TwilioCaller,
    loop: MediaLoop,
    data: bytes,
    claimed: str,
    kind: ContentKind,
    found: str,
) -> None:
    await sends(web, caller, twilio.file(data), claimed)
    assert twilio.media_calls == [], "nobody waits for a file"
    assert rows(runtime, Outbox)
    assert [flag.reason for flag in rows(runtime, Flag)] == ["content_for_staff"]
    (waiting,) = rows(runtime, Attachment)
    assert waiting.state is AttachmentState.PENDING
    assert await loop.once() == 1
    (kept,) = rows(runtime, Attachment)
    assert (kept.state, kept.kind, kept.content_type, kept.size) == (AttachmentState.KEPT, kind, found, len(data))
    assert (kept.data, kept.source) == (data, None)
    assert await loop.once() == 0


async def test_what_a_contact_card_says_can_be_read_without_opening_it(
    web: httpx.AsyncClient, runtime: Runtime, twilio: TwilioStandin, caller: TwilioCaller, loop: MediaLoop
) -> None:
    await sends(web, caller, twilio.file(CARD), "text/vcard")
    await loop.once()
    assert rows(runtime, Attachment)[0].summary == "Sara Example\n+1 604 555 0123\nsara@example.org"


async def test_a_place_is_readable(web: httpx.AsyncClient, runtime: Runtime, caller: TwilioCaller) -> None:
    more = {"Latitude": "49.2827291", "Longitude": "-123.1207375", "Label": "Library", "MessageType": "location"}
    call = caller.message(sender=f"whatsapp:{PERSON}", to=OURS, **more)
    assert (await web.post(call.path, content=call.body, headers=call.headers)).status_code == 200
    (place,) = rows(runtime, Inbound)
    assert (place.kind, place.text) == (ContentKind.LOCATION, "Library\n49.28273, -123.12074")


_STICKER = {"file_id": "s", "file_unique_id": "s", "type": "regular", "width": 9, "height": 9, "emoji": "👋"}


@pytest.mark.parametrize(
    ("content", "kind", "text"),
    [
        ({"location": {"latitude": 49.2827291, "longitude": -123.1207375}}, ContentKind.LOCATION, "49.28273, -123.12074"),
        (
            {"contact": {"phone_number": "+16045550123", "first_name": "Sara", "last_name": "E"}},
            ContentKind.CONTACT,
            "Sara E\n+16045550123",
        ),
        ({"sticker": {**_STICKER, "is_animated": False, "is_video": False}}, ContentKind.STICKER, "👋"),
    ],
)
async def test_places_cards_and_stickers_of_telegram_are_readable(
    web: httpx.AsyncClient, runtime: Runtime, telegram: TelegramStandin, content: dict[str, Any], kind: ContentKind, text: str
) -> None:
    await telegram_update(runtime, telegram.person(7_000_000_001).sends(**content))
    (message,) = rows(runtime, Inbound)
    assert (message.kind, message.text) == (kind, text)
    assert rows(runtime, Outbox)


async def telegram_update(runtime: Runtime, update: dict[str, Any]) -> None:
    from ccmm_bot.channels.telegram.intake import TelegramIntake

    bot = runtime.channels.bots()[0]
    intake = TelegramIntake(bot, receive=runtime.receiver.receive, quarantine=runtime.receiver.quarantine, now=runtime.clock.now)
    await intake.handle(json.loads(json.dumps(update)))


async def test_a_voice_note_of_telegram_is_fetched_with_the_bots_token_which_is_never_logged(
    runtime: Runtime, telegram: TelegramStandin, loop: MediaLoop, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    telegram.files["voice-1"] = OGG
    voice = {"file_id": "voice-1", "file_unique_id": "v", "duration": 3, "mime_type": "audio/ogg"}
    await telegram_update(runtime, telegram.person(7_000_000_001).sends(voice=voice))
    await loop.once()
    (kept,) = rows(runtime, Attachment)
    assert (kept.state, kept.content_type, kept.data) == (AttachmentState.KEPT, "audio/ogg", OGG)
    ours = [record for record in caplog.records if record.name.startswith(("ccmm_bot", "telegram", "twilio"))]
    assert BOT_TOKEN.partition(":")[2] not in "".join(record.getMessage() for record in ours)


@pytest.mark.parametrize(
    ("data", "claimed", "reason"),
    [
        (b"MZ\x90\x00 a program", "image/jpeg", "type"),
        (b"<html><script>alert(1)</script>", "image/png", "type"),
        (b"PK\x03\x04 a spreadsheet with macros", "application/vnd.ms-excel", "type"),
        (b"", "image/jpeg", "type"),
    ],
)
async def test_what_a_file_claims_to_be_counts_for_nothing(
    web: httpx.AsyncClient,
    runtime: Runtime,
    twilio: TwilioStandin,
    caller: TwilioCaller,
    loop: MediaLoop,
    data: bytes,
    claimed: str,
    reason: str,
) -> None:
    await sends(web, caller, twilio.file(data), claimed)
    await loop.once()
    (refused,) = rows(runtime, Attachment)
    assert (refused.state, refused.reason, refused.data, refused.source) == (AttachmentState.REFUSED, reason, None, None)


async def test_a_file_that_is_too_large_is_not_read_to_its_end(runtime: Runtime, twilio: TwilioStandin) -> None:
    source = twilio.file(JPEG)
    assert await fetch(runtime.channels, ChannelKind.SMS, SMS_FROM, source, largest=len(JPEG)) == Fetched(JPEG)
    assert await fetch(runtime.channels, ChannelKind.SMS, SMS_FROM, source, largest=len(JPEG) - 1) == Never("too_large")


@pytest.mark.parametrize(
    "source",
    [
        "https://evil.example/2010-04-01/Accounts/{sid}/Messages/MM1/Media/ME1",
        "https://api.twilio.com.evil.example/2010-04-01/Accounts/{sid}/Messages/MM1/Media/ME1",
        "https://api.twilio.com/2010-04-01/Accounts/AC99999999999999999999999999999999/Messages/MM1/Media/ME1",
        "http://169.254.169.254/latest/meta-data",
        "file:///etc/passwd",
        "",
    ],
)
async def test_our_token_goes_to_our_own_account_at_twilio_and_nowhere_else(
    runtime: Runtime, twilio: TwilioStandin, source: str
) -> None:
    outcome = await fetch(runtime.channels, ChannelKind.SMS, SMS_FROM, source.format(sid=twilio.account_sid))
    assert outcome == Never("address")
    assert twilio.media_calls == []


@pytest.mark.parametrize(
    ("url", "may"),
    [
        ("https://mms.twiliocdn.com/AC1/x", True),
        ("https://s3-external-1.amazonaws.com/media.twiliocdn.com/x", True),
        ("http://mms.twiliocdn.com/AC1/x", False),
        ("https://mms.twiliocdn.com:8443/x", False),
        ("https://127.0.0.1/x", False),
        ("https://twiliocdn.com.evil.example/x", False),
        ("https://user@evil.example/x", False),
    ],
)
def test_a_file_is_followed_to_twilios_storage_only(url: str, may: bool) -> None:
    assert fetching._may_follow(url, "https", "api.twilio.com") is may


async def test_a_file_that_is_gone_is_gone(
    web: httpx.AsyncClient, runtime: Runtime, twilio: TwilioStandin, caller: TwilioCaller, loop: MediaLoop
) -> None:
    url = twilio.file(JPEG)
    twilio.files.clear()
    await sends(web, caller, url, "image/jpeg")
    await loop.once()
    assert [(row.state, row.reason) for row in rows(runtime, Attachment)] == [(AttachmentState.GONE, "gone")]


async def test_what_a_crash_or_a_dead_network_interrupts_comes_up_again(
    web: httpx.AsyncClient,
    runtime: Runtime,
    twilio: TwilioStandin,
    caller: TwilioCaller,
    clock: ShiftedClock,
    loop: MediaLoop,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    await sends(web, caller, twilio.file(JPEG), "image/jpeg")
    attachments = Attachments(runtime.database.runner, runtime.keys, runtime.clock)
    assert len(await attachments.claim()) == 1  # and the process dies
    assert await loop.once() == 0, "it is somebody's"
    clock.shift += timedelta(minutes=4)

    async def dead(*_: object, **__: object) -> NotNow:
        return NotNow("ConnectError")

    with monkeypatch.context() as patch:
        patch.setattr("ccmm_bot.worker.media.fetch", dead)
        assert await loop.once() == 1
    assert rows(runtime, Attachment)[0].state is AttachmentState.PENDING
    clock.shift += timedelta(minutes=5)
    await loop.once()
    assert rows(runtime, Attachment)[0].state is AttachmentState.KEPT


async def test_a_file_nobody_can_fetch_is_given_up_in_the_end(
    web: httpx.AsyncClient,
    runtime: Runtime,
    caller: TwilioCaller,
    twilio: TwilioStandin,
    clock: ShiftedClock,
    loop: MediaLoop,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def dead(*_: object, **__: object) -> NotNow:
        return NotNow("HTTP 500")

    monkeypatch.setattr("ccmm_bot.worker.media.fetch", dead)
    await sends(web, caller, twilio.file(JPEG), "image/jpeg")
    tries = 0
    for _ in range(MAX_ATTEMPTS + 3):
        tries += await loop.once()
        clock.shift += timedelta(hours=9)
    (row,) = rows(runtime, Attachment)
    assert (tries, row.state, row.reason) == (MAX_ATTEMPTS, AttachmentState.GONE, "not_reached")


async def test_a_repeated_delivery_fetches_nothing_twice(
    web: httpx.AsyncClient, runtime: Runtime, twilio: TwilioStandin, caller: TwilioCaller, loop: MediaLoop
) -> None:
    url = twilio.file(JPEG)
    for _ in range(3):
        await sends(web, caller, url, "image/jpeg", MessageSid="SM" + "a" * 32)
    assert await loop.once() == 1


def in_the_files(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.glob("ccmm.sqlite3*"))


async def test_nothing_of_it_lies_open_in_the_database(
    web: httpx.AsyncClient, runtime: Runtime, twilio: TwilioStandin, caller: TwilioCaller, loop: MediaLoop, tmp_path: Path
) -> None:
    await sends(web, caller, twilio.file(CARD), "text/vcard")
    await sends(web, caller, twilio.file(JPEG), "image/jpeg")
    await loop.once()
    written = in_the_files(tmp_path)
    for secret in (b"a facea face", b"Sara Example", b"604 555 0123", AUTH_TOKEN.encode(), b"/Media/ME"):
        assert secret not in written


async def test_a_stop_below_a_picture_is_a_stop(
    web: httpx.AsyncClient, runtime: Runtime, twilio: TwilioStandin, caller: TwilioCaller
) -> None:
    await sends(web, caller, twilio.file(JPEG), "image/jpeg", Body="STOP")
    assert [flag.reason for flag in rows(runtime, Flag)] == ["content_for_staff"]
    from ccmm_bot.store.tables import ContactPoint

    assert rows(runtime, ContactPoint)[0].opted_out_at is not None


def test_every_type_we_keep_has_a_name_ending() -> None:
    assert set(media.EXTENSIONS) >= media.SHOWN
