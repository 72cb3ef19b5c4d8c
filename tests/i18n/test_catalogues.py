"""Catalogues: what counts as translated, and that a message is whole in one language."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from babel.messages.mofile import write_mo

from ccmm_bot.dialogue.model import Text
from ccmm_bot.i18n import pofiles
from ccmm_bot.i18n.catalogues import Catalogues, Rendered
from ccmm_bot.i18n.languages import LANGUAGES, UnknownLanguage, language

HELLO = Text(key="welcome.hello.say", source="Hello")
ASK = Text(key="welcome.ask.text", source="How are you?")
GOOD = Text(key="welcome.ask.options.good", source="Good")
ELSEWHERE = Text(key="menu.ask.options.good", source="Good")

PO = """
msgid ""
msgstr ""
"Language: ti\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"X-Review-Status: reviewed\\n"

msgctxt "welcome.hello.say"
msgid "Hello"
msgstr "ሰላም"

msgctxt "welcome.ask.text"
msgid "How are you?"
msgstr "ከመይ ኣለኹም፧"

#, fuzzy
msgctxt "welcome.ask.options.good"
msgid "Good"
msgstr "ጽቡቕ"

msgctxt "menu.ask.options.good"
msgid "Good"
msgstr ""
"""


@pytest.fixture
def locales(tmp_path: Path) -> Path:
    path = pofiles.path_of(tmp_path, language("ti"), "dialogues")
    path.parent.mkdir(parents=True)
    path.write_text(PO, encoding="utf-8")
    return tmp_path


def _compile(locales: Path, greeting: str) -> Path:
    path = pofiles.path_of(locales, language("ti"), "dialogues")
    catalog = pofiles.read(path, language("ti"))
    hello = catalog.get("Hello", "welcome.hello.say")
    assert hello is not None
    hello.string = greeting
    compiled = path.with_suffix(".mo")
    with compiled.open("wb") as file:
        write_mo(file, catalog)
    return compiled


def test_a_translation_is_found_by_key_and_english(locales: Path) -> None:
    catalogues = Catalogues.load(locales)
    assert catalogues.text(HELLO, "ti") == "ሰላም"
    assert catalogues.text(Text(key="welcome.hello.say", source="Hello!"), "ti") is None
    assert catalogues.text(Text(key="other.hello.say", source="Hello"), "ti") is None


def test_english_is_always_there(locales: Path) -> None:
    assert Catalogues.load(locales).text(ELSEWHERE, "en") == "Good"


def test_fuzzy_and_empty_count_as_missing(locales: Path) -> None:
    assert Catalogues.load(locales).missing((HELLO, ASK, GOOD, ELSEWHERE), "ti") == [GOOD, ELSEWHERE]


def test_a_message_is_never_half_in_one_language(locales: Path) -> None:
    catalogues = Catalogues.load(locales)
    assert catalogues.render((HELLO, ASK), "ti") == Rendered(language="ti", texts=("ሰላም", "ከመይ ኣለኹም፧"))
    assert catalogues.render((ASK, GOOD), "ti") == Rendered(language="en", texts=("How are you?", "Good"))


def test_a_known_language_without_catalogue_has_nothing_and_is_not_offered(locales: Path) -> None:
    catalogues = Catalogues.load(locales)
    assert catalogues.text(HELLO, "so") is None
    assert catalogues.offered((HELLO, ASK)) == ("en", "ti")
    assert catalogues.offered((HELLO, GOOD)) == ("en",)


def test_an_unknown_language_fails_loudly(locales: Path) -> None:
    catalogues = Catalogues.load(locales)
    for ask in (lambda: catalogues.text(HELLO, "de"), lambda: catalogues.render((HELLO,), "fr_CA")):
        with pytest.raises(UnknownLanguage):
            ask()
    with pytest.raises(UnknownLanguage):
        Catalogues({"tigrinya": {}})


def test_a_compiled_catalogue_is_used_when_it_is_newer(locales: Path) -> None:
    _compile(locales, "ሰላም ከመይ")
    assert Catalogues.load(locales).text(HELLO, "ti") == "ሰላም ከመይ"
    assert Catalogues.load(locales).text(GOOD, "ti") is None  # fuzzy: not compiled
    assert Catalogues.load(locales).review_status("ti", "dialogues") == "reviewed"


def test_a_compiled_catalogue_older_than_its_source_is_not_used(locales: Path) -> None:
    compiled = _compile(locales, "old")
    os.utime(compiled, (1, 1))
    assert Catalogues.load(locales).text(HELLO, "ti") == "ሰላም"


def test_a_compiled_catalogue_is_enough(locales: Path) -> None:
    _compile(locales, "ሰላም").with_suffix(".po").unlink()
    assert Catalogues.load(locales).text(HELLO, "ti") == "ሰላም"


def test_who_has_read_a_catalogue_can_be_asked(locales: Path) -> None:
    catalogues = Catalogues.load(locales)
    assert catalogues.review_status("ti", "dialogues") == "reviewed"
    assert catalogues.review_status("ti", "system") == ""


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b'msgid "unfinished\nmsgstr "x', 'msgid "ሰላም"\nmsgstr'.encode("utf-16")])
def test_a_broken_catalogue_is_named(locales: Path, content: bytes) -> None:
    path = pofiles.path_of(locales, language("ti"), "dialogues")
    path.write_bytes(content)
    with pytest.raises(pofiles.BrokenCatalogue, match=r"dialogues\.po"):
        Catalogues.load(locales)


def test_a_broken_compiled_catalogue_is_named(locales: Path) -> None:
    pofiles.path_of(locales, language("ti"), "dialogues", ".mo").write_bytes(b"nothing")
    with pytest.raises(pofiles.BrokenCatalogue, match="locale compile"):
        Catalogues.load(locales)


def test_texts_of_older_versions_stay_readable_and_never_replace_todays(locales: Path) -> None:
    old = Text(key="welcome.hello.say", source="Hello there")
    catalogues = Catalogues.load(locales).with_archived(
        {"ti": {(old.key, old.source): "ሰላም ኩን", (HELLO.key, HELLO.source): "archived"}}
    )
    assert catalogues.text(old, "ti") == "ሰላም ኩን"
    assert catalogues.text(HELLO, "ti") == "ሰላም"


def test_translations_to_keep_beside_a_version(locales: Path) -> None:
    kept = Catalogues.load(locales).translations((HELLO, GOOD))
    assert kept["ti"] == {("welcome.hello.say", "Hello"): "ሰላም"}
    assert set(kept) == {entry.tag for entry in LANGUAGES} - {"en"}
