"""A moment is written the way people of the language write one, on the agency's clock."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from ccmm_bot.i18n.languages import LANGUAGES
from ccmm_bot.i18n.moments import day, moment

AT = datetime(2026, 3, 2, 19, 0, tzinfo=UTC)
ZONE = ZoneInfo("America/Vancouver")


@pytest.mark.parametrize(
    ("tag", "written"),
    [
        ("en", "Monday, March 2, 2026, 11:00 AM"),
        ("fr", "lundi 2 mars 2026, 11 h 00"),
        ("es", "lunes, 2 de marzo de 2026, 11:00"),
        ("ar", "الاثنين، 2 مارس 2026، 11:00 ص"),
        ("prs", "دوشنبه 2 مارچ 2026، 11:00"),
        ("ti", "ሰኑይ፣ 2026-03-02፣ 11:00 AM"),
        ("am", "ሰኞ 2 ማርች 2026፣ 11:00 AM"),
    ],
)
def test_day_and_time_stand_in_the_words_and_with_the_comma_of_the_language(tag: str, written: str) -> None:
    assert moment(AT, ZONE, tag) == written


@pytest.mark.parametrize("tag", [entry.tag for entry in LANGUAGES])
def test_no_space_makes_an_sms_longer_than_it_looks(tag: str) -> None:
    written = moment(AT, ZONE, tag) + day(AT, ZONE, tag)
    assert [letter for letter in written if letter.isspace() and letter != " "] == []


def test_an_ethiopian_month_or_hour_is_never_written_for_one_of_ours() -> None:
    for hour in range(24):
        at = datetime(2026, 3, 2, hour, 30, tzinfo=ZONE)
        for tag in ("ti", "am"):
            assert moment(at, ZONE, tag).endswith(("AM", "PM"))
        assert "መጋቢት" not in moment(at, ZONE, "ti") + day(at, ZONE, "ti")
    assert day(AT, ZONE, "ti") == "2026-03-02"
