"""Questions and messages of a form as files: a dialogue, its instrument, and what its translations are."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from ccmm_bot.dialogue.instrument import Better
from ccmm_bot.dialogue.model import All, AnyOf, AtLeast, Compare, Guard, ItemType, Not
from ccmm_bot.dialogue.parse_items import TYPES
from ccmm_bot.dialogue.xlsform.names import Names
from ccmm_bot.dialogue.xlsform.parts import Message, Question
from ccmm_bot.dialogue.xlsform.words import Words

_TYPE_NAMES: Final = {kind: name for name, kind in TYPES.items()}
_PLAIN: Final = re.compile(r"[a-z_][a-z0-9_]*\Z|[0-9]{1,2}\Z")
_NOT_PLAIN: Final = frozenset({"null", "true", "false", "yes", "no", "on", "off", "y", "n"})
#: Where a dialogue made of a form begins with reminding, and when it stops waiting: as the client surveys do.
_DEFAULTS: Final = "remind_at: [P3D, P8D], timeout: P14D, retries: 2, on_timeout: {late}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One text: its key in the catalogues, its English, and its translations by our tag."""

    key: str
    source: str
    translations: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Files:
    """What a form has become."""

    dialogue: str
    instrument: str
    entries: tuple[Entry, ...]
    states: Mapping[str, int]  # state → row of the form


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """What the files say of themselves."""

    id: str
    version: int
    title: str
    source: str  # the file it was taken from
    section: str


def emit(head: Head, parts: Sequence[Question | Message], segments: Mapping[str, int]) -> Files:
    """The files. ``segments``: state → SMS segments its question takes, where that is more than three."""
    names = Names()
    states = [names.free(part.name) for part in parts]
    doors = [names.free(f"{state}_if") if part.when is not True else state for state, part in zip(states, parts, strict=True)]
    done, late = names.free("finished"), names.free("partly")
    entries = [Entry(key=f"{head.id}.title", source=head.title, translations={})]
    lines = [
        f"# Taken from {head.source}.",
        f"dialogue: {_word(head.id)}",
        f"version: {head.version}",
        f"title: {_text(head.title)}",
        f"instrument: {_word(head.id)}",
        "requires: [service]",
        "progress: true",
        f"initial: {_word(doors[0])}",
        f"defaults: {{{_DEFAULTS.format(late=_word(late))}}}",
        "states:",
    ]
    for at, (part, state, door) in enumerate(zip(parts, states, doors, strict=True)):
        following = doors[at + 1] if at + 1 < len(parts) else done
        if not isinstance(part.when, bool):  # only what is asked of some has a door
            lines += [
                f"  {_word(door)}:",
                "    next:",
                f"      - {{when: {guard(part.when)}, target: {_word(state)}}}",
                f"      - {{target: {_word(following)}}}",
            ]
        base = f"{head.id}.{state}"
        lines.append(f"  {_word(state)}:")
        if isinstance(part, Message):
            lines += list(_message(part, base, entries))
        else:
            lines += list(_question(part, base, entries, segments.get(state, 0)))
        lines.append(f"    next: {_word(following)}")
    lines += [f"  {_word(done)}: {{end: completed}}", f"  {_word(late)}: {{end: partial}}", ""]
    questions = [(state, part) for state, part in zip(states, parts, strict=True) if isinstance(part, Question)]
    return Files(
        dialogue="\n".join(lines),
        instrument="\n".join(_instrument(head, questions)),
        entries=tuple(entries),
        states={state: part.row for state, part in zip(states, parts, strict=True)},
    )


def _message(part: Message, base: str, entries: list[Entry]) -> Iterator[str]:
    if len(part.words) == 1:
        yield f"    say: {_said(entries, f'{base}.say', part.words[0])}"
        return
    yield "    say:"
    for number, words in enumerate(part.words):
        yield f"      - {_said(entries, f'{base}.say.{number}', words)}"


