"""What a Telegram update means for us."""

from __future__ import annotations

from typing import Any

import pytest

from ccmm_bot.channels.malformed import Malformed
from ccmm_bot.channels.telegram.parse import FromGroup, FromPerson, Nothing, load_update, parse_update
from ccmm_bot.messages import ChannelKind, ContentKind, InboundMessage, OptOutKind
from tests.channels.support import NOW
from tests.standins.fixtures import BOT_TOKEN
from tests.standins.telegram_api import Sent, TelegramStandin
from tests.standins.telegram_people import Person

STANDIN = TelegramStandin(token=BOT_TOKEN)
BIG = 7_000_000_001  # ids exceed 32 bits
FILE = {"file_id": "F", "file_unique_id": "U"}


@pytest.fixture
def ana() -> Person:
    return STANDIN.person(BIG, language="uk")


def read(update: dict[str, Any]) -> Any:
    return parse_update(update, bot_id="5000000001", received_at=NOW)


def person(update: dict[str, Any]) -> InboundMessage:
    parsed = read(update)
    assert isinstance(parsed, FromPerson)
    return parsed.message


def test_a_text(ana: Person) -> None:
    update = ana.writes("Привіт")
    message = person(update)
    assert (message.channel, message.account, message.sender) == (ChannelKind.TELEGRAM, "5000000001", str(BIG))
    assert (message.kind, message.text, message.language_hint) == (ContentKind.TEXT, "Привіт", "uk")
    assert message.provider_message_id == str(update["update_id"])


@pytest.mark.parametrize(
    "odd",
    [
        {},
        {"text": ""},
        {"text": 5},
        {"text": None},
        {"date": 0},
        {"date": -1},
        {"date": True},
        {"date": 1 << 39},
        {"message_id": "7"},
        {"from": None},
        {"from": {"id": BIG, "is_bot": False}},
        {"from": {"id": BIG, "is_bot": True, "first_name": "B"}},
        {"from": {"id": BIG, "is_bot": False, "first_name": "A", "language_code": 5}},
        {"from": {"id": BIG, "is_bot": False, "first_name": "A", "language_code": ""}},
        {"from": {"id": BIG, "is_bot": 0, "first_name": "A"}},
        {"chat": {"id": BIG}},
        {"chat": {"id": str(BIG), "type": "private"}},
        {"chat": {"id": -5, "type": "group", "title": "T"}},
        {"chat": []},
    ],
)
def test_a_plain_text_is_read_as_the_library_reads_it(odd: dict[str, Any]) -> None:
    user = {"id": BIG, "is_bot": False, "first_name": "A", "language_code": "uk"}
    chat = {"id": BIG, "type": "private", "first_name": "A"}
    message = {"message_id": 7, "from": user, "chat": chat, "date": 1_795_000_000, "text": "5"} | odd
    by_library = {"update_id": 9, "message": {**message, "entities": []}}  # has more than a text, and says the same

    def understood(update: dict[str, Any]) -> object:
        try:
            return parse_update(update, bot_id="5000000001", received_at=NOW, raw=b"{}")
        except Malformed:
            return Malformed

    assert understood({"update_id": 9, "message": message}) == understood(by_library)


def test_a_deep_link_comes_through_as_text(ana: Person) -> None:
    assert person(ana.writes("/start Ab_3-x")).text == "/start Ab_3-x"


def test_a_tap_carries_payload_and_label_and_wants_an_answer(ana: Person) -> None:
    markup = {"inline_keyboard": [[{"text": "Так", "callback_data": "w3.yes"}], [{"text": "Ні", "callback_data": "w3.no"}]]}
    sent = Sent(message_id=5, chat_id=BIG, text="?", markup=markup)
    parsed = read(ana.taps(sent, "w3.no", query_id="77"))
    assert isinstance(parsed, FromPerson)
    assert parsed.tap_id == "77"
    assert (parsed.message.kind, parsed.message.payload, parsed.message.text) == (ContentKind.TAP, "w3.no", "Ні")


def test_a_tap_on_a_message_too_old_to_be_carried_along_is_still_a_tap(ana: Person) -> None:
    update = ana.taps(Sent(message_id=5, chat_id=BIG, text="?", markup=None), "w3.no")
    update["callback_query"]["message"] = {"chat": ana.chat, "message_id": 5, "date": 0}  # "InaccessibleMessage"
    assert (person(update).payload, person(update).text, person(update).sender) == ("w3.no", "", str(BIG))


