"""A language on the menu that waits for its review: a human instead of an unreviewed dialogue."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import date
from pathlib import Path

import pytest

from ccmm_bot.casework.agencies import offices
from ccmm_bot.i18n import maintenance, pofiles
from ccmm_bot.i18n.languages import language
from ccmm_bot.i18n.review import mark_reviewed
from ccmm_bot.messages import ChannelKind
from ccmm_bot.runtime import Runtime
from ccmm_bot.store.tables import Agency, ChannelAccount, Conversation, Flag
from tests.conversation.support import MONDAY_NOON, PROGRAM, Phone, rows, service, settings


@pytest.fixture
def locales(tmp_path: Path) -> Path:
    """Every text in French, read by nobody."""
    folder = tmp_path / "locales"
    maintenance.init(maintenance.Folders(dialogues=PROGRAM, locales=folder), "fr")
    for domain in pofiles.DOMAINS:
        path = pofiles.path_of(folder, language("fr"), domain)
        catalogue = pofiles.read(path, language("fr"))
        for message in pofiles.entries(catalogue):
            message.string = str(message.id) if str(message.context).startswith("system.words.") else f"FR {message.id}"
        path.write_bytes(pofiles.dump(catalogue))
    return folder


@pytest.fixture
async def waiting(tmp_path: Path, locales: Path) -> AsyncIterator[Runtime]:
    chosen = settings(f"sqlite:///{tmp_path / 'db'}", tmp_path, locales_dir=locales, require_reviewed="consent")
    async with service(chosen) as runtime:
        yield runtime


async def _french(phone: Phone) -> list[str]:
    return await phone.say("language", "Français")


async def test_the_language_is_on_the_menu_and_choosing_it_leads_to_a_human(waiting: Runtime) -> None:
    phone = Phone(waiting)
    menu = await phone.say("good day", "language")
    assert any("Français" in text for text in menu)
    answer = await phone.say("Français")
    assert answer
    assert all(text.startswith("FR ") for text in answer)
    assert [flag.reason for flag in rows(waiting, Flag)] == ["language_not_live"]
    assert rows(waiting, Conversation)[0].language == "fr"


async def test_nothing_of_a_dialogue_is_said_in_it_afterwards(waiting: Runtime) -> None:
    phone = Phone(waiting)
    await phone.say("good day")
    await _french(phone)
    assert await phone.say("a long story") == ["FR A person will read your messages and write to you."]
    assert await phone.say("menu") == ["FR A person will read your messages and write to you."]


async def test_another_language_can_be_chosen_from_there(waiting: Runtime) -> None:
    phone = Phone(waiting)
    await phone.say("good day")
    await _french(phone)
    answer = await phone.say("English")
    assert "Red or blue?" in "\n".join(answer)


async def test_stopping_works_in_it(waiting: Runtime) -> None:
    phone = Phone(waiting)
    await phone.say("good day")
    await _french(phone)
    await phone.say("STOP")
    assert await phone.say("hello") == []


async def test_we_begin_nothing_in_it(waiting: Runtime) -> None:
    phone = Phone(waiting)
    await phone.say("good day")
    await _french(phone)
    receipt = await waiting.receiver.begin(phone.conversation_id, "check_in", {})
    assert receipt.outbound == ()
    assert receipt.rejected is not None


async def test_after_the_review_the_dialogues_are_spoken(tmp_path: Path, locales: Path) -> None:
    mark_reviewed(locales, "fr", "A. Reader", date(2026, 11, 20))
    chosen = settings(f"sqlite:///{tmp_path / 'db'}", tmp_path, locales_dir=locales, require_reviewed="consent")
    async with service(chosen) as runtime:
        phone = Phone(runtime)
        await phone.say("good day")
        assert "FR Red or blue?" in "\n".join(await _french(phone))
        assert rows(runtime, Flag) == []


async def test_each_agency_decides_what_it_waits_for(tmp_path: Path, locales: Path) -> None:
    chosen = settings(f"sqlite:///{tmp_path / 'db'}", tmp_path, locales_dir=locales)
    async with service(chosen) as runtime:
        _second_agency(runtime)
        known = runtime.loaded.dialogues
        offices.set_require_reviewed(runtime.store, "Another agency", "consent, hello", known, MONDAY_NOON)
        ours, theirs = Phone(runtime), Phone(runtime, account="second")
        for phone in (ours, theirs):
            await phone.say("good day")
        assert "FR Red or blue?" in "\n".join(await _french(ours))
        assert await _french(theirs)
        assert await theirs.say("a long story") == ["FR A person will read your messages and write to you."]
        offices.set_require_reviewed(runtime.store, "Another agency", "", known, MONDAY_NOON)
        assert "FR " in "\n".join(await theirs.say("menu"))
        assert await theirs.say("menu") != ["FR A person will read your messages and write to you."]


async def test_only_dialogues_that_exist_can_be_required(tmp_path: Path, locales: Path) -> None:
    chosen = settings(f"sqlite:///{tmp_path / 'db'}", tmp_path, locales_dir=locales)
    async with service(chosen) as runtime:
        with pytest.raises(offices.OfficeError, match="no such dialogue: invented"):
            offices.set_require_reviewed(runtime.store, None, "consent,invented", runtime.loaded.dialogues, MONDAY_NOON)


def _second_agency(runtime: Runtime) -> None:
    with runtime.store.installation(write=True) as session:
        agency = Agency(name="Another agency", service_name="Another", created_at=MONDAY_NOON)
        session.add(agency)
        session.flush()
        session.add(ChannelAccount(agency_id=agency.id, channel=ChannelKind.CONSOLE, account="second"))