def _question(part: Question, base: str, entries: list[Entry], segments: int) -> Iterator[str]:
    yield "    ask:"
    yield f"      {_TYPE_NAMES[part.type]}: {_word(part.name)}"
    yield f"      text: {_said(entries, f'{base}.text', part.words)}"
    if "en" in part.why:
        yield f"      why: {_said(entries, f'{base}.why', part.why)}"
    if part.type in (ItemType.SCALE, ItemType.INTEGER):
        if part.minimum is not None and (part.type, part.minimum) != (ItemType.SCALE, 1):
            yield f"      min: {part.minimum}"
        if part.maximum is not None and (part.type, part.maximum) != (ItemType.SCALE, 5):
            yield f"      max: {part.maximum}"
    if segments:
        yield f"      segments: {segments}"
    kind = "labels" if part.type is ItemType.SCALE else "options"
    if not part.options or part.type is ItemType.YES_NO:
        return
    yield f"      {kind}:"
    for option in part.options:
        said = _said(entries, f"{base}.{kind}.{option.id}", option.words)
        yield f"        {_word(option.id)}: " + (f"{{text: {said}, exclusive: true}}" if option.exclusive else said)


def _said(entries: list[Entry], key: str, words: Words) -> str:
    entries.append(Entry(key=key, source=words["en"], translations={tag: said for tag, said in words.items() if tag != "en"}))
    return _text(words["en"])


def _instrument(head: Head, questions: Sequence[tuple[str, Question]]) -> Iterator[str]:
    yield f"# Taken from {head.source}. What is better, and what an item measures, the form does not say: see docs/dialogues.md."
    yield f"instrument: {_word(head.id)}"
    yield f"version: {head.version}"
    yield f"title: {_text(head.title)}"
    yield f"source: {{document: {_text(head.source)}, section: {_text(head.section)}}}"
    yield "items:"
    for state, part in questions:
        yield f"  {_word(part.name)}:"
        yield f"    type: {_TYPE_NAMES[part.type]}"
        yield f"    wording: {_text(f'{head.id}.{state}.text')}"
        if part.type in (ItemType.SELECT_ONE, ItemType.SELECT_MANY):
            yield f"    options: [{', '.join(_word(option.id) for option in part.options)}]"
            if missing := [option.id for option in part.options if option.missing]:
                yield f"    missing: [{', '.join(map(_word, missing))}]"
        if part.type is ItemType.SCALE and part.options:
            yield f"    labels: [{', '.join(_word(option.id) for option in part.options)}]"
        if part.type in (ItemType.SCALE, ItemType.INTEGER):
            yield from (
                f"    {name}: {value}" for name, value in (("min", part.minimum), ("max", part.maximum)) if value is not None
            )
        if part.better is not Better.NONE:
            yield f"    better: {part.better.value}"
        if part.construct is not None:
            yield f"    construct: {_text(part.construct)}"
    yield ""


def guard(one: Guard) -> str:
    """A guard as authors write it, on one line."""
    match one:
        case Compare():
            return f"{{{_word(one.subject)}: {{{one.op.value}: {_value(one.value)}}}}}"
        case Not():
            return f"{{not: {guard(one.part)}}}"
        case All():
            return f"{{all: [{', '.join(map(guard, one.parts))}]}}"
        case AnyOf():
            return f"{{any: [{', '.join(map(guard, one.parts))}]}}"
        case AtLeast():
            return f"{{at_least: {{n: {one.n}, of: [{', '.join(map(guard, one.parts))}]}}}}"


def _value(value: object) -> str:
    if isinstance(value, tuple):
        return f"[{', '.join(map(_value, value))}]"
    if isinstance(value, (bool, int)):
        return json.dumps(value)
    return _text(str(value))


def _word(word: str) -> str:
    return word if _PLAIN.match(word) and word not in _NOT_PLAIN else json.dumps(word)


def _text(text: str) -> str:
    """A text in double quotes, in which JSON and YAML agree."""
    return json.dumps(text, ensure_ascii=False)
