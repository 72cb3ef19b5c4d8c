"""Every text in every offered language fits every channel, and its buttons mean the same in all of them."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

import pytest

from ccmm_bot.cli.authoring import Workbench, open_workbench
from ccmm_bot.conversation.fit import misfits
from ccmm_bot.conversation.present import Contacts, present
from ccmm_bot.dialogue import prompts, system_texts
from ccmm_bot.dialogue.effects import Note, Prompt, Say, ShowDirectory
from ccmm_bot.dialogue.model import Ask, ItemType, Text
from ccmm_bot.dialogue.verify.translated import offered
from ccmm_bot.messages import LIMITS, Button, ChannelKind, ChannelLimits, Content, Layout
from ccmm_bot.runtime import load_words
from ccmm_bot.settings import Settings

CHANNELS = (ChannelKind.SMS, ChannelKind.WHATSAPP, ChannelKind.TELEGRAM)


@cache
def bench() -> Workbench:
    return open_workbench(None, None)


@cache
def directories() -> dict[str, Contacts]:
    return bench().directories()


def dialogue_ids() -> list[str]:
    return sorted(bench().loaded.dialogues)


def asked(ask: Ask, text: Text, note: Note | None) -> Iterator[Prompt]:
    """The question as it is first shown and, for several choices, with every choice marked."""
    program = bench().loaded.require()
    choices = prompts.choices(bench().machine(program), ask.item, 0, ())
    marks = [()] + ([tuple(choice.id for choice in choices)] if ask.item.type is ItemType.SELECT_MANY else [])
    for marked in marks:
        yield Prompt(
            wait=2_000_000_000,
            text=text,
            item=ask.item,
            choices=choices,
            note=note,
            skippable=ask.skip,
            segments=ask.segments,
            marked=marked,
            progress=(88, 99),
        )


def effects(dialogue: str) -> Iterator[Say | Prompt]:
    """Everything the dialogue can say: every text, and every question in both wordings with every note before it."""
    for state in bench().loaded.dialogues[dialogue].states.values():
        yield from (Say(text=text) for text in state.say)
        if state.ask is not None:
            if state.ask.why is not None:
                yield Say(text=state.ask.why)
            for text in filter(None, (state.ask.text, state.ask.again)):
                for note in (None, *Note):
                    yield from asked(state.ask, text, note)


def shown(effect: Say | Prompt | ShowDirectory, limits: ChannelLimits, language: str) -> list[Content]:
    return present([effect], bench().stage(limits, language, directories()))


@pytest.mark.parametrize("kind", CHANNELS)
@pytest.mark.parametrize("dialogue", dialogue_ids())
def test_every_message_of_a_dialogue_fits_in_every_language(dialogue: str, kind: ChannelKind) -> None:
    languages = offered(bench().loaded.dialogues[dialogue], bench().catalogues, bench().languages)
    assert "en" in languages
    for effect in effects(dialogue):
        for language in languages:
            contents = shown(effect, LIMITS[kind], language)
            assert len(contents) == 1, (language, contents)
            assert [*misfits(contents[0], LIMITS[kind])] == [], (language, contents[0].text)


@pytest.mark.parametrize("kind", CHANNELS)
def test_every_text_of_the_system_fits_in_every_language(kind: ChannelKind) -> None:
    for text in system_texts.every():
        for language in bench().languages:
            for content in shown(Say(text=text), LIMITS[kind], language):
                assert [*misfits(content, LIMITS[kind])] == [], (language, content.text)


@pytest.mark.parametrize("kind", CHANNELS)
def test_every_list_of_contacts_fits(kind: ChannelKind) -> None:
    for name in directories():
        for language in bench().languages:
            for content in shown(ShowDirectory(name=name, where=None), LIMITS[kind], language):
                assert [*misfits(content, LIMITS[kind])] == [], language


def test_whatever_language_the_service_offers_is_tried_here_without_being_named() -> None:
    _, _, machine = load_words(Settings(_env_file=None))
    assert {choice.id for choice in machine.languages} == set(bench().languages)


def payloads(content: Content) -> list[str]:
    return [button.payload for button in content.buttons]


@pytest.mark.parametrize("dialogue", dialogue_ids())
def test_a_button_means_the_same_in_every_language(dialogue: str) -> None:
    languages = offered(bench().loaded.dialogues[dialogue], bench().catalogues, bench().languages)
    for effect in effects(dialogue):
        in_english = payloads(shown(effect, LIMITS[ChannelKind.TELEGRAM], "en")[-1])
        for language in languages:
            assert payloads(shown(effect, LIMITS[ChannelKind.TELEGRAM], language)[-1]) == in_english
            on_whatsapp = shown(effect, LIMITS[ChannelKind.WHATSAPP], language)[-1]
            assert on_whatsapp.layout is Layout.TEXT or payloads(on_whatsapp) == in_english


def test_native_buttons_are_used_wherever_they_fit() -> None:
    used = {
        content.layout
        for dialogue in dialogue_ids()
        for effect in effects(dialogue)
        for content in shown(effect, LIMITS[ChannelKind.WHATSAPP], "en")
    }
    assert used == {Layout.TEXT, Layout.BUTTONS, Layout.LIST}


def test_what_does_not_fit_is_said() -> None:
    limits = LIMITS[ChannelKind.WHATSAPP]
    button = Button(payload="w1." + "x" * 70, label="A label that is far too long")
    found = " | ".join(misfits(Content(text="x" * 1025, layout=Layout.BUTTONS, buttons=(button,) * 4), limits))
    for words in ("1025 characters", "4 buttons", "28 characters", "read alike", "64 bytes"):
        assert words in found
    assert "empty" in " ".join(misfits(Content(text=" "), limits))
