"""Guessing the language of a first message, to order the menu and for nothing else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccmm_bot.i18n.guess import likely_languages
from ccmm_bot.i18n.languages import TAGS

FIRST_MESSAGES = {
    "en": ["hello i need help", "I want to talk to someone about housing"],
    "fr": ["Bonjour, j'ai besoin d'aide", "je cherche un logement"],
    "ar": ["السلام عليكم", "مرحبا أريد مساعدة", "انا محتاج بيت"],
    "prs": ["سلام من کمک میخواهم", "من داکتر کار دارم", "تشکر از شما"],
    "fa": ["سلام کمک می‌خوام", "مرسی ممنون دکتر لازم دارم"],
    "ps": ["زه مرسته غواړم", "سلام ستړی مه شې"],
    "ckb": ["سڵاو یارمەتیم دەوێت", "پێویستم بە خانوو هەیە"],
    "kmr": ["ez alîkarî dixwazim", "rojbaş, min mal tune"],
    "ti": ["ሰላም ሓገዝ የድልየኒ", "ከመይ ኣለኹም"],
    "am": ["ሰላም እርዳታ እፈልጋለሁ", "እንዴት ናችሁ"],
    "so": ["waxaan u baahanahay caawimaad", "iska warran"],
    "sw": ["nahitaji msaada", "habari yako"],
    "es": ["hola necesito ayuda", "¿pueden ayudarme?"],
    "hi": ["मुझे मदद चाहिए"],
    "pa": ["ਮੈਨੂੰ ਮਦਦ ਚਾਹੀਦੀ ਹੈ"],
    "uk": ["мені потрібна допомога", "дякую, я шукаю житло"],
    "ru": ["мне нужна помощь", "я ищу жильё"],
}
_PAIRS = [(tag, text) for tag, texts in FIRST_MESSAGES.items() for text in texts]


@pytest.mark.parametrize(("tag", "text"), _PAIRS)
def test_the_language_of_a_first_message_is_among_the_likely_ones(tag: str, text: str) -> None:
    assert tag in likely_languages(text, None)


def test_most_first_messages_are_guessed_right_away() -> None:
    right = sum(likely_languages(text)[0] == tag for tag, text in _PAIRS)
    assert right / len(_PAIRS) > 0.85


@pytest.mark.parametrize(("hint", "first"), [("fa", "prs"), ("uk", "uk"), ("ti", "ti")])
def test_the_language_of_the_app_counts_when_the_message_says_nothing(hint: str, first: str) -> None:
    assert likely_languages("👋", hint)[0] == first


def test_nothing_said_nothing_guessed() -> None:
    assert likely_languages("", None) == ()


def test_the_name_of_a_language_is_that_language_alone() -> None:
    assert likely_languages("ትግርኛ", "en") == ("ti",)


@given(st.text(st.characters(), max_size=200), st.none() | st.text(max_size=8))
def test_guessing_never_fails_and_gives_our_tags(text: str, hint: str | None) -> None:
    likely = likely_languages(text, hint)
    assert len(likely) <= 4
    assert set(likely) <= set(TAGS)
