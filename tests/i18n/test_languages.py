"""The table of languages."""

from __future__ import annotations

import pytest
from babel import Locale

from ccmm_bot.i18n.languages import LANGUAGES, RTL, TAGS, Language, MachineTranslation, UnknownLanguage, from_telegram, language


def test_there_are_seventeen() -> None:
    assert TAGS == ("en", "fr", "ar", "prs", "fa", "ps", "ckb", "kmr", "ti", "so", "sw", "es", "hi", "pa", "uk", "ru", "am")


@pytest.mark.parametrize("entry", LANGUAGES, ids=TAGS)
def test_babel_knows_every_catalogue(entry: Language) -> None:
    assert str(Locale.parse(entry.catalogue)) == entry.catalogue


def test_dari_and_kurmanji_have_the_catalogues_babel_would_get_wrong() -> None:
    assert language("prs").catalogue == "fa_AF"
    assert language("kmr").catalogue == "ku"


def test_right_to_left_languages_are_those_in_arabic_script() -> None:
    assert sorted(RTL) == ["ar", "ckb", "fa", "prs", "ps"]
    assert language("kmr").direction == "ltr"


def test_no_two_languages_share_a_name_or_a_folder() -> None:
    assert len({entry.autonym for entry in LANGUAGES}) == len({entry.catalogue for entry in LANGUAGES}) == len(LANGUAGES)


def test_dari_has_an_approximate_machine_translation_and_tigrinya_none() -> None:
    assert language("prs").machine_translation is MachineTranslation.APPROXIMATE
    assert language("ti").machine_translation is MachineTranslation.NONE


def test_the_shares_are_of_the_counted_clients() -> None:
    assert language("ar").share == pytest.approx(209 / 1013)
    assert 0.9 < sum(entry.share for entry in LANGUAGES) < 1


def test_an_unknown_tag_fails_loudly_and_says_which_there_are() -> None:
    with pytest.raises(UnknownLanguage, match=r"'de'.*prs"):
        language("de")


@pytest.mark.parametrize(
    ("code", "tags"),
    [("fa", ("prs", "fa")), ("ku", ("ckb", "kmr")), ("pt-br", ()), ("EN-us", ("en",)), ("fr_CA", ("fr",)), (None, ()), ("", ())],
)
def test_a_telegram_code_hints_at_languages(code: str | None, tags: tuple[str, ...]) -> None:
    assert from_telegram(code) == tags
