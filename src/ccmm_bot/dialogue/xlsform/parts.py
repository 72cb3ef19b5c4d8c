"""What a row of a form is to a conversation: a question, a message, or nothing it can carry."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from ccmm_bot.dialogue.instrument import Better
from ccmm_bot.dialogue.model import ItemType
from ccmm_bot.dialogue.xlsform.choices import Choice
from ccmm_bot.dialogue.xlsform.expressions import Condition
from ccmm_bot.dialogue.xlsform.form import BETTER, CONSTRUCT, EXCLUSIVE, MISSING, TYPE
from ccmm_bot.dialogue.xlsform.read import Line
from ccmm_bot.dialogue.xlsform.words import Words

OWN: Final = (TYPE, BETTER, CONSTRUCT, EXCLUSIVE, MISSING)
KNOWN: Final = frozenset({"type", "name", "required", "relevant", "constraint", "parameters", "calculation", "list_name", *OWN})
METADATA: Final = frozenset(
    {"start", "end", "today", "deviceid", "device_id", "phonenumber", "username", "email", "audit", "subscriberid", "simserial",
     "start-geopoint", "background-audio"}
)  # fmt: skip
SCALARS: Final = {
    "text": ItemType.TEXT, "string": ItemType.TEXT, "integer": ItemType.INTEGER, "int": ItemType.INTEGER, "date": ItemType.DATE,
    "range": ItemType.SCALE,
}  # fmt: skip
#: Asked in the person's own words instead.
AS_TEXT: Final = frozenset({"decimal", "time", "datetime", "date_time"})
SAID: Final = frozenset({"note", "acknowledge", "trigger"})
_SELECTS: Final = {
    "select_one": ItemType.SELECT_ONE, "select one": ItemType.SELECT_ONE, "select one from": ItemType.SELECT_ONE,
    "select1": ItemType.SELECT_ONE, "select_multiple": ItemType.SELECT_MANY, "select multiple": ItemType.SELECT_MANY,
    "select all that apply": ItemType.SELECT_MANY, "select all that apply from": ItemType.SELECT_MANY,
}  # fmt: skip
OTHER: Final = "other"
#: What pyxform adds for ``or_other``.
OTHER_LABEL, OTHER_ASKED = "Other", "Specify other."


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One question of the form, as the dialogue will ask it."""

    name: str
    type: ItemType
    words: Words
    why: Words
    when: Condition
    row: int
    options: tuple[Choice, ...] = ()
    minimum: int | None = None
    maximum: int | None = None
    better: Better = Better.NONE
    construct: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A note: several messages where it has several paragraphs in every language."""

    name: str
    words: tuple[Words, ...]
    when: Condition
    row: int


WHY: Final = {
    "appearance": "a message has no appearance",
    "choice_filter": "every answer of the list is offered",
    "constraint": "every answer that can be read is taken",
    "constraint_message": "the service says itself what it expects",
    "required_message": "every question can be skipped",
    "calculation": "no answer is worked out of others",
    "default": "nothing is answered before it is asked",
    "readonly": "what is asked can be answered",
    "parameters": "the answers are offered in their order",
    "repeat_count": "each question is asked once",
    "image": "a message has no picture", "audio": "recordings are made in the service", "video": "a message has no film",
    "media": "a message has no picture, sound or film",
    "guidance_hint": "nobody interviews: the person reads the question herself",
}  # fmt: skip


def own_type(line: Line) -> ItemType | None:
    """What a question is in our words, where it is one of our forms."""
    value = line.get(TYPE)
    return ItemType(value) if value in {each.value for each in ItemType} else None


def select_of(kind: str) -> tuple[ItemType, str, bool] | None:
    """``select_one gender or_other`` as its type, its list, and whether another answer can be given."""
    words = kind.split(" ")
    or_other = len(words) > 1 and words[-1].casefold() == "or_other"
    words = words[:-1] if or_other else words
    if words[-2:] == ["or", "other"]:
        or_other, words = True, words[:-2]
    name = " ".join(words[:-1]).casefold()
    return (_SELECTS[name], words[-1], or_other) if name in _SELECTS else None


def paragraphs(words: Words) -> tuple[Words, ...]:
    """A long note as several messages, where every language has as many paragraphs."""
    parts = {tag: [part.strip() for part in text.split("\n") if part.strip()] for tag, text in words.items()}
    lengths = {len(each) for each in parts.values()}
    if len(lengths) != 1 or max(len(text) for text in words.values()) < 150:
        return (words,)
    return tuple({tag: each[number] for tag, each in parts.items()} for number in range(lengths.pop()))


def range_of(parameters: str) -> tuple[ItemType, int | None, int | None]:
    """``start=1 end=5 step=1`` as a scale, as a number where it is long, or as text where it does not go up by 1."""
    given = dict(part.split("=", 1) for part in parameters.replace(",", " ").split() if "=" in part)
    try:
        low, high, step = (float(given.get(key, default)) for key, default in (("start", "1"), ("end", "10"), ("step", "1")))
    except ValueError:
        return ItemType.TEXT, None, None
    if step != 1 or not low.is_integer() or not high.is_integer() or not low < high < 10**9:
        return ItemType.TEXT, None, None
    return (ItemType.SCALE if high - low <= 10 else ItemType.INTEGER), int(low), int(high)
