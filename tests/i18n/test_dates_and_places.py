"""Dates that could be two days are asked again; places are forgiven a slip."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccmm_bot.i18n.dates import read_date
from ccmm_bot.i18n.languages import TAGS
from ccmm_bot.i18n.places import place_names, read_place

_DAYS = st.dates(date(1900, 1, 1), date(2099, 12, 31))
_DIGITS = {"en": "0123456789", "ar": "٠١٢٣٤٥٦٧٨٩", "prs": "۰۱۲۳۴۵۶۷۸۹", "hi": "०१२३४५६७८९", "pa": "੦੧੨੩੪੫੬੭੮੯"}


@given(day=_DAYS, tag=st.sampled_from(TAGS), digits=st.sampled_from(sorted(_DIGITS)), separator=st.sampled_from("-/. "))
def test_the_form_the_prompt_shows_is_read_in_every_language_and_digits(day: date, tag: str, digits: str, separator: str) -> None:
    written = f"{day.year}{separator}{day.month}{separator}{day.day}".translate(str.maketrans(_DIGITS["en"], _DIGITS[digits]))
    assert read_date(written, tag) == day.isoformat()


def test_a_date_among_long_rows_of_blanks_is_read_without_trying_every_way_to_share_them_out() -> None:
    apart = " " * 1900
    assert read_date(f"2026{apart}-{apart}1 - 31", "en") == "2026-01-31"
    assert read_date(f"2026{apart}1{apart}x", "en") is None
    assert read_date(f"1{apart}1{apart}x", "en") is None


@given(day=_DAYS)
def test_canadian_ambiguity_is_never_resolved_by_a_guess(day: date) -> None:
    for written in (f"{day.day}/{day.month}/{day.year}", f"{day.month}/{day.day}/{day.year}"):
        ambiguous = day.day <= 12 and day.day != day.month
        assert read_date(written, "en") == (None if ambiguous else day.isoformat())


@given(
    year=st.integers(1300, 1499), month=st.integers(1, 12), day=st.integers(1, 29), tag=st.sampled_from(["prs", "fa", "ps", "ar"])
)
def test_solar_and_lunar_hijri_years_are_not_misread(year: int, month: int, day: int, tag: str) -> None:
    for written in (f"{year}-{month}-{day}", f"{day}/{month}/{year}", f"{year}/{month:02}/{day:02}"):
        assert read_date(written, tag) is None


@pytest.mark.parametrize("tag", ["ti", "am"])
@pytest.mark.parametrize("written", ["31/3/2018", "5/13/2018", "13/5/2018", "2018-13-05", "2018-02-30", "፭-፩-፳፻፲፰", "1 መስከረም 2018"])
def test_ethiopian_dates_are_not_misread(tag: str, written: str) -> None:
    assert read_date(written, tag) is None


@given(st.text(max_size=40), st.sampled_from([None, *TAGS]))
def test_reading_a_date_never_fails(text: str, tag: str | None) -> None:
    found = read_date(text, tag)
    assert found is None or date.fromisoformat(found) + timedelta(0) == date.fromisoformat(found)


@pytest.mark.parametrize("id_", sorted(place_names()))
def test_every_place_is_read_by_its_name_with_and_without_the_province(id_: str) -> None:
    name = place_names()[id_]
    for written in (name, name.upper(), f"{name}, BC", f"{name} British Columbia", name.replace(" ", "-")):
        assert read_place(written) == id_


@pytest.mark.parametrize(
    ("written", "id_"),
    [("Surry", "surrey"), ("Abotsford", "abbotsford"), ("Kelona", "kelowna"), ("Vancuver", "vancouver"), ("چیلیواک", "chilliwack")],
)
def test_a_slip_in_a_name_is_forgiven(written: str, id_: str) -> None:
    assert read_place(written) == id_


@pytest.mark.parametrize("written", ["Toronto", "Calgary", "BC", "Canada", "my house", "", "12", "Vancouver or Surrey"])
def test_a_place_we_do_not_know_is_asked_again(written: str) -> None:
    assert read_place(written) is None
