"""Codes on paper: hard to guess, easy to copy, and never mistaken for what people write."""

from __future__ import annotations

import re

import pytest
from hypothesis import given as for_any
from hypothesis import strategies as st

from ccmm_bot.conversation.invitation_codes import LENGTH, RANDOM_SIGNS, SIGNS, Given, given, new_code, payload, sentence, written
from ccmm_bot.i18n.languages import TAGS

CODE = "7K3M9QWX2T4VB"  # as new_code makes them, but for its last sign
CODE = CODE[:-1] + next(sign for sign in SIGNS if given(CODE[:-1] + sign))


def test_a_code_has_sixty_random_bits() -> None:
    assert len(SIGNS) ** RANDOM_SIGNS == 2**60
    assert len({new_code() for _ in range(5000)}) == 5000
    assert not set("ILOU") & set(SIGNS), "what looks or sounds alike is left out"


@for_any(st.sampled_from(("", *TAGS)))
def test_every_code_is_read_back_from_everything_it_is_written_in(tag: str) -> None:
    code = new_code()
    assert given(code) == given(written(code)) == given(code.lower()) == given(sentence(code)) == Given(code=code)
    assert given(f"/start {payload(code)}") == Given(code=code)
    if tag:
        assert given(sentence(code, tag)) == given(f"/start {payload(code, tag)}") == Given(code=code, language=tag)


def test_a_deep_link_takes_what_it_carries() -> None:
    longest = max((payload(new_code(), tag) for tag in TAGS), key=len)
    assert re.fullmatch(r"[A-Za-z0-9_-]{1,64}", longest)


@pytest.mark.parametrize(
    "text",
    [
        f"start {written(CODE).lower()}",
        f"START: {CODE}.",
        f"start\n{CODE}",
        f"\u200f{CODE}\u200e",
        CODE.replace("0", "O").replace("1", "I"),
        written(CODE).replace("-", "–"),
        "".join(chr(ord("０") + int(sign)) if sign.isdecimal() else sign for sign in CODE),
        "".join("٠١٢٣٤٥٦٧٨٩"[int(sign)] if sign.isdecimal() else sign for sign in CODE),
    ],
)
def test_a_code_is_read_however_it_was_typed(text: str) -> None:
    assert given(text) == Given(code=CODE)


def test_one_slip_is_noticed_wherever_it_is() -> None:
    for place in range(LENGTH):
        for sign in "2A":
            if CODE[place] != sign:
                slip = f"START {CODE[:place]}{sign}{CODE[place + 1 :]}"
                assert given(slip) == Given(code=None)


def test_two_signs_that_changed_places_are_noticed() -> None:
    for place in range(LENGTH - 1):
        swapped = CODE[:place] + CODE[place + 1] + CODE[place] + CODE[place + 2 :]
        if swapped != CODE:
            assert given(f"START {swapped}") == Given(code=None)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "START",
        "START ti",
        "/start ar",
        "hello",
        "international",
        "+251 911 234 5678",
        "604 555 0100",
        "1 2 3 4 5 6 7 8 9 10 11",
        "2026-03-31",
        "Apartment 12, 4455 Main Street",
        "V5K 0A1 Vancouver",
        "ትግርኛ",
        f"my code is {CODE}",
        CODE * 3,
        "x" * 10_000,
        "\ud83d",
    ],
)
def test_what_people_write_is_no_code(text: str) -> None:
    assert given(text) is None


@for_any(st.text(max_size=60))
def test_reading_never_fails(text: str) -> None:
    given(text)
