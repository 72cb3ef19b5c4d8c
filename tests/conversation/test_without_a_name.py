"""A person whose name nobody has written down: she is served as any other, and we begin nothing that asks for her by initials."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlmodel import select

from ccmm_bot.clock import FixedClock
from ccmm_bot.conversation.present import Stage, present
from ccmm_bot.dialogue.effects import Prompt
from ccmm_bot.dialogue.opening import ABOUT, asks_by_name
from ccmm_bot.i18n.catalogues import Catalogues
from ccmm_bot.messages import LIMITS, ChannelKind
from ccmm_bot.runtime import Runtime
from ccmm_bot.store.tables import Person
from tests.conversation.support import MONDAY_NOON, Phone, service, settings, texts

ROOT = Path(__file__).parents[2]
CATALOGUES = Catalogues.load(ROOT / "locales")


@pytest.fixture
async def runtime(sqlite_url: str, tmp_path: Path, clock: FixedClock) -> AsyncIterator[Runtime]:
    """A service with the real dialogues."""
    async with service(settings(sqlite_url, tmp_path, ROOT / "dialogues"), clock) as opened:
        yield opened


def name(runtime: Runtime, text: str | None) -> None:
    with runtime.store.writing(runtime.agency_id) as session:
        person = session.exec(select(Person)).one()
        person.name = text
        session.add(person)


async def idle(runtime: Runtime, phone: Phone, clock: FixedClock) -> None:
    """She has written, and her conversation has fallen silent."""
    await phone.say("hello", "English", "1")
    clock.set(MONDAY_NOON + timedelta(days=3))
    for timer in await runtime.timers.due(clock.now(), 10):
        await runtime.receiver.fire(timer)


async def test_nothing_that_asks_for_her_is_begun(runtime: Runtime, phone: Phone, clock: FixedClock) -> None:
    await idle(runtime, phone, clock)
    about = runtime.machine.program.facts[ABOUT]
    assert about
    for dialogue in about:
        receipt = await runtime.receiver.begin(phone.conversation_id, str(dialogue))
        assert (receipt.rejected, receipt.outbound) == ("no_name", ())
    name(runtime, "Amina Moradi")
    begun = await runtime.receiver.begin(phone.conversation_id, "entry_survey")
    assert texts(begun)[0].startswith("Hello. This is Harbour. Are you A. M.?")


async def test_a_name_taken_back_leaves_no_gap_in_the_question(runtime: Runtime, phone: Phone, clock: FixedClock) -> None:
    await idle(runtime, phone, clock)
    name(runtime, "Amina Moradi")
    await runtime.receiver.begin(phone.conversation_id, "entry_survey")
    name(runtime, None)
    clock.set(clock.now() + timedelta(days=2, hours=1))
    said = [text for timer in await runtime.timers.due(clock.now(), 10) for text in texts(await runtime.receiver.fire(timer))]
    assert "Hello. This is Harbour. We have a message for you.\n1. Yes, that is me" in said[-1]


def test_only_the_opening_asks_by_initials(runtime: Runtime) -> None:
    asking = {name for name in runtime.machine.dialogues if asks_by_name(runtime.machine, name)}
    assert asking == {runtime.machine.program.opening}


@pytest.mark.parametrize("tag", sorted(CATALOGUES.tags))
def test_in_no_language_is_anybody_asked_for_without_initials(runtime: Runtime, tag: str) -> None:
    ask = runtime.loaded.dialogues["opening"].states["greeting"].ask
    assert ask is not None
    prompt = Prompt(wait=1, text=ask.text, item=ask.item, choices=(), skippable=False, segments=ask.segments)
    slots = {"service_name": "Harbour", "initials": ""}
    stage = Stage(catalogues=CATALOGUES, limits=LIMITS[ChannelKind.SMS], language=tag, slots=slots, directories={})
    (content,) = present([prompt], stage)
    whole = CATALOGUES.text(ask.text, tag) or ask.text.source
    assert "Harbour" in content.text
    assert "?" not in content.text
    assert "؟" not in content.text
    assert len(content.text) < len(whole)
