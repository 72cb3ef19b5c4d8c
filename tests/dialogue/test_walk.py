"""The walk takes every transition and every pair, in every language, with the real engine and the real reader."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from ccmm_bot.cli.authoring import Workbench, open_workbench
from ccmm_bot.dialogue.model import Command
from ccmm_bot.dialogue.reading import Question, Reader, Reading
from ccmm_bot.dialogue.verify import verify
from ccmm_bot.dialogue.verify.walk import Walked, walk
from tests.dialogue.broken_cases import FOLDER


def walk_all(workbench: Workbench, reader: Reader | None = None) -> Walked:
    scope = workbench.scope(())
    scope = dataclasses.replace(scope, examined=tuple(scope.dialogues.values()))
    return walk(scope, workbench.choices, reader or workbench.reader)


@pytest.fixture(scope="module")
def real() -> Workbench:
    return open_workbench(None, None)


def test_the_real_dialogues_are_sound(real: Workbench) -> None:
    found = (*real.loaded.findings, *verify(real.scope(())))

    assert not found, "\n".join(map(str, found))


def test_the_real_dialogues_can_be_walked_in_every_language_they_are_offered_in(real: Workbench) -> None:
    walked = walk_all(real)

    assert not walked.findings, "\n".join(map(str, walked.findings))
    assert walked.languages == len(real.languages) >= 5
    # Every transition and every possible pair in each language by number; by word again, wherever there are words to type.
    least = (walked.transitions + walked.pairs) * walked.languages
    assert walked.walks >= 1.25 * least


def test_every_transition_is_counted_once_and_pairs_follow_each_other() -> None:
    base = open_workbench(FOLDER / "base", FOLDER / "nowhere")
    transitions = sum(len(state.next) for dialogue in base.loaded.dialogues.values() for state in dialogue.states.values())

    walked = walk_all(base)

    assert walked.transitions == transitions
    assert walked.pairs == 1  # route → part → bye is the only one behind another


class Misreading:
    """The real reader, but for one answer it always takes for another."""

    def __init__(self, reader: Reader, heard: str, understood: str) -> None:
        self._reader, self._heard, self._understood = reader, heard, understood

    def read(self, text: str, question: Question, language: str | None) -> Reading:
        return self._reader.read(self._understood if text == self._heard else text, question, language)

    def command(self, text: str, language: str | None, *, numeric: bool = False) -> Command | None:
        return self._reader.command(text, language, numeric=numeric)

    def language(self, text: str) -> str | None:
        return self._reader.language(text)


def test_an_answer_that_is_taken_for_another_is_found_where_it_leads_astray() -> None:
    base = open_workbench(FOLDER / "base", FOLDER / "nowhere")

    walked = walk_all(base, Misreading(base.reader, "Yes, I agree", "No"))

    assert [(one.code, Path(one.mark.file).name, one.mark.line) for one in walked.findings] == [("D601", "consent.yaml", 9)]
    assert 'the word "Yes, I agree"' in walked.findings[0].message


def test_a_number_that_is_not_understood_is_found() -> None:
    base = open_workbench(FOLDER / "base", FOLDER / "nowhere")

    walked = walk_all(base, Misreading(base.reader, "2", "???"))

    assert {one.mark.line for one in walked.findings} == {10}
    assert 'the number "2"' in walked.findings[0].message


@pytest.mark.parametrize("answer", ["", "Ja", "3"])
def test_whatever_is_misread_the_walk_itself_goes_on(answer: str) -> None:
    base = open_workbench(FOLDER / "base", FOLDER / "nowhere")

    assert walk_all(base, Misreading(base.reader, "1", answer)).findings
