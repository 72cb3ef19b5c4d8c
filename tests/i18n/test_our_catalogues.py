"""The service's own catalogues: up to date, clean, and readable when somebody types what they say."""

from __future__ import annotations

import re

import pytest

from ccmm_bot.dialogue.loader import load_program
from ccmm_bot.dialogue.model import Command
from ccmm_bot.dialogue.reading import Question, Understood
from ccmm_bot.dialogue.system_texts import SKIP, WORDS, every
from ccmm_bot.dialogue.verify.options_apart import shown
from ccmm_bot.i18n import maintenance, pofiles
from ccmm_bot.i18n.catalogues import Catalogues
from ccmm_bot.i18n.languages import LANGUAGES, SOURCE
from ccmm_bot.i18n.lint.entry import Severity
from ccmm_bot.i18n.lint.run import lint_all
from ccmm_bot.i18n.reading import TypedReader
from ccmm_bot.i18n.topics import neutral_keys
from ccmm_bot.settings import Settings

_SETTINGS = Settings()
_CATALOGUES = Catalogues.load(_SETTINGS.locales_dir)
_READER = TypedReader(_CATALOGUES)
_BEGUN = [
    SOURCE,
    *(entry.tag for entry in LANGUAGES if pofiles.path_of(_SETTINGS.locales_dir, entry, "system").is_file()),
]


def test_catalogues_and_templates_are_up_to_date() -> None:
    folders = maintenance.Folders(dialogues=_SETTINGS.dialogues_dir, locales=_SETTINGS.locales_dir)
    assert maintenance.update(folders, write=False) == []


def test_no_translation_breaks_a_rule() -> None:
    neutral = neutral_keys(load_program(_SETTINGS.dialogues_dir).dialogues)
    problems = lint_all(_SETTINGS.locales_dir, neutral=neutral)
    assert [str(one) for one in problems if one.severity is Severity.ERROR] == []


@pytest.mark.parametrize("tag", _BEGUN)
def test_what_the_service_itself_says_is_whole_in_every_language(tag: str) -> None:
    assert _CATALOGUES.missing(every(), tag) == []


@pytest.mark.parametrize("tag", _BEGUN)
def test_every_option_a_person_sees_can_be_typed_as_it_stands(tag: str) -> None:
    for dialogue in load_program(_SETTINGS.dialogues_dir).dialogues.values():
        for state in dialogue.states.values():
            if state.ask is None:
                continue
            item = state.ask.item
            question = Question(item=item, choices=shown(item), exact=state.ask.gate is not None)
            for option in item.options:
                typed = _CATALOGUES.text(option.text, tag)
                if typed is not None:
                    reading = _READER.read(typed, question, tag)
                    assert isinstance(reading, Understood), (tag, typed)
                    assert reading.value in (option.id, (option.id,)) or str(reading.value) == option.id, (tag, typed)


@pytest.mark.parametrize("tag", _BEGUN)
@pytest.mark.parametrize("command", list(Command))
def test_every_command_word_we_show_is_understood(tag: str, command: Command) -> None:
    listed = _CATALOGUES.text(WORDS[command], tag)
    assert listed is not None
    for word in re.split("[,،፣]", listed):
        assert _READER.command(word, tag) is command


@pytest.mark.parametrize("tag", _BEGUN)
def test_whoever_types_what_the_button_to_skip_says_skips(tag: str) -> None:
    label = _CATALOGUES.text(SKIP, tag) or SKIP.source
    assert _READER.command(label, tag) is Command.SKIP
