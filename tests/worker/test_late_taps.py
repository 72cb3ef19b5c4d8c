"""Buttons tapped late: after the language changed, after the question was closed, on WhatsApp and on Telegram.

With the service's own dialogues and catalogues: what a button says differs by language, what it carries does not.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette

from ccmm_bot.channels.registry import Channels
from ccmm_bot.channels.telegram.send import TelegramChannel
from ccmm_bot.channels.twilio.send import TwilioChannel
from ccmm_bot.dialogue import system_texts
from ccmm_bot.dialogue.effects import Note
from ccmm_bot.runtime import Runtime, open_runtime
from ccmm_bot.settings import Settings
from ccmm_bot.store.tables import Consent, Conversation, Response
from ccmm_bot.web.webhooks import mount_webhooks
from ccmm_bot.worker.running import Worker
from tests.conversation.support import rows, settings
from tests.standins.fixtures import PUBLIC, WHATSAPP_FROM, twilio_account
from tests.standins.telegram_api import Sent, TelegramStandin
from tests.standins.twilio_api import TwilioStandin
from tests.standins.twilio_webhooks import TwilioCaller
from tests.waiting import until
from tests.worker.conftest import ShiftedClock

ANA = 7_000_000_001
PERSON, OURS = "whatsapp:+16045550111", f"whatsapp:{WHATSAPP_FROM}"


@pytest.fixture
async def real(
    whatsapp: TwilioChannel, bot: TelegramChannel, twilio: TwilioStandin, telegram: TelegramStandin, sqlite_url: str, tmp_path: Path
) -> AsyncIterator[tuple[Runtime, httpx.AsyncClient]]:
    """The service as it is shipped, over the stand-ins."""
    channels = Channels([whatsapp, bot])
    channels.add_twilio(twilio_account(twilio.url))
    shipped = Settings(_env_file=None)
    chosen = settings(
        sqlite_url, tmp_path, dialogues=shipped.dialogues_dir, locales_dir=shipped.locales_dir, public_base_url=PUBLIC
    )
    async with open_runtime(chosen, clock=ShiftedClock(), channels=channels) as runtime:
        app = Starlette()
        mount_webhooks(app, runtime)
        worker = Worker(runtime)
        await worker.start()
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://127.0.0.1:8000") as client:
            yield runtime, client
        await worker.stop()


def language(runtime: Runtime) -> str | None:
    found = rows(runtime, Conversation)
    return found[0].language if found else None


class TestTelegram:
    async def test_a_button_of_a_closed_question_is_politely_refused_in_the_language_spoken_now(
        self, real: tuple[Runtime, httpx.AsyncClient], telegram: TelegramStandin
    ) -> None:
        runtime, _ = real
        ana = telegram.person(ANA)
        ana.writes("English")
        await until(lambda: language(runtime) == "en" and any(sent.buttons for sent in ana.got))
        old = next(sent for sent in reversed(ana.got) if sent.buttons)
        before = len(rows(runtime, Response)) + len(rows(runtime, Consent))
        ana.writes("language")
        ana.writes("Français")
        await until(lambda: language(runtime) == "fr")
        await until(lambda: not telegram.waiting)
        count = len(ana.got)
        ana.taps(old, "w999.agree")
        refused = runtime.catalogues.text(system_texts.NOTES[Note.OLD_BUTTON], "fr")
        assert refused is not None
        await until(lambda: any(refused in sent.text for sent in ana.got[count:]))
        assert len(rows(runtime, Response)) + len(rows(runtime, Consent)) == before

    async def test_a_button_of_the_question_that_is_still_open_counts_in_another_language_too(
        self, real: tuple[Runtime, httpx.AsyncClient], telegram: TelegramStandin
    ) -> None:
        runtime, _ = real
        ana = telegram.person(ANA)
        ana.writes("English")
        await until(lambda: any(sent.buttons for sent in ana.got))
        await until(lambda: not telegram.waiting)
        old: Sent = next(sent for sent in reversed(ana.got) if sent.buttons)
        ana.writes("language")
        ana.writes("Français")
        await until(lambda: language(runtime) == "fr")
        await until(lambda: not telegram.waiting)
        count = len(ana.got)
        ana.taps(old, old.buttons[0][1])
        await until(lambda: len(ana.got) > count)
        refused = runtime.catalogues.text(system_texts.NOTES[Note.OLD_BUTTON], "fr") or ""
        assert not any(refused in sent.text for sent in ana.got[count:]), "the old button still answers the open question"
        assert language(runtime) == "fr", "and the answer does not change the language back"


class TestWhatsApp:
    async def test_the_same_there(
        self, real: tuple[Runtime, httpx.AsyncClient], twilio: TwilioStandin, caller: TwilioCaller
    ) -> None:
        runtime, web = real

        async def say(text: str) -> None:
            call = caller.message(sender=PERSON, to=OURS, body=text)
            assert (await web.post(call.path, content=call.body, headers=call.headers)).status_code == 200

        def bodies() -> list[str]:
            return [message.body for message in twilio.messages]

        async def tap(label: str, payload: str) -> None:
            call = caller.tap(sender=PERSON, to=OURS, label=label, payload=payload)
            assert (await web.post(call.path, content=call.body, headers=call.headers)).status_code == 200

        await say("English")
        await until(lambda: any("ContentSid" in message.form for message in twilio.messages))
        form = next(message.form for message in reversed(twilio.messages) if "ContentSid" in message.form)
        label, payload = twilio.contents.buttons(form["ContentSid"], json.loads(form["ContentVariables"]))[0]
        await say("language")
        await say("Français")
        await until(lambda: language(runtime) == "fr")
        refused = runtime.catalogues.text(system_texts.NOTES[Note.OLD_BUTTON], "fr") or ""
        assert refused
        await tap(label, "w999.agree")
        await until(lambda: any(refused in said for said in bodies()))
        count, times = len(bodies()), sum(refused in said for said in bodies())
        await tap(label, payload)
        await until(lambda: len(bodies()) > count)
        assert sum(refused in said for said in bodies()) == times, "the old button still answers the open question"
