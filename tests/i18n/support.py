"""The questions the typed-input tables answer, and a reader that knows their labels."""

from __future__ import annotations

import re
import tomllib
from functools import cache
from pathlib import Path

from ccmm_bot.dialogue import prompts, system_texts
from ccmm_bot.dialogue.effects import Choice
from ccmm_bot.dialogue.model import Item, ItemType, Option, Text
from ccmm_bot.dialogue.reading import NotUnderstood, Question, Reading
from ccmm_bot.i18n.catalogues import Catalogues
from ccmm_bot.i18n.languages import TAGS, language
from ccmm_bot.i18n.reading import TypedReader

TYPED = Path(__file__).parent / "typed"
LABELS: dict[str, list[str]] = tomllib.loads((TYPED / "labels.toml").read_text(encoding="utf-8"))

_KEYS = ("yes", "no", "housing", "health", "work", "money", "none", "agree", "refuse", "low", "high")
_TEXTS = {name: Text(key=f"typed.{name}", source=english) for name, english in zip(_KEYS[2:], LABELS["en"][2:], strict=True)} | {
    "yes": system_texts.YES,
    "no": system_texts.NO,
}


def _options(*names: str) -> tuple[Option, ...]:
    return tuple(Option(id=name, text=_TEXTS[name], exclusive=name == "none") for name in names)


def _question(name: str, kind: ItemType, *names: str, exact: bool = False) -> Question:
    options = _options(*names)
    item = Item(name=name, type=kind, options=options)
    return Question(item=item, choices=tuple(Choice(id=one.id, text=one.text) for one in options), exact=exact)


_SCALE = Item(
    name="scale",
    type=ItemType.SCALE,
    options=(Option(id="1", text=_TEXTS["low"]), Option(id="5", text=_TEXTS["high"])),
    minimum=1,
    maximum=5,
)
_POINTS = {"1": _TEXTS["low"], "5": _TEXTS["high"]}
_LANGUAGES = (
    *(Choice(id=tag, label=language(tag).autonym) for tag in ("ti", "ar")),
    Choice(id=prompts.MORE, text=system_texts.MORE_LANGUAGES),
)

QUESTIONS: dict[str, Question] = {
    "yes_no": _question("yes_no", ItemType.YES_NO, "yes", "no"),
    "one": _question("one", ItemType.SELECT_ONE, "housing", "health", "work", "money"),
    "many": _question("many", ItemType.SELECT_MANY, "housing", "health", "work", "money", "none"),
    "consent": _question("consent", ItemType.SELECT_ONE, "agree", "refuse", exact=True),
    "scale": Question(item=_SCALE, choices=tuple(Choice(id=str(n), text=_POINTS.get(str(n)), label=str(n)) for n in range(1, 6))),
    "integer": Question(item=Item(name="integer", type=ItemType.INTEGER, minimum=0, maximum=20)),
    "date": Question(item=Item(name="date", type=ItemType.DATE)),
    "phone": Question(item=Item(name="phone", type=ItemType.PHONE)),
    "place": Question(item=Item(name="place", type=ItemType.PLACE)),
    "text": Question(item=Item(name="text", type=ItemType.TEXT)),
    "language": Question(item=Item(name="language", type=ItemType.SELECT_ONE, languages=True), choices=_LANGUAGES),
}


@cache
def catalogues() -> Catalogues:
    """The labels of ``typed/labels.toml`` as catalogues."""
    tables = {
        tag: {(_TEXTS[key].key, _TEXTS[key].source): label for key, label in zip(_KEYS, labels, strict=True)}
        for tag, labels in LABELS.items()
        if tag != "en"
    }
    return Catalogues(tables)


@cache
def reader() -> TypedReader:
    """The real reader over those labels."""
    return TypedReader(catalogues())


def label(name: str, tag: str) -> str:
    """An option as ``tag`` shows it."""
    return LABELS[tag][_KEYS.index(name)]


def shown(reading: Reading) -> str:
    """A reading as the tables write it."""
    if isinstance(reading, NotUnderstood):
        return f"!{reading.note.value}"
    value = reading.value
    return "+".join(value) if isinstance(value, tuple) else str(value)


def cases(tag: str) -> list[tuple[int, str, str, str]]:
    """(line, input, question, expected) of a table."""
    found = []
    for number, line in enumerate((TYPED / f"{tag}.tsv").read_text(encoding="utf-8").splitlines(), 1):
        if line and not line.startswith("#"):
            typed, question, expected = line.split("\t")
            found.append((number, _unescaped(typed), question, expected))
    return found


def _unescaped(typed: str) -> str:
    return re.sub(r"\\u([0-9a-f]{4})|\\x([0-9a-f]{2})", lambda match: chr(int(match[1] or match[2], 16)), typed)


ALL_TAGS = TAGS
