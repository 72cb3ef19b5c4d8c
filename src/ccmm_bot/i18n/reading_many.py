"""Reading several choices out of one message: "1 3", "1,3", "13", "1 و 3", "money and school"."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ccmm_bot.dialogue import system_texts
from ccmm_bot.dialogue.effects import Choice, Note
from ccmm_bot.dialogue.prompts import DONE
from ccmm_bot.dialogue.reading import NotUnderstood, Question, Reading, Understood
from ccmm_bot.i18n import matching
from ccmm_bot.i18n.labels import Labels
from ccmm_bot.i18n.normalise import words
from ccmm_bot.i18n.vocabulary import Vocabulary, vocabulary

_DONE = Choice(id=DONE, text=system_texts.DONE)
_NOT_UNDERSTOOD = NotUnderstood(Note.NOT_UNDERSTOOD)
_MOST_WORDS = 200
_MOST_DIGITS = 12  # in one run; longer ones are telephone numbers and the like
_SEPARATORS = ",،፣;؛\n/+&"
_ARABIC_AND = "و"  # written together with the word that follows


def read_many(labels: Labels, text: str, written: str, question: Question, language: str | None) -> Reading:
    """All of it must read as choices: half an answer is none."""
    if question.marked and matching.exactly(labels, (_DONE,), written, language):
        return Understood(question.marked)
    ids = _everything(labels, text, written, question, language)
    if ids is None:
        return _NOT_UNDERSTOOD
    exclusive = {option.id for option in question.item.options if option.exclusive}
    if len(ids) > 1 and exclusive & ids:
        return _NOT_UNDERSTOOD  # "none of these" and something: nobody can tell which is meant
    return Understood(tuple(choice.id for choice in question.choices if choice.id in ids))


def _everything(labels: Labels, text: str, written: str, question: Question, language: str | None) -> set[str] | None:
    choices = question.choices
    if written.isdecimal():
        return _digits(written, choices)
    tokens = written.split()
    if not tokens or len(tokens) > _MOST_WORDS or ("-" in text and all(token.isdecimal() for token in tokens)):
        return None  # "1-3" may be a range or a pair
    whole = matching.exactly(labels, choices, written, language)
    if whole is not None:
        return {whole}
    found = _consume(labels, tokens, choices, language)
    if found is None and not question.exact:
        found = _segment_by_segment(labels, text, choices, language)
    return found


def _digits(written: str, choices: Sequence[Choice]) -> set[str] | None:
    """One number, or digits that can only be read as several: "13" is 1 and 3 unless there is an option 13."""
    if len(written) <= 4 and 1 <= int(written) <= len(choices):
        return {choices[int(written) - 1].id}
    ways = list(_splits(written, len(choices), ())) if len(written) <= _MOST_DIGITS else []
    return {choices[number - 1].id for number in ways[0]} if len(ways) == 1 else None


def _splits(digits: str, highest: int, before: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
    """The ways to cut a run of digits into different option numbers; two are enough to know that it is ambiguous."""
    if not digits:
        yield before
        return
    count = 0
    for size in (1, 2):
        number = int(digits[:size])
        if len(digits) >= size and digits[0] != "0" and number <= highest and number not in before:
            for way in _splits(digits[size:], highest, (*before, number)):
                yield way
                count += 1
                if count == 2:
                    return


def _consume(labels: Labels, tokens: list[str], choices: Sequence[Choice], language: str | None) -> set[str] | None:
    """Read the words from left to right, always the longest label that fits; only joining words may stand between."""
    known = vocabulary(language)
    table = _table(labels, choices, language)
    longest = max((form.count(" ") + 1 for form in table), default=1)
    found: set[str] = set()
    place = 0
    while place < len(tokens):
        for size in range(min(longest, len(tokens) - place), 0, -1):
            id_ = _lookup(table, known, " ".join(tokens[place : place + size]), choices)
            if id_ is not None:
                found.add(id_)
                place += size
                break
        else:
            if tokens[place] not in known.joiners and tokens[place] not in known.number_words:
                return None
            place += 1
    return found or None


def _table(labels: Labels, choices: Sequence[Choice], language: str | None) -> dict[str, str | None]:
    """Folded label (or a part of one) → choice; ``None`` where two choices share it."""
    table: dict[str, str | None] = {}
    for kind in ("whole", "parts"):
        seen: dict[str, str | None] = {}
        for choice in choices:
            for form in getattr(labels.forms(choice, language), kind):
                seen[form] = choice.id if seen.get(form, choice.id) == choice.id else None
        table = {**seen, **table}
    return table


def _lookup(table: dict[str, str | None], known: Vocabulary, run: str, choices: Sequence[Choice]) -> str | None:
    found = table.get(run)
    if found is None and run.startswith(_ARABIC_AND):
        run = run.removeprefix(_ARABIC_AND)
        found = table.get(run)
    if found is not None:
        return found
    number = int(run) if run.isdecimal() and len(run) <= 4 else known.numbers.get(run)
    return choices[number - 1].id if number is not None and 1 <= number <= len(choices) else None


def _segment_by_segment(labels: Labels, text: str, choices: Sequence[Choice], language: str | None) -> set[str] | None:
    """Between commas, small misspellings count."""
    for separator in _SEPARATORS[1:]:
        text = text.replace(separator, _SEPARATORS[0])
    found: set[str] = set()
    for segment in text.split(_SEPARATORS[0]):
        written = words(segment, language)
        if not written:
            continue
        id_ = matching.exactly(labels, choices, written, language) or matching.nearly(labels, choices, written, language)
        if id_ is None:
            return None
        found.add(id_)
    return found or None
