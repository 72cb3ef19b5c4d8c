"""What people type, language by language: the tables in ``typed/`` say what each message means."""

from __future__ import annotations

import pytest

from tests.i18n.support import ALL_TAGS, QUESTIONS, cases, reader, shown

_FULL = {"en", "fr", "ar", "prs", "ti", "so", "hi", "pa", "ps", "am", "fa", "sw", "es", "uk", "ru", "ckb", "kmr"}
_ROWS = [(tag, *case) for tag in ALL_TAGS for case in cases(tag)]


@pytest.mark.parametrize(("tag", "line", "typed", "question", "expected"), _ROWS, ids=[f"{row[0]}.tsv:{row[1]}" for row in _ROWS])
def test_a_message_means_what_the_table_says(tag: str, line: int, typed: str, question: str, expected: str) -> None:
    if question == "command":
        command = reader().command(typed, tag)
        assert (command.value if command else "-") == expected
    else:
        language = None if question == "language" and tag == "en" else tag
        assert shown(reader().read(typed, QUESTIONS[question], language)) == expected


@pytest.mark.parametrize("tag", ALL_TAGS)
def test_every_language_has_a_table(tag: str) -> None:
    assert len(cases(tag)) >= (40 if tag in _FULL else 12)
