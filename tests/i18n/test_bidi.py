"""Numbers inside Arabic script are shown in the order they are dialled."""

from __future__ import annotations

import re

import pytest
from fpdf.bidi import BidiParagraph
from fpdf.enums import TextDirection

from ccmm_bot.cli.authoring import open_workbench
from ccmm_bot.dialogue import system_texts
from ccmm_bot.i18n.bidi import dialled
from ccmm_bot.i18n.languages import LANGUAGES, Script
from ccmm_bot.i18n.texts import of_dialogue

ARABIC = [entry.tag for entry in LANGUAGES if entry.script is Script.ARABIC]
NUMBERS = ("8-1-1", "9-8-8", "310-6789", "1-800-563-0808", "604 555 0123", "+1 604 555 0123", "2026-11-23")
#: Digits with something between them that a layout could turn around.
GROUPED = re.compile(r"\d(?:[\d -]*\d)?")


def seen(text: str) -> str:
    """The line as the Unicode Bidirectional Algorithm lays it out, from left to right."""
    paragraph = BidiParagraph(text, base_direction=TextDirection.RTL)
    return "".join(character.character for character in paragraph.get_reordered_characters())


@pytest.mark.parametrize("number", NUMBERS)
def test_a_number_reads_as_it_is_dialled(number: str) -> None:
    said = f"اتصل بالرقم {number} الآن."
    if "-" in number:
        assert number not in seen(said), "this is what the mark is for"
    assert number in seen(dialled(said, "ar"))


@pytest.mark.parametrize("text", ["1. نعم", "10:00", "3 من 12", "من 16 إلى 18", "(5)", "100 %"])
def test_other_digits_are_left_alone(text: str) -> None:
    assert dialled(text, "ar") == text


def test_other_scripts_need_nothing() -> None:
    for tag in ("en", "ti", "hi", "uk", "kmr"):
        assert dialled("Call 8-1-1", tag) == "Call 8-1-1"


def test_it_is_done_once() -> None:
    assert dialled(dialled("على 8-1-1", "ar"), "ar") == dialled("على 8-1-1", "ar")


@pytest.mark.parametrize("tag", ARABIC)
def test_every_number_of_every_text_reads_as_it_is_dialled(tag: str) -> None:
    bench = open_workbench(None, None)
    texts = [text for dialogue in bench.loaded.dialogues.values() for text in of_dialogue(dialogue)]
    found = 0
    for text in (*texts, *system_texts.every()):
        said = bench.catalogues.text(text, tag) or ""
        for number in GROUPED.findall(said):
            if "-" in number:
                found += 1
                (line,) = [line for line in said.splitlines() if number in line][:1]
                assert number in seen(dialled(line, tag)), (text.key, number)
    assert found > 10