def test_an_edit_is_a_correction_with_an_id_of_its_own(ana: Person) -> None:
    first = ana.writes("5")
    edited = person(ana.edits(first, "6"))
    assert (edited.kind, edited.text) == (ContentKind.CORRECTION, "6")
    assert edited.provider_message_id != str(first["update_id"])


@pytest.mark.parametrize(
    ("content", "kind", "media"),
    [
        ({"voice": {**FILE, "duration": 3, "mime_type": "audio/ogg"}}, ContentKind.VOICE, "audio/ogg"),
        ({"photo": [{**FILE, "width": 9, "height": 9}]}, ContentKind.IMAGE, "image/jpeg"),
        ({"video_note": {**FILE, "length": 9, "duration": 3}}, ContentKind.VIDEO, "video/mp4"),
        ({"document": {**FILE, "mime_type": "application/pdf"}}, ContentKind.DOCUMENT, "application/pdf"),
        ({"location": {"latitude": 49.2, "longitude": -123.1}}, ContentKind.LOCATION, None),
        ({"contact": {"phone_number": "+16045550111", "first_name": "A"}}, ContentKind.CONTACT, None),
        (
            {"sticker": {**FILE, "type": "regular", "width": 9, "height": 9, "is_animated": False, "is_video": False}},
            ContentKind.STICKER,
            None,
        ),
        ({"dice": {"emoji": "🎲", "value": 3}}, ContentKind.UNSUPPORTED, None),
        ({"something_of_the_future": {"x": 1}}, ContentKind.UNSUPPORTED, None),
    ],
)
def test_what_is_not_text_is_named(ana: Person, content: dict[str, Any], kind: ContentKind, media: str | None) -> None:
    message = person(ana.sends(**content))
    assert message.kind is kind
    assert [each.content_type for each in message.media] == ([media] if media else [])
    assert all(each.url == "telegram-file:F" for each in message.media)


def test_a_caption_is_kept(ana: Person) -> None:
    assert person(ana.sends(photo=[{**FILE, "width": 9, "height": 9}], caption="my paper")).text == "my paper"


def test_blocking_the_bot_is_an_opt_out_and_unblocking_is_nothing(ana: Person) -> None:
    assert person(ana.blocks()).opt_out is OptOutKind.STOP
    assert isinstance(read(ana.unblocks()), Nothing)


def test_groups_are_left_and_told_once(ana: Person) -> None:
    assert read(ana.adds_bot_to_group(-100_123)) == FromGroup(chat_id=-100_123, added=True)
    assert read(ana.writes_in_group(-100_123, "hello")) == FromGroup(chat_id=-100_123, added=False)


def test_another_bot_is_not_answered(ana: Person) -> None:
    update = ana.writes("I am a bot, too")
    update["message"]["from"]["is_bot"] = True
    assert isinstance(read(update), Nothing)


def test_known_updates_we_have_no_use_for_are_nothing(ana: Person) -> None:
    assert isinstance(read({"update_id": 1, "inline_query": {"id": "1", "from": ana.user, "query": "x", "offset": ""}}), Nothing)


@pytest.mark.parametrize(
    "update",
    [
        {"update_id": 1},
        {"update_id": 1, "update_of_the_future": {"x": 1}},
        {"update_id": 1, "message": {"no": "shape"}},
        {"update_id": 1, "message": "text"},
        {"update_id": 1, "message": {"message_id": 1, "date": 10**18, "chat": {"id": 1, "type": "private"}, "text": "x"}},
        {"update_id": 1, "message": {"message_id": 1, "date": 1, "chat": {"id": 1, "type": "private"}, "text": {"a": 1}}},
        {"update_id": 1, "message": {"message_id": 1, "date": 1, "chat": {"id": "x", "type": "private"}, "text": "x"}},
        {"update_id": 1, "callback_query": {"id": "1"}},
        {"update_id": 1, "my_chat_member": {"chat": {"id": 1, "type": "private"}}},
    ],
)
def test_shapes_nobody_knows_are_malformed_and_nothing_worse(update: dict[str, Any]) -> None:
    with pytest.raises(Malformed):
        read(update)


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"{}", b'{"update_id": "1"}', b'{"update_id": true}', b"\xff"])
def test_what_is_not_an_update_is_malformed(body: bytes) -> None:
    with pytest.raises(Malformed):
        load_update(body)
