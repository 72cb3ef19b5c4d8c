"""The doors through which Babel and its tools find us."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message, TranslationError
from babel.messages.checkers import checkers

from ccmm_bot.dialogue.loader import load_program
from ccmm_bot.i18n import templates
from ccmm_bot.i18n.checkers import check_placeholders
from ccmm_bot.i18n.pofiles import entries
from ccmm_bot.i18n.texts import of_all
from ccmm_bot.settings import Settings

_ROOT = Path(__file__).parents[2]


def test_babel_finds_our_checker() -> None:
    assert check_placeholders in checkers


@pytest.mark.parametrize(("source", "translation"), [("Hi {name}", "ሰላም"), ("Hi", "ሰላም {name}"), ("Hi {name}", "ሰላም {name} {")])
def test_the_checker_refuses_other_placeholders(source: str, translation: str) -> None:
    with pytest.raises(TranslationError):
        check_placeholders(Catalog(), Message(source, translation))


@pytest.mark.parametrize(("source", "translation"), [("Hi {name}", "{name} ሰላም"), ("Hi", "ሰላም"), ("Hi {name}", "")])
def test_the_checker_accepts_the_same_placeholders(source: str, translation: str) -> None:
    check_placeholders(Catalog(), Message(source, translation))


def test_pybabel_extracts_our_dialogues_with_babel_cfg(tmp_path: Path) -> None:
    template = tmp_path / "all.pot"
    command = [sys.executable, "-m", "babel.messages.frontend", "-q", "extract", "-F", "babel.cfg", "-o", str(template), "."]
    done = subprocess.run(command, cwd=_ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert 'msgctxt "system.yes"' in template.read_text(encoding="utf-8")
    assert 'msgctxt "welcome.language.text"' in template.read_text(encoding="utf-8")


def test_what_is_extracted_is_what_a_person_can_be_shown() -> None:
    """The catalogue's keys and the engine's are made by the same parser; this holds them together for the real dialogues."""
    folder = Settings().dialogues_dir
    extracted = {(message.context, message.id) for template in templates.build(folder).values() for message in entries(template)}
    loaded = load_program(folder)
    shown = {(text.key, text.source) for text in of_all(loaded.dialogues)}
    unused = {(option.text.key, option.text.source) for options in loaded.shared.values() for option in options.options}
    assert shown <= extracted
    assert extracted - shown <= unused
