"""Reading time: the longest way through a dialogue, in words and in segments as they are sent."""

from __future__ import annotations

from pathlib import Path

import pytest

from ccmm_bot.cli.authoring import open_workbench
from ccmm_bot.cli.reading_time import SECONDS_AN_ANSWER, SLOW, Length, Way, lengths

OPTIONS = "sets: {}\n"
PROGRAM = "program: x\nentry: a\nmenu: a\nconsent: a\ncommands: {stop: a, start: a, human: a, language: a}\nslots: []\n"


def _length(folder: Path, dialogue: str, options: str = OPTIONS) -> Length:
    (folder / "options.yaml").write_text(options, encoding="utf-8")
    (folder / "program.yaml").write_text(PROGRAM, encoding="utf-8")
    (folder / "a.yaml").write_text(dialogue, encoding="utf-8")
    return lengths(open_workbench(folder, folder / "locales"))["a"]["en"]


def test_the_longer_of_two_ways_counts(tmp_path: Path) -> None:
    found = _length(
        tmp_path,
        """
dialogue: a
version: 1
initial: which
states:
  which:
    ask: {select_one: way, options: {short: "Short", long: "Long"}, skip: false, record: false, text: "Which way?"}
    next: [{when: {way: {eq: short}}, target: short}, {target: long}]
  short: {say: "One.", end: completed}
  long: {say: "One two three four five.", end: completed}
""",
    )
    assert found.longest == Way(questions=1, words=2 + 2 + 5, segments=2)


def test_the_usual_way_asks_everything_and_says_nothing_more(tmp_path: Path) -> None:
    found = _length(
        tmp_path,
        """
dialogue: a
version: 1
initial: first
states:
  first:
    ask: {yes_no: first, skip: false, record: false, text: "First?"}
    next: [{when: {first: {eq: yes}}, target: help}, {target: second}]
  help: {say: "Help one two three.", next: second}
  second:
    ask: {select_one: second, options: {a: "One", b: "Two words"}, skip: false, record: false, text: "Second?"}
    next: bye
  bye: {say: "Bye.", end: completed}
""",
    )
    assert found.usual == Way(questions=2, words=1 + 2 + 1 + 3 + 1, segments=3)
    assert found.longest == Way(questions=2, words=1 + 2 + 4 + 1 + 3 + 1, segments=4)


def test_a_list_that_comes_again_unchanged_is_recognised(tmp_path: Path) -> None:
    found = _length(
        tmp_path,
        """
dialogue: a
version: 1
initial: first
states:
  first:
    ask: {scale: first, labels: mood, skip: false, record: false, text: "First?"}
    next: second
  second:
    ask: {scale: second, labels: mood, skip: false, record: false, text: "Second?"}
    next: bye
  bye: {say: "Bye.", end: completed}
""",
        options='sets: {mood: {1: "Not good at all", 2: "Bad", 3: "Middle", 4: "Good", 5: "Very good"}}\n',
    )
    in_full, longest_label = 4 + 1 + 1 + 1 + 2, 4
    assert found.usual.words == 1 + in_full + 1 + longest_label + 1


def test_a_way_back_is_gone_once(tmp_path: Path) -> None:
    found = _length(
        tmp_path,
        """
dialogue: a
version: 1
initial: again
states:
  again:
    visits: {at_most: 3, then: bye}
    ask: {yes_no: more, skip: false, record: false, text: "More?"}
    next: [{when: {more: {eq: yes}}, target: again}, {target: bye}]
  bye: {say: "Bye.", end: completed}
""",
    )
    assert found.longest.words == 1 + 2 + 1


def test_minutes_are_those_of_reading_and_of_answering() -> None:
    way = Way(questions=4, words=2 * SLOW, segments=1)
    assert way.minutes(SLOW) == pytest.approx(2.0 + 4 * SECONDS_AN_ANSWER / 60)
    assert way.minutes(round(way.rate_for(5.0))) == pytest.approx(5.0, abs=0.1)


def test_no_rate_is_enough_where_answering_alone_takes_longer() -> None:
    assert Way(questions=1000, words=1, segments=1).rate_for(5.0) == float("inf")
