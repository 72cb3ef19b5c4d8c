"""Messages that can be listened to: which recording goes with which message, on which channel."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from ccmm_bot.conversation.present import Stage, present
from ccmm_bot.dialogue.effects import Say
from ccmm_bot.dialogue.loader import load_program
from ccmm_bot.dialogue.model import Text
from ccmm_bot.i18n.catalogues import Catalogues
from ccmm_bot.i18n.recordings import Recordings, confirm, scripts
from ccmm_bot.messages import LIMITS, ChannelKind, Content
from ccmm_bot.web.app import create_app
from tests.conversation.support import PROGRAM, service, settings
from tests.standins.ogg import tiny_ogg

NAMES = {"service_name": "Harbour", "agency_name": "Test agency"}
BYE = Text(key="hello.bye.say", source="Goodbye.")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A recording of the goodbye."""
    script = next(one for one in scripts(load_program(PROGRAM).dialogues, Catalogues({}), "en", NAMES) if one.key == BYE.key)
    path = tmp_path / "audio" / script.file
    path.parent.mkdir(parents=True)
    path.write_bytes(tiny_ogg())
    confirm(tmp_path / "audio", script)
    return tmp_path / "audio"


@pytest.fixture
def recordings(folder: Path) -> Recordings:
    return Recordings.load(folder, load_program(PROGRAM).dialogues, Catalogues({}), NAMES)


def _say(kind: ChannelKind, recordings: Recordings, text: Text = BYE, language: str = "en") -> Content:
    stage = Stage(
        catalogues=Catalogues({"fr": {(BYE.key, BYE.source): "Au revoir."}}),
        limits=LIMITS[kind],
        language=language,
        slots=NAMES,
        directories={},
        recordings=recordings,
    )
    [content] = present([Say(text=text)], stage)
    return content


@pytest.mark.parametrize("kind", [ChannelKind.TELEGRAM, ChannelKind.WHATSAPP])
def test_a_channel_that_can_play_it_gets_the_recording_of_the_text(kind: ChannelKind, recordings: Recordings) -> None:
    content = _say(kind, recordings)
    assert content.text == "Goodbye."
    assert content.audio is not None
    assert content.audio.name.startswith("en/")


@pytest.mark.parametrize("kind", [ChannelKind.SMS, ChannelKind.CONSOLE])
def test_other_channels_get_the_text_alone(kind: ChannelKind, recordings: Recordings) -> None:
    assert _say(kind, recordings).audio is None


def test_the_recording_is_in_the_language_of_the_text(recordings: Recordings) -> None:
    assert _say(ChannelKind.TELEGRAM, recordings, language="fr").audio is None
    shown_in_english = _say(ChannelKind.TELEGRAM, recordings, language="ti")
    assert shown_in_english.language == "en"
    assert shown_in_english.audio is not None


async def test_whatsapp_can_fetch_a_recording_and_nobody_anything_else(tmp_path: Path, folder: Path) -> None:
    chosen = settings(f"sqlite:///{tmp_path / 'db'}", tmp_path, audio_dir=folder)
    async with service(chosen) as runtime:
        audio = runtime.recordings.of(BYE, "en", NAMES)
        assert audio is not None
        transport = httpx.ASGITransport(app=create_app(runtime))
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
            answer = await client.get(f"/audio/{audio.name}")
            others = ("en/hello.bye.say.ogg", "en/0000.ogg", "en/..%2Fen%2Fhello.bye.say.ogg", "fr/" + audio.name[3:])
            refused = [(await client.get(f"/audio/{other}")).status_code for other in others]
        assert (answer.status_code, answer.headers["content-type"]) == (200, "audio/ogg")
        assert answer.content == tiny_ogg()
        assert refused == [404] * 4
