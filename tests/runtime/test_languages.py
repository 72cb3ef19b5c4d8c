"""Which languages an installation offers is the agency's choice among the complete ones."""

from __future__ import annotations

import pytest

from ccmm_bot.errors import CcmmError
from ccmm_bot.runtime import load_words
from ccmm_bot.settings import Settings


def offered(chosen: str) -> list[str]:
    _, _, machine = load_words(Settings(_env_file=None, languages=chosen))
    return [choice.id for choice in machine.languages]


def test_without_a_choice_every_complete_language_is_on_the_menu() -> None:
    assert {"en", "fr", "ar", "prs", "ti"} <= set(offered(""))


def test_an_agency_offers_the_languages_it_can_follow_up() -> None:
    assert sorted(offered("ti, en")) == ["en", "ti"]


@pytest.mark.parametrize("chosen", ["tlh", "en,klingon"])
def test_a_language_nobody_knows_is_refused_at_the_start(chosen: str) -> None:
    with pytest.raises(CcmmError):
        offered(chosen)
