"""The privacy notice: in every language of the service, with the same parts, filled with what this installation is."""

from __future__ import annotations

import re
import tomllib
from functools import partial
from pathlib import Path

import httpx
import pytest

from ccmm_bot.i18n import privacy
from ccmm_bot.i18n.languages import LANGUAGES, SOURCE, Script
from tests.web.html import document
from tests.web.serving import Served, Site, open_service

LOCALES = Path(__file__).parents[2] / "locales"
TAGS = [each.tag for each in LANGUAGES]
LETTERS = {
    Script.ARABIC: re.compile(r"[\u0600-\u06ff]"),
    Script.ETHIOPIC: re.compile(r"[\u1200-\u139f]"),
    Script.CYRILLIC: re.compile(r"[\u0400-\u04ff]"),
    Script.DEVANAGARI: re.compile(r"[\u0900-\u097f]"),
    Script.GURMUKHI: re.compile(r"[\u0a00-\u0a7f]"),
    Script.LATIN: re.compile(r"[a-z]"),
}


@pytest.mark.parametrize("tag", TAGS)
def test_there_is_a_notice_in_every_language_with_the_parts_and_slots_of_the_english(tag: str) -> None:
    assert privacy.differences(LOCALES, tag) == []


@pytest.mark.parametrize("tag", [tag for tag in TAGS if tag != SOURCE])
def test_a_translation_says_who_has_read_it_and_is_in_its_own_letters(tag: str) -> None:
    found = privacy.notice(LOCALES, tag)
    english = privacy.notice(LOCALES, SOURCE)
    assert found.review in ("machine-draft", "reviewed", "published")
    letters = LETTERS[found.language.script]
    for mine, theirs in zip(found.parts, english.parts, strict=True):
        assert mine.text != theirs.text
        assert mine.title != theirs.title
        assert letters.search(mine.title)
        assert len(letters.findall(mine.text)) > 15
    assert all(fact in found.parts[-1].text for fact in ("oipc.bc.ca", "250-387-5629"))


@pytest.mark.parametrize("tag", TAGS)
def test_the_page_is_in_the_language_filled_and_leads_to_the_others(site: Site, tag: str) -> None:
    with site.browser() as client:
        answer = client.get(f"/privacy/{tag}")
    assert answer.status_code == 200
    page = document(answer.text)
    (article,) = page.xpath("//article")
    expected = privacy.notice(LOCALES, tag)
    assert (article.get("lang"), article.get("dir")) == (expected.language.html_lang, expected.language.direction)
    assert len(article.xpath("./h2")) == len(expected.parts)
    assert site.service.runtime.settings.agency_name in article.text_content()
    assert "{" not in article.text_content()
    assert page.xpath("//nav//a/@href") == [f"/privacy/{each}" for each in TAGS]
    assert page.xpath("//nav//a[@aria-current]/@lang") == [expected.language.html_lang]


@pytest.mark.parametrize(
    ("asked", "tag"),
    [("ti-ER,en;q=0.5", "ti"), ("de, fa-AF;q=0.8", "prs"), ("fa", "fa"), ("fr-FR", "fr"), ("tlh", "en"), ("", "en")],
)
def test_the_first_language_that_the_browser_asks_for_is_shown(site: Site, asked: str, tag: str) -> None:
    with site.browser() as client:
        answer = client.get("/privacy", headers={"Accept-Language": asked}, follow_redirects=False)
    assert answer.headers["location"] == f"/privacy/{tag}"


@pytest.mark.parametrize("path", ["/privacy/tlh", "/privacy/..%2f..%2fsecret", "/privacy/EN"])
def test_what_is_no_language_is_not_found(site: Site, path: str) -> None:
    with site.browser() as client:
        assert client.get(path).status_code == 404


def test_only_the_companies_in_use_are_named_and_whom_to_ask(tmp_path: Path) -> None:
    with (
        Served(partial(open_service, tmp_path, privacy_contact="privacy@agency.example")) as served,
        httpx.Client(base_url=served.url) as client,
    ):
        text = client.get("/privacy/en").text
    assert "carry your messages: Twilio." in text
    assert "Telegram" not in text
    assert "Write to us: privacy@agency.example." in text


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("review = ", "TOMLDecodeError"),
        ('review = "machine-draft"\ntitle = "T"\n', "KeyError: 'part'"),
        ('review = "machine-draft"\ntitle = "T"\n[[part]]\ntitle = "A"\ntext = "{who}"\n', "there is nothing to put for who"),
    ],
)
def test_a_notice_that_cannot_be_used_says_which_file_and_why(tmp_path: Path, written: str, said: str) -> None:
    (tmp_path / "am").mkdir()
    (tmp_path / "am" / "privacy.toml").write_text(written)
    with pytest.raises(privacy.NoticeError, match=re.escape(said)):
        privacy.notice(tmp_path, "am")


def test_the_files_hold_nothing_but_the_notice() -> None:
    for path in LOCALES.glob("*/privacy.toml"):
        assert set(tomllib.loads(path.read_text(encoding="utf-8"))) == {"review", "title", "part"}
