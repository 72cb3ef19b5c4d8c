"""Help lines that nobody has confirmed: their numbers are told to nobody, and nobody is left without any number."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from ccmm_bot.casework.agencies import help_lines
from ccmm_bot.conversation.help_lines import HelpLine, load_help_lines
from ccmm_bot.conversation.present import Stage, present
from ccmm_bot.conversation.withholding import gives_number, without
from ccmm_bot.dialogue import system_texts
from ccmm_bot.dialogue.effects import Say
from ccmm_bot.dialogue.loader import load_program
from ccmm_bot.dialogue.model import Text
from ccmm_bot.i18n.catalogues import Catalogues
from ccmm_bot.i18n.texts import of_all
from ccmm_bot.messages import LIMITS, ChannelKind
from ccmm_bot.runtime import Runtime
from ccmm_bot.store.tables import Agency, Audit
from tests.conversation.support import MONDAY_NOON, Phone, rows, service, settings

ROOT = Path(__file__).parents[2]
REAL = ROOT / "dialogues"
LINES = load_help_lines(REAL)
WAITING = tuple(line for line in LINES if line.unverified)
PHONES = frozenset(line.phone for line in WAITING)
WORDS = "my husband wants to kill me"


@pytest.fixture
async def runtime(sqlite_url: str, tmp_path: Path) -> AsyncIterator[Runtime]:
    """A service with the real dialogues and their data file, which no administrator has looked at."""
    async with service(settings(sqlite_url, tmp_path, REAL)) as opened:
        yield opened


def confirm(runtime: Runtime, *ids: str) -> int:
    return help_lines.confirm(
        runtime.store, runtime.agency_id, runtime.help_lines, ids, by="A. Administrator", now=runtime.clock.now()
    )


def given(said: list[str]) -> set[str]:
    """The help lines whose numbers are in what was said."""
    return {line.id for line in LINES for text in said if without(text, frozenset({line.phone})) != text}


async def test_before_anybody_has_confirmed_a_line_only_911_is_given(phone: Phone) -> None:
    said = await phone.say(WORDS)
    assert said[0] == "Thank you for writing to us. You can call now, day and night: 911 (police, ambulance)."
    assert given(said) == {"emergency"}


async def test_a_confirmed_line_is_given_from_the_next_message_on(runtime: Runtime, phone: Phone) -> None:
    confirm(runtime, "suicide_crisis")
    assert given(await phone.say(WORDS)) == {"emergency", "suicide_crisis"}


async def test_with_every_line_confirmed_the_words_are_those_of_the_texts(runtime: Runtime, phone: Phone) -> None:
    assert confirm(runtime, *(line.id for line in WAITING)) == len(WAITING)
    assert (await phone.say(WORDS))[0] == system_texts.CRISIS_NOW.source


async def test_a_confirmation_taken_back_counts_at_once(runtime: Runtime, phone: Phone) -> None:
    confirm(runtime, "suicide_crisis")
    assert help_lines.withdraw(runtime.store, runtime.agency_id, runtime.help_lines, "suicide_crisis", now=runtime.clock.now())
    assert given(await phone.say(WORDS)) == {"emergency"}


async def test_another_agencys_confirmation_counts_for_it_alone(runtime: Runtime, phone: Phone) -> None:
    with runtime.store.installation(write=True) as session:
        other = Agency(name="Another agency", service_name="Another", created_at=runtime.clock.now())
        session.add(other)
        session.flush()
        key = other.id
    help_lines.confirm(runtime.store, key, runtime.help_lines, ["suicide_crisis"], by="B. B.", now=runtime.clock.now())
    assert given(await phone.say(WORDS)) == {"emergency"}


async def test_an_entry_that_changed_has_to_be_confirmed_again(tmp_path: Path, sqlite_url: str) -> None:
    folder = tmp_path / "dialogues"
    shutil.copytree(REAL, folder)
    async with service(settings(sqlite_url, tmp_path, folder)) as before:
        confirm(before, "suicide_crisis", "victimlink")
    data = folder / "agencies.yaml"
    data.write_text(data.read_text("utf-8").replace("day and night, English and French", "day and night, English only"), "utf-8")
    async with service(settings(sqlite_url, tmp_path, folder)) as after:
        assert given(await Phone(after).say(WORDS)) == {"emergency", "victimlink"}
        listed = {row.line.id: row for row in help_lines.listed(after.store, after.agency_id, after.help_lines)}
        assert listed["suicide_crisis"].changed
        assert listed["suicide_crisis"].waits
        assert listed["victimlink"].confirmed_by == "A. Administrator"


@pytest.mark.parametrize("choice", "12345")
async def test_whatever_help_is_needed_the_safety_dialogue_gives_911(phone: Phone, choice: str) -> None:
    await phone.say("hello", "English", "1", "menu")
    assert "call 911" in (await phone.say("1"))[0]
    told = await phone.say(choice)
    assert given(told) == {"emergency"}
    assert "How may they contact you?" in told[-1]


def test_what_counts_as_a_number_to_call_is_what_the_data_file_writes() -> None:
    assert all(gives_number(f"Call {line.phone}.") for line in LINES)
    assert not gives_number("Day and night, from 8:00 to 20:00, in more than 110 languages.")


async def test_confirming_is_written_down_and_needs_a_name(runtime: Runtime) -> None:
    confirm(runtime, "nurses")
    assert confirm(runtime, "nurses") == 0
    assert [row.detail["line"] for row in rows(runtime, Audit) if row.action == "help_line.confirmed"] == ["nurses"]
    with pytest.raises(help_lines.HelpLineError, match="Say who"):
        help_lines.confirm(runtime.store, runtime.agency_id, runtime.help_lines, ["nurses"], by=" ", now=MONDAY_NOON)
    with pytest.raises(help_lines.HelpLineError, match="no such help line"):
        confirm(runtime, "invented")


# --- every text, in every language ---------------------------------------------------------------------------------------

CATALOGUES = Catalogues.load(ROOT / "locales")
NAMING = [
    text
    for text in (*of_all(load_program(REAL).dialogues), system_texts.CRISIS_NOW)
    if any(without(text.source, frozenset({phone})) != text.source for phone in PHONES)
]


def _shown(text: Text, tag: str, withheld: frozenset[str]) -> list[str]:
    stage = Stage(catalogues=CATALOGUES, limits=LIMITS[ChannelKind.CONSOLE], language=tag, slots={}, directories={})
    return [content.text for content in present([Say(text=text)], replace(stage, withheld=withheld))]


@pytest.mark.parametrize("tag", sorted(CATALOGUES.tags))
def test_in_every_language_a_text_loses_its_unconfirmed_numbers_and_keeps_one(tag: str) -> None:
    assert len(NAMING) > 10
    for text in {text.key: text for text in NAMING}.values():
        said = _shown(text, tag, PHONES)
        assert given(said) == {"emergency"}, (text.key, said)
        assert all(one.strip() for one in said)


def test_no_question_gives_a_number_that_can_wait() -> None:
    """Only what is said loses sentences; a question has to stand as it is."""
    for dialogue in load_program(REAL).dialogues.values():
        for ask in (state.ask for state in dialogue.states.values() if state.ask is not None):
            texts = (ask.text, ask.again, ask.why, *(option.text for option in ask.item.options))
            sources = [text.source for text in texts if text is not None]
            assert [source for source in sources for phone in PHONES if without(source, frozenset({phone})) != source] == []


@pytest.mark.parametrize("line", WAITING, ids=lambda line: line.id)
def test_one_line_that_waits_takes_no_other_away(line: HelpLine) -> None:
    for text in NAMING:
        before, after = given([text.source]), given(_shown(text, "en", frozenset({line.phone})))
        assert after | {"emergency"} == (before - {line.id}) | {"emergency"}, text.key
