"""Numbers, addresses and placeholders go through a translation unchanged, whatever the model does."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccmm_bot.translation.masking import kept, translate_around
from ccmm_bot.translation.sentences import LONGEST, sentences


def shout(text: str) -> str:
    """A model that changes every letter and keeps strange words."""
    return text.upper()


def scramble(text: str) -> str:
    """A model that keeps nothing of what it is given."""
    return "xxxx"


@pytest.mark.parametrize(
    ("text", "fixed"),
    [
        ("call 604-555-0123 now", ["604-555-0123"]),
        ("اتصل على ٦٠٤٥٥٥٠١٢٣ غدا", ["٦٠٤٥٥٥٠١٢٣"]),
        ("ሰዓት ፲፪ ምጹኣይ", ["፲፪"]),
        ("vivo en 12 Main Street, V5K 0A1", ["12 Main Street", "V5K 0A1"]),
        ("see https://example.org/a?b=1.", ["https://example.org/a?b=1"]),
        ("write to a.b@example.org!", ["a.b@example.org"]),
        ("Hello {service_name}, +1 (604) 555-0123", ["{service_name}", "+1 (604) 555-0123"]),
        ("at 14:30 on 2026-11-22", ["14:30", "2026-11-22"]),
        ("nothing here", []),
    ],
)
def test_what_must_not_change_is_found(text: str, fixed: list[str]) -> None:
    assert kept(text) == fixed


@pytest.mark.parametrize("model", [shout, scramble])
def test_it_comes_out_as_it_went_in_whatever_the_model_does(model: Callable[[str], str]) -> None:
    text = "come to 12 Main Street at 14:30, call 604 555 0123 or write to a.b@example.org"
    said = translate_around(text, model)
    for fixed in ("12 Main Street", "14:30", "604 555 0123", "a.b@example.org"):
        assert said.count(fixed) == 1


def test_a_model_that_keeps_strange_words_gets_the_whole_sentence() -> None:
    seen: list[str] = []

    def model(text: str) -> str:
        seen.append(text)
        return text.upper()

    assert translate_around("come at 14:30 please", model) == "COME AT 14:30 PLEASE"
    assert len(seen) == 1


def test_lines_and_sentences_stay_in_their_order() -> None:
    assert translate_around("one. two?\nthree", shout) == "ONE. TWO?\nTHREE"


@given(st.text(max_size=400))
def test_any_text_keeps_its_numbers(text: str) -> None:
    before = [letter for each in kept(text) for letter in each if letter.isdecimal()]
    after = [letter for letter in translate_around(text, lambda sentence: sentence) if letter.isdecimal()]
    assert after == before


@pytest.mark.parametrize(
    ("text", "count"),
    [("Uno. Dos. Tres", 3), ("ሓደ። ክልተ።", 2), ("एक। दो।", 2), ("واحد؟ اثنان", 2), ("It costs 3.50 at example.org", 1), ("", 0)],
)
def test_sentences_end_at_the_marks_of_every_script(text: str, count: int) -> None:
    assert len(sentences(text)) == count


@given(st.text(alphabet="ab .؟", max_size=1000))
def test_cutting_loses_nothing_but_spaces_and_no_piece_is_too_long(text: str) -> None:
    cut = sentences(text)
    assert "".join("".join(cut).split()) == "".join(text.split())
    assert all(len(each) <= LONGEST for each in cut)
