"""Which language a person gets, and the menu of languages on an SMS."""

from __future__ import annotations

import pytest

from ccmm_bot.dialogue import machine as engine
from ccmm_bot.dialogue.model import Text
from ccmm_bot.i18n.catalogues import Catalogues
from ccmm_bot.i18n.languages import TAGS, UnknownLanguage
from ccmm_bot.i18n.negotiation import menu_order, menu_pages, menu_text, negotiate
from ccmm_bot.i18n.segments import segments

HELLO, BYE = Text(key="x.hello.say", source="Hello"), Text(key="x.bye.say", source="Bye")
CATALOGUES = Catalogues(
    {
        "ti": {("x.hello.say", "Hello"): "ሰላም"},
        "ar": {("x.hello.say", "Hello"): "مرحبا", ("x.bye.say", "Bye"): "مع السلامة"},
    }
)


def test_the_first_language_that_has_all_of_it() -> None:
    assert negotiate(CATALOGUES, (HELLO,), ("ti", "ar")) == "ti"
    assert negotiate(CATALOGUES, (HELLO, BYE), ("ti", "ar")) == "ar"
    assert negotiate(CATALOGUES, (HELLO, BYE), ("ti",)) == "en"
    assert negotiate(CATALOGUES, (HELLO, BYE), ()) == "en"


def test_an_unknown_language_fails_loudly() -> None:
    with pytest.raises(UnknownLanguage):
        negotiate(CATALOGUES, (HELLO,), ("xx",))


def test_the_menu_begins_with_the_likely_languages_then_the_commonest() -> None:
    assert menu_order(TAGS, ("ti", "am"))[:4] == ("ti", "am", "ar", "prs")
    assert menu_order(("ru", "fr", "en", "ar")) == ("ar", "en", "fr", "ru")


HEADING, MORE = "Choose your language:", "More languages"


@pytest.mark.parametrize("likely", [(), ("ckb", "kmr"), ("ti",), TAGS[::-1]])
def test_every_page_of_the_menu_fits_three_segments_and_no_language_is_lost(likely: tuple[str, ...]) -> None:
    pages = menu_pages(TAGS, likely, heading=HEADING, more=MORE)
    assert len(pages) <= 3
    assert sorted(tag for page in pages for tag in page) == sorted(TAGS)
    assert all(segments(menu_text(page, HEADING, MORE)).count <= 3 for page in pages)


def test_five_languages_are_one_page() -> None:
    assert menu_pages(("en", "fr", "ar", "prs", "ti"), heading=HEADING, more=MORE) == [("ar", "prs", "en", "fr", "ti")]


def test_the_engines_page_fits_even_with_the_longest_names() -> None:
    longest = sorted(TAGS, key=lambda tag: -len(menu_text((tag,), "", None)))[: engine.LANGUAGES_A_PAGE]
    assert segments(menu_text(longest, HEADING, MORE)).count <= 3


def test_a_budget_that_holds_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="not even one"):
        menu_pages(TAGS, heading="x" * 2000, more=MORE)
