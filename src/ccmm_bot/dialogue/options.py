"""Options and texts that several dialogues share (``options.yaml``): written once, translated once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ccmm_bot.dialogue.model import Mark, Option, Text


@dataclass(frozen=True, slots=True, kw_only=True)
class OptionSet:
    """One shared set. The catalogue keys of its texts are ``options.<set>.<id>``."""

    name: str
    options: tuple[Option, ...]
    mark: Mark | None = field(default=None, compare=False)


OptionSets = Mapping[str, OptionSet]

PREFIX = "options."
#: The texts that dialogues share are kept beside the option sets, as a set of this name that no question can offer.
TEXTS = "texts"


def key(set_name: str, option_id: str | None) -> str:
    """The catalogue key of an option in a shared set."""
    return f"{PREFIX}{set_name}.{option_id}"


def set_of(text: Text) -> str | None:
    """The shared set a text was taken from, ``None`` for one written in its dialogue."""
    if not text.key.startswith(PREFIX):
        return None
    return text.key[len(PREFIX) :].rsplit(".", 1)[0]


def shared_texts(sets: OptionSets) -> Mapping[str, Text]:
    """The texts that dialogues share, by name."""
    return {option.id: option.text for option in sets[TEXTS].options} if TEXTS in sets else {}
