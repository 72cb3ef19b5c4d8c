"""The matching copy: what is folded, and what must not be."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccmm_bot.i18n import ethiopic
from ccmm_bot.i18n.languages import TAGS
from ccmm_bot.i18n.normalise import fold, words


@pytest.mark.parametrize(
    ("tag", "one", "other"),
    [
        ("ar", "أنا إلى آخر", "انا الي اخر"),
        ("ar", "مدرسة", "مدرسه"),
        ("ar", "مُدَرِّسَة", "مدرسة"),
        ("ar", "كـــتاب", "كتاب"),
        ("fa", "كتابي", "کتابی"),
        ("fa", "نمی‌دانم", "نمی دانم"),
        ("ckb", "به‌ڵێ", "بەڵێ"),
        ("ckb", "ڕۆژ", "روژ"),
        ("ps", "زموږ کورۍ", "زموږ کوری"),
        ("kmr", "şîn û ÇÊ", "sin u ce"),
        ("fr", "Élève à l’école", "eleve a l'ecole"),
        ("ti", "ሥራሕ ፀሓይ", "ስራሕ ጸሓይ"),
        ("ti", "አነ", "ኣነ"),
        ("am", "ሥራ ፀሐይ ዓለም", "ስራ ጸሀይ አለም"),
        ("hi", "हाँ ज़रूर", "हां जरूर"),
        ("pa", "ਪੰਜਾਬੀ", "ਪਂਜਾਬੀ"),
        ("ru", "ещё", "еще"),
        ("uk", "п’ять", "п'ять"),
    ],
)
def test_two_ways_to_write_a_word_are_one(tag: str, one: str, other: str) -> None:
    assert words(one, tag) == words(other, tag)


@pytest.mark.parametrize(
    ("tag", "one", "other"),
    [
        ("hi", "हाँ", "ह"),
        ("hi", "की", "का"),
        ("uk", "її", "іі"),
        ("uk", "йод", "иод"),
        ("ru", "мой", "мои"),
        ("ti", "ሓገዝ", "ሃገዝ"),
        ("ar", "باب", "تاب"),
        ("ps", "ښه", "سه"),
        ("fa", "گل", "کل"),
    ],
)
def test_different_words_stay_different(tag: str, one: str, other: str) -> None:
    assert words(one, tag) != words(other, tag)


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        *[(typed, "12") for typed in ("١٢", "۱۲", "१२", "੧੨", "１２", "1️⃣2️⃣", "⑫", "፲፪")],
        *[("🔟", "10"), ("❷", "2"), ("፪፻፶", "250"), ("፻", "100"), ("፳፻፲፰", "2018"), ("፩፼", "10000"), ("፼", "10000")],
        ("፲፪፼፴፬", "120034"),
    ],
)
def test_numbers_of_every_script_become_digits(typed: str, number: str) -> None:
    assert fold(typed, "ti") == number


@pytest.mark.parametrize("run", ["፪፫", "፩፪፫", "፲፳", "፩፲"])
def test_two_ethiopic_numbers_side_by_side_are_not_added(run: str) -> None:
    assert ethiopic.value(run) is None
    assert len(fold(run, "ti").split()) == len(run)


def test_thousands_of_ethiopic_signs_are_no_number_and_folded_sign_by_sign() -> None:
    assert words("፼" * 2000, "ti").split() == ["10000"] * 2000


@pytest.mark.parametrize("typed", ["½", "10²", "x²"])
def test_fractions_and_powers_are_no_whole_numbers(typed: str) -> None:
    assert not words(typed, None).replace(" ", "").isdecimal()


@pytest.mark.parametrize("typed", ["\u202eabc\u202c", "\u2066abc\u2069", "\ufeffabc", "a\u00adbc", "\u200fabc"])
def test_invisible_characters_are_dropped(typed: str) -> None:
    assert words(typed, "en") == "abc"


@given(st.text(max_size=50), st.sampled_from([None, *TAGS]))
def test_folding_never_fails_and_folding_twice_changes_nothing(text: str, tag: str | None) -> None:
    once = words(text, tag)
    assert words(once, tag) == once
    fold(text, tag)
