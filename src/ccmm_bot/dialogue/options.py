"""Sets of options that several questions share (``options.yaml``): named once, translated once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ccmm_bot.dialogue.model import Mark, Option


@dataclass(frozen=True, slots=True, kw_only=True)
class OptionSet:
    """One shared set. The catalogue keys of its texts are ``options.<set>.<id>``."""

    name: str
    options: tuple[Option, ...]
    mark: Mark | None = field(default=None, compare=False)


OptionSets = Mapping[str, OptionSet]

PREFIX = "options."


def key(set_name: str, option_id: str | None) -> str:
    """The catalogue key of an option in a shared set."""
    return f"{PREFIX}{set_name}.{option_id}"


def set_of(option: Option) -> str | None:
    """The shared set ``option`` was taken from, ``None`` for one written beside its question."""
    if not option.text.key.startswith(PREFIX):
        return None
    return option.text.key[len(PREFIX) :].rsplit(".", 1)[0]
