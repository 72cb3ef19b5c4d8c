"""No two options of a question read alike, in any language."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

from ccmm_bot.dialogue.effects import Choice
from ccmm_bot.dialogue.findings import Finding, Rule, finding
from ccmm_bot.dialogue.model import Ask, Item, ItemType
from ccmm_bot.dialogue.reading import Question, Reader, Understood
from ccmm_bot.dialogue.verify.scope import Scope

RULE = Rule(
    code="D506",
    title="Every option, typed as it stands, is read as that option",
    why="A person who types the words she sees would have said something else.",
    fix="Word the options so that each can be told from the others, and from their numbers.",
)


def check(scope: Scope) -> Iterator[Finding]:
    """First by eye (the same letters but for case and width), then by the reader that will read what people type."""
    seen: dict[tuple[object, ...], list[tuple[int, str]]] = {}
    for dialogue, state, ask in scope.asks():
        if not ask.item.options:
            continue
        for language in scope.languages_of(dialogue):
            labels = [scope.word(option.text, language) or option.text.source for option in ask.item.options]
            key = (
                language,
                ask.item.type,
                ask.gate is not None,
                *((one.id, label) for one, label in zip(ask.item.options, labels, strict=True)),
            )
            if key not in seen:
                seen[key] = list(_faults(ask, labels, language, scope.reader))
            for index, fault in seen[key]:
                mark = ask.item.options[index].text.mark or ask.item.mark
                yield finding(RULE, mark, f'in {language}, the option "{labels[index]}" of "{state.name}" {fault}')


def _faults(ask: Ask, labels: list[str], language: str, reader: Reader | None) -> Iterator[tuple[int, str]]:
    alike: set[int] = set()
    first: dict[str, int] = {}
    for index, label in enumerate(labels):
        before = first.setdefault(_plain(label), index)
        if before != index:
            alike |= {before, index}
            yield index, f'reads like "{labels[before]}"'
    if reader is None or alike:
        return
    question = Question(item=ask.item, choices=shown(ask.item), exact=ask.gate is not None)
    for index, (option, label) in enumerate(zip(ask.item.options, labels, strict=True)):
        reading = reader.read(label, question, language)
        if not isinstance(reading, Understood):
            yield index, "is not understood when it is typed"
        elif reading.value not in (option.id, (option.id,), int(option.id) if option.id.isdecimal() else option.id):
            yield index, f'is read as "{reading.value}"'


def shown(item: Item) -> tuple[Choice, ...]:
    """The choices of an item with fixed options, as they are numbered."""
    if item.type is ItemType.SCALE:
        labels = {option.id: option.text for option in item.options}
        points = [str(point) for point in range(1 if item.minimum is None else item.minimum, (item.maximum or 5) + 1)]
        return tuple(Choice(id=point, text=labels.get(point), label=point) for point in points)
    return tuple(Choice(id=option.id, text=option.text) for option in item.options)


def _plain(label: str) -> str:
    folded = unicodedata.normalize("NFKC", label).casefold()
    return "".join(letter for letter in folded if letter.isalnum()) or folded
