"""What people write is translated for staff by itself, on both databases, with the real library; and goes nowhere else."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from ccmm_bot.clock import FixedClock
from ccmm_bot.runtime import Runtime
from ccmm_bot.store.scope import across
from ccmm_bot.store.tables import Conversation, Inbound, Outbox, Translation, TranslationState
from ccmm_bot.translation.argos import ArgosTranslator
from ccmm_bot.translation.packages import install
from ccmm_bot.worker.jobs.running import Background
from tests import new
from tests.conversation.support import MONDAY_NOON, Phone, rows, service, settings
from tests.translation.fixtures import models
from tests.translation.toy import EN, ES, FOLDER, FR, SENTENCES
from tests.waiting import until

__all__ = ["models"]

pytestmark = pytest.mark.xdist_group("jobs")

SAFE_PLACE, A_PERSON = SENTENCES[0], SENTENCES[1]


@pytest.fixture
async def runtime(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Runtime]:
    monkeypatch.setattr("ccmm_bot.worker.jobs.running._SWEEP_S", 0.05)
    async with service(settings(database_url, tmp_path), FixedClock(MONDAY_NOON)) as opened:
        yield opened


@asynccontextmanager
async def working(runtime: Runtime, models: Path) -> AsyncIterator[Background]:
    background = Background(runtime, poll_s=0.02, translator=ArgosTranslator(models))
    await background.start()
    try:
        yield background
    finally:
        await background.stop()


def staff(runtime: Runtime, language: str) -> None:
    new.staff(runtime.store, runtime.agency_id, interface_language=language)


def speaks(runtime: Runtime, language: str) -> None:
    with runtime.store.installation(write=True) as session:
        talk = rows(runtime, Conversation)[-1]
        talk.language = language
        session.add(talk)


def made(runtime: Runtime) -> dict[str, Translation]:
    """What there is of the last message, by language."""
    last = rows(runtime, Inbound)[-1].id
    return {row.language: row for row in rows(runtime, Translation) if row.inbound_id == last}


def settled(runtime: Runtime, *languages: str) -> bool:
    found = made(runtime)
    return all(language in found and found[language].made_at is not None for language in languages)


async def test_what_somebody_writes_is_translated_for_those_who_read_english_and_french(runtime: Runtime, models: Path) -> None:
    staff(runtime, "en")
    staff(runtime, "fr")
    phone = Phone(runtime)
    await phone.say("hola")
    speaks(runtime, "es")
    sent = len(rows(runtime, Outbox))
    await phone.say(SAFE_PLACE[ES])
    async with working(runtime, models) as background:
        await until(lambda: settled(runtime, "en", "fr"))
        found = made(runtime)
        assert (found["en"].text, found["en"].model) == (SAFE_PLACE[EN], "es-en 1.0")
        assert (found["fr"].text, found["fr"].model) == (SAFE_PLACE[FR], "es-en 1.0 + en-fr 1.0")
        assert {row.state for row in found.values()} == {TranslationState.OK}
        assert {row.wake_at for row in found.values()} == {None}
        # Beside the original, which is as it was; sealed as it is; and in nothing that is sent.
        assert rows(runtime, Inbound)[-1].text == SAFE_PLACE[ES]
        with across(runtime.store.engine).connect() as connection:
            assert all(
                SAFE_PLACE[EN].encode() not in bytes(raw) for (raw,) in connection.execute(text("SELECT text FROM translation"))
            )
        for each in rows(runtime, Outbox)[sent:]:
            assert SAFE_PLACE[EN] not in str(each.content)
        # Looking again finds nothing more to do, and a choice or a number is nothing to translate.
        await phone.say("1")
        await phone.say("sí")
        assert background.duties.translations is not None
        assert await background.duties.translations.sweep() == 0
    assert len(rows(runtime, Translation)) == 2


async def test_no_model_is_said_and_taken_up_when_one_is_installed(runtime: Runtime, tmp_path: Path) -> None:
    phone = Phone(runtime)
    await phone.say("hola")
    speaks(runtime, "es")
    await phone.say(A_PERSON[ES])
    folder = tmp_path / "models"
    async with working(runtime, folder):
        await until(lambda: settled(runtime, "en"))
        assert made(runtime)["en"].state is TranslationState.NO_MODEL
        assert made(runtime)["en"].text is None
        install(folder, FOLDER / "toy_es_en.argosmodel")
        await until(lambda: made(runtime)["en"].state is TranslationState.OK)
        assert made(runtime)["en"].text == A_PERSON[EN]


async def test_a_model_that_fails_is_tried_again_and_then_left(runtime: Runtime, tmp_path: Path) -> None:
    phone = Phone(runtime)
    await phone.say("hola")
    speaks(runtime, "es")
    await phone.say(A_PERSON[ES])
    folder = tmp_path / "models"
    install(folder, FOLDER / "toy_es_en.argosmodel")
    (folder / "es_en" / "model" / "model.bin").write_bytes(b"broken")
    async with working(runtime, folder):
        await until(lambda: settled(runtime, "en"))
        clock = runtime.clock
        assert isinstance(clock, FixedClock)
        for looks in (1, 2, 3):

            def tried(looks: int = looks) -> bool:
                row = made(runtime)["en"]
                return row.looks == looks and row.made_at == clock.now()

            await until(tried)
            assert made(runtime)["en"].state is TranslationState.ERROR
            clock.set(clock.now() + timedelta(hours=1, minutes=1))
        assert made(runtime)["en"].wake_at is None


async def test_a_person_who_writes_in_another_script_than_she_chose_is_read_in_it(runtime: Runtime, models: Path) -> None:
    phone = Phone(runtime)
    await phone.say("hola")
    speaks(runtime, "es")
    await phone.say("ሰላም ሓገዝ የድልየኒ ኣሎ")
    async with working(runtime, models):
        await until(lambda: settled(runtime, "en"))
    assert made(runtime)["en"].source == "ti"
    assert made(runtime)["en"].state is TranslationState.NO_MODEL
