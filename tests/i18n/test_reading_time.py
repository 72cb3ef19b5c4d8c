"""Reading time: the longest way through a dialogue, in words and in segments as they are sent."""

from __future__ import annotations

from pathlib import Path

import pytest

from ccmm_bot.cli.authoring import open_workbench
from ccmm_bot.cli.reading_time import WORDS_A_MINUTE, Length, lengths

OPTIONS = "sets: {}\n"
PROGRAM = "program: x\nentry: a\nmenu: a\nconsent: a\ncommands: {stop: a, start: a, human: a, language: a}\nslots: []\n"


def _length(folder: Path, dialogue: str) -> Length:
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
    assert found == Length(words=2 + 2 + 5, segments=2)


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
    assert found.words == 1 + 2 + 1


def test_minutes_are_those_of_a_slow_reader() -> None:
    assert Length(words=2 * WORDS_A_MINUTE, segments=1).minutes == pytest.approx(2.0)
