"""What reading promises for every language and every text, whatever the tables hold."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ccmm_bot.dialogue.effects import Choice, Note
from ccmm_bot.dialogue.model import Command, Item, ItemType, Option, Text
from ccmm_bot.dialogue.reading import NotUnderstood, Question, Reader, Understood
from ccmm_bot.dialogue.system_texts import WORDS
from ccmm_bot.i18n.catalogues import Catalogues
from ccmm_bot.i18n.languages import LANGUAGES, TAGS, Language, UnknownLanguage
from ccmm_bot.i18n.reading import LONGEST, TypedReader
from ccmm_bot.i18n.vocabulary import vocabulary
from tests.i18n.support import QUESTIONS, label, reader

_ANY_TEXT = st.text(st.characters(codec="utf-8"), max_size=60) | st.sampled_from(
    ["1 3", "13", "yes", "👍", "\u202e", "\ud800", "፲፪"]
)
_DECIMAL_ZEROES = [chr(point) for point in range(0x110000) if unicodedata.decimal(chr(point), None) == 0]


def test_the_reader_is_the_one_the_engine_asks_for() -> None:
    checked: Reader = reader()
    assert checked.command("stop", None) is Command.STOP


@given(text=_ANY_TEXT, tag=st.sampled_from([None, *TAGS]), name=st.sampled_from(sorted(QUESTIONS)))
def test_no_text_makes_reading_fail(text: str, tag: str | None, name: str) -> None:
    reading = reader().read(text, QUESTIONS[name], tag)
    assert isinstance(reading, Understood | NotUnderstood)
    reader().command(text, tag)
    reader().command(text, tag, numeric=True)
    reader().language(text)


@given(text=_ANY_TEXT, tag=st.sampled_from([None, *TAGS]), name=st.sampled_from(sorted(QUESTIONS)))
def test_the_same_text_always_reads_the_same(text: str, tag: str | None, name: str) -> None:
    assert reader().read(text, QUESTIONS[name], tag) == reader().read(text, QUESTIONS[name], tag)


@given(text=_ANY_TEXT, tag=st.sampled_from(TAGS))
@settings(max_examples=300)
def test_what_is_understood_is_one_of_the_choices(text: str, tag: str) -> None:
    for name in ("yes_no", "one", "consent"):
        question = QUESTIONS[name]
        reading = reader().read(text, question, tag)
        if isinstance(reading, Understood):
            assert reading.value in {choice.id for choice in question.choices}


@pytest.mark.parametrize("zero", _DECIMAL_ZEROES, ids=[unicodedata.name(zero) for zero in _DECIMAL_ZEROES])
def test_every_shown_number_can_be_typed_in_the_digits_of_any_script(zero: str) -> None:
    question = QUESTIONS["one"]
    for number, choice in enumerate(question.choices, 1):
        typed = chr(ord(zero) + number)
        assert all(reader().read(typed, question, tag) == Understood(choice.id) for tag in ("en", "ar", "ti"))


@pytest.mark.parametrize("number", range(1, 21))
def test_ethiopic_numerals_name_options_up_to_twenty(number: int) -> None:
    units, tens = number % 10, number // 10
    typed = (chr(0x1372 + tens - 1) if tens else "") + (chr(0x1369 + units - 1) if units else "")
    options = tuple(Option(id=f"o{n}", text=Text(key=f"t.o{n}", source=f"Option {n}x")) for n in range(1, 21))
    question = Question(
        item=Item(name="long", type=ItemType.SELECT_ONE, options=options),
        choices=tuple(Choice(id=one.id, text=one.text) for one in options),
    )
    assert reader().read(typed, question, "ti") == Understood(f"o{number}")


@pytest.mark.parametrize("tag", TAGS)
@pytest.mark.parametrize("name", ["housing", "health", "work", "money"])
def test_every_option_reads_back_as_itself(tag: str, name: str) -> None:
    written = label(name, tag)
    for typed in (written, written.upper(), f" {written}. ", f"{written}\u200f", unicodedata.normalize("NFD", written)):
        assert reader().read(typed, QUESTIONS["one"], tag) == Understood(name)
        assert reader().read(typed, QUESTIONS["many"], tag) == Understood((name,))


@pytest.mark.parametrize("tag", TAGS)
def test_english_and_french_words_are_understood_in_every_conversation(tag: str) -> None:
    for typed in ("work", "travail", "Travail"):
        assert reader().read(typed, QUESTIONS["one"], tag) == Understood("work")
    for typed in ("yes", "oui"):
        assert reader().read(typed, QUESTIONS["yes_no"], tag) == Understood("yes")


@pytest.mark.parametrize("tag", TAGS)
def test_yes_and_no_never_share_a_word(tag: str) -> None:
    words = vocabulary(tag).yes_no
    assert words
    assert set(words.values()) == {"yes", "no"}
    assert not set(words) & set(vocabulary(tag).numbers)


def test_yes_in_one_language_is_not_yes_in_another() -> None:
    question = QUESTIONS["yes_no"]
    assert reader().read("هو", question, "ps") == Understood("yes")
    assert isinstance(reader().read("هو", question, "ar"), NotUnderstood)
    assert reader().read("na", question, "kmr") == Understood("no")
    assert isinstance(reader().read("na", question, "sw"), NotUnderstood)


@pytest.mark.parametrize("tag", TAGS)
def test_consent_is_never_read_from_a_misspelling_or_a_thumb(tag: str) -> None:
    written = label("agree", tag)
    for typed in (written[:-1] + "x", "x" + written, "👍", "👍👍", "1 2", "12"):
        assert isinstance(reader().read(typed, QUESTIONS["consent"], tag), NotUnderstood), typed


@pytest.mark.parametrize(
    ("typed", "options"),
    [
        ("unsatisfied", ("satisfied", "dissatisfied")),
        ("very unsatisfied", ("very satisfied", "neutral")),
        ("not satisfied", ("satisfied", "neutral")),
        ("do not agree", ("agree", "other")),
        ("nine", ("none", "some")),
        ("ناراضی", ("راضی", "بی‌طرف")),
        ("ዘየዕግብ", ("ዘዕግብ", "ካልእ")),
        ("unsafe", ("safe", "other")),
        ("room 12", ("room 11", "room 13")),
    ],
)
def test_a_word_that_says_the_opposite_is_no_misspelling(typed: str, options: tuple[str, ...]) -> None:
    choices = tuple(Choice(id=f"o{n}", label=one) for n, one in enumerate(options))
    question = Question(item=Item(name="x", type=ItemType.SELECT_ONE), choices=choices)
    assert isinstance(reader().read(typed, question, "en"), NotUnderstood)


def test_a_misspelling_of_two_options_is_neither() -> None:
    choices = (Choice(id="a", label="planting"), Choice(id="b", label="planning"))
    question = Question(item=Item(name="x", type=ItemType.SELECT_ONE), choices=choices)
    assert isinstance(reader().read("planing", question, "en"), NotUnderstood)


def test_a_very_long_message_is_asked_to_be_shorter_and_is_not_read_through() -> None:
    for name, question in QUESTIONS.items():
        assert reader().read("ا" * 10_000_000, question, "ar") == NotUnderstood(Note.TOO_LONG), name
    assert reader().command("stop " * 2_000_000, "en") is None
    assert reader().language("x" * 10_000_000) is None


def test_a_number_before_a_long_row_of_blanks_is_read_at_once() -> None:
    assert reader().read("3" + " " * 900 + ".", QUESTIONS["scale"], "en") == Understood(3)
    assert isinstance(reader().read("3" + " " * 900 + "x", QUESTIONS["scale"], "en"), NotUnderstood)


def test_a_text_is_kept_up_to_its_limit() -> None:
    assert reader().read("a" * LONGEST, QUESTIONS["text"], "en") == Understood("a" * LONGEST)


def test_a_text_keeps_its_own_letters_and_loses_only_nul() -> None:
    assert reader().read(" \u202bمرحبا\u202c\x00 ", QUESTIONS["text"], "ar") == Understood("\u202bمرحبا\u202c")


def test_marked_choices_are_sent_by_the_word_for_done() -> None:
    many = QUESTIONS["many"]
    marked = Question(item=many.item, choices=many.choices, marked=("work", "money"))
    assert reader().read("that is all", marked, "en") == Understood(("work", "money"))
    assert isinstance(reader().read("that is all", many, "en"), NotUnderstood)


def test_digits_mean_one_thing_or_nothing_when_there_are_many_options() -> None:
    choices = tuple(Choice(id=f"o{n}", label=f"thing {n}") for n in range(1, 14))
    question = Question(item=Item(name="x", type=ItemType.SELECT_MANY), choices=choices)
    assert reader().read("13", question, "en") == Understood(("o13",))
    assert reader().read("1 3", question, "en") == Understood(("o1", "o3"))
    assert isinstance(reader().read("123", question, "en"), NotUnderstood)
    assert isinstance(reader().read("111", question, "en"), NotUnderstood)


def test_an_unknown_language_fails_loudly() -> None:
    with pytest.raises(UnknownLanguage, match="xx"):
        reader().read("yes", QUESTIONS["yes_no"], "xx")


# --- names of languages -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("known", LANGUAGES, ids=TAGS)
def test_a_language_is_recognised_by_its_names(known: Language) -> None:
    for name in (known.autonym, known.english_name, known.french_name, known.english_name.upper()):
        assert reader().language(name) == known.tag
        assert reader().read(name, QUESTIONS["language"], None) == Understood(known.tag)


@pytest.mark.parametrize("text", ["hi", "so", "am", "hello", "Kurdish", "کوردی", "", "1", "yes", "START", "english or french"])
def test_what_is_not_certainly_a_language_selects_none(text: str) -> None:
    assert reader().language(text) is None


@pytest.mark.parametrize(
    ("text", "tag"),
    [
        ("START ti", "ti"),
        ("/start prs", "prs"),
        ("start hi", "hi"),
        ("Start Tigrinya", "ti"),
        ("START عربي", "ar"),
        ("start xx", None),
    ],
)
def test_an_invitation_in_a_language_selects_it(text: str, tag: str | None) -> None:
    assert reader().language(text) == tag
    assert reader().command(text, None) is None


def test_the_word_for_start_selects_the_one_language_it_is_in() -> None:
    start = WORDS[Command.START]
    pair = (start.key, start.source)
    read = TypedReader(Catalogues({"ti": {pair: "ጀምር, start"}, "prs": {pair: "شروع"}, "fa": {pair: "شروع"}}))
    assert read.language("ጀምር።") == "ti"
    assert read.language("شروع") is None
    assert read.language("start") is None


# --- commands ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("tag", [None, *TAGS])
@pytest.mark.parametrize(
    ("typed", "command"),
    [
        *[(typed, Command.STOP) for typed in ("STOP", "arret", "ARRÊT", "unsubscribe", "ＳＴＯＰ")],
        *[(typed, Command.HELP) for typed in ("HELP", "Aide")],
        *[(typed, Command.START) for typed in ("START", "UNSTOP")],
    ],
)
def test_stop_start_and_help_work_in_every_language(tag: str | None, typed: str, command: Command) -> None:
    assert reader().command(typed, tag) is command


def test_a_command_is_a_whole_message() -> None:
    for typed in ("stop smoking", "I want to stop", "help me find a home", "back pain", ""):
        assert reader().command(typed, "en") is None


def test_zero_is_skip_only_where_no_number_is_asked_for() -> None:
    for typed in ("0", "٠", "۰", "०"):
        assert reader().command(typed, "ar") is Command.SKIP
        assert reader().command(typed, "ar", numeric=True) is None


def test_words_of_the_catalogue_are_commands_in_its_language() -> None:
    stop = WORDS[Command.STOP]
    read = TypedReader(Catalogues({"ar": {(stop.key, stop.source): "توقف، إيقاف"}}))
    assert read.command("إيقاف!", "ar") is Command.STOP
    assert read.command("ايقاف", "ar") is Command.STOP
    assert read.command("توقف", "ti") is None
