"""Words of crisis are found as people type them, in every language; how often is written down in docs/crisis-words.md."""

from __future__ import annotations

import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccmm_bot.i18n.crisis_words import Crisis, CrisisWords, PhraseError, crisis_words, raw
from ccmm_bot.i18n.languages import TAGS
from tests.house.conftest import ROOT

PHRASES = ROOT / "tests" / "i18n" / "crisis"
LEAST_RECALL, MOST_FALSE_ALARMS = 0.9, 0.1


def phrases(tag: str) -> tuple[list[str], list[str]]:
    """What somebody in a crisis would type, and what somebody else would."""
    data = tomllib.loads((PHRASES / f"{tag}.toml").read_text("utf-8"))
    return data["positive"], data["negative"]


def words(**more: list[str]) -> CrisisWords:
    """A list of one language."""
    empty: dict[str, list[str]] = {kind.value: [] for kind in Crisis}
    return CrisisWords({"en": {"not": ["not", "never"], **empty, **more}})


@pytest.mark.parametrize("tag", TAGS)
def test_there_are_thirty_different_phrases_of_each_kind(tag: str) -> None:
    positive, negative = phrases(tag)
    assert len(set(positive)) == len(positive) >= 30
    assert len(set(negative)) == len(negative) >= 30


@pytest.mark.parametrize("tag", TAGS)
def test_most_calls_for_help_are_heard(tag: str) -> None:
    positive, _ = phrases(tag)
    missed = [text for text in positive if crisis_words().find(text) is None]
    assert 1 - len(missed) / len(positive) >= LEAST_RECALL, missed


@pytest.mark.parametrize("tag", TAGS)
def test_little_else_is_taken_for_one(tag: str) -> None:
    _, negative = phrases(tag)
    wrong = [text for text in negative if crisis_words().find(text) is not None]
    assert len(wrong) / len(negative) <= MOST_FALSE_ALARMS, wrong


@pytest.mark.parametrize("tag", TAGS)
@pytest.mark.parametrize("kind", Crisis)
def test_every_language_has_phrases_for_everything(tag: str, kind: Crisis) -> None:
    assert raw(tag)[kind.value]


@given(st.text(max_size=300))
def test_no_text_is_too_strange(text: str) -> None:
    crisis_words().find(text)


def test_spelling_is_forgiving() -> None:
    found = words(suicide=["want to die"]).find
    for text in ("WANT TO DIE", "want  to\ndie!!", "I waaaant to dieeee", "ｗａｎｔ ｔｏ ｄｉｅ"):
        assert found(text), text


def test_words_may_come_in_between_but_not_too_many() -> None:
    found = words(suicide=["want .. die"]).find
    assert found("I want so much to die")
    assert not found("I want to see the film in which they die")


def test_a_phrase_stands_on_word_boundaries() -> None:
    found = words(suicide=["want to die"]).find
    assert not found("want to diet")
    assert not found("swant to die")


def test_an_ending_may_be_left_open() -> None:
    found = words(suicide=["suicid*"]).find
    assert found("suicidal thoughts")


def test_the_end_of_the_message_can_be_meant() -> None:
    found = words(suicide=["not want to live $"]).find
    assert found("I do not want to live")
    assert not found("I do not want to live in Surrey")


def test_not_silences_a_blow_but_never_talk_of_dying() -> None:
    found = words(violence=["hit* me"], suicide=["kill myself"], danger=["!not safe"]).find
    assert found("he hits me")
    assert not found("he never hits me")
    assert found("I will not kill myself")
    assert found("I am not safe")


def test_one_blow_that_is_not_denied_is_enough() -> None:
    found = words(violence=["hit* me"]).find
    assert found("he did not hit me before but today he hits me")


def test_persian_is_heard_however_its_prefix_is_joined() -> None:
    find = crisis_words().find
    for text in ("میخواهم بمیرم", "می خواهم بمیرم", "می\u200cخواهم بمیرم"):
        assert find(text), text


@pytest.mark.parametrize("phrase", ["", "..", "*ing", "ab*"])
def test_a_phrase_that_cannot_be_looked_up_is_refused(phrase: str) -> None:
    with pytest.raises(PhraseError):
        words(suicide=[phrase])
