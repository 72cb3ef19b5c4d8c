"""What was asked: the instruments with their items and options as dialogues ask them, and their scoring as they are defined.

``dialogues/instruments`` says what an item is and how it is scored, the dialogues how it is worded; ``ccmm-bot dialogue check``
holds the two together. Data set, exports and codebook are made from what is put together here.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from ccmm_bot.dialogue.instrument import Better, Earlier, Source
from ccmm_bot.dialogue.instrument import Instrument as Definition
from ccmm_bot.dialogue.instrument import InstrumentItem as DefinedItem
from ccmm_bot.dialogue.model import Dialogue, ItemType, Option, Text

#: The client surveys in the order of a case; the first two are compared, the third asks some items again (CCMM report §5).
ENTRY, EXIT, FOLLOW_UP = "entry_survey", "exit_survey", "follow_up"
WAVES: Final = (ENTRY, EXIT, FOLLOW_UP)

#: A person's own words, numbers and places: never part of a data set.
PERSONAL: Final = frozenset({ItemType.TEXT, ItemType.PHONE, ItemType.DATE, ItemType.PLACE})
_NOTHING: Final[Mapping[str, Definition]] = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class InstrumentItem:
    """One question of an instrument."""

    name: str
    type: ItemType
    text: Text
    options: tuple[Option, ...]
    minimum: int | None
    maximum: int | None
    better: Better = Better.NONE
    construct: str | None = None
    missing: frozenset[str] = frozenset()  # options that say "no answer"

    @property
    def wording_hash(self) -> str:
        """SHA-256 of the English wording, as every response keeps it."""
        return hashlib.sha256(self.text.source.encode()).hexdigest()

    @property
    def higher_is_better(self) -> bool | None:
        """How it is scored: whether a higher point, or "yes", is the better answer; ``None`` where neither is."""
        return None if self.better is Better.NONE else self.better is Better.HIGHER


@dataclass(frozen=True, slots=True, kw_only=True)
class Instrument:
    """One instrument in one version. What is personal is not among its items: it never leaves the service."""

    name: str
    version: int
    title: str
    dialogue: str
    items: tuple[InstrumentItem, ...]
    source: Source | None = None
    earlier: tuple[Earlier, ...] = ()

    def named(self, item: str) -> InstrumentItem | None:
        """The item of that name."""
        return next((each for each in self.items if each.name == item), None)


def instruments(dialogues: Mapping[str, Dialogue], definitions: Mapping[str, Definition] = _NOTHING) -> tuple[Instrument, ...]:
    """Every instrument of a folder of dialogues, the surveys of a case first. Without its definition an item has no score."""
    found = [
        _instrument(dialogue, definitions.get(dialogue.instrument))
        for dialogue in dialogues.values()
        if dialogue.instrument is not None
    ]
    return tuple(sorted(found, key=lambda each: (WAVES.index(each.name) if each.name in WAVES else len(WAVES), each.name)))


def _instrument(dialogue: Dialogue, defined: Definition | None) -> Instrument:
    own_title = dialogue.ref.id if dialogue.title is None else dialogue.title.source
    return Instrument(
        name=dialogue.instrument or dialogue.ref.id,
        version=dialogue.instrument_version or dialogue.ref.version,
        title=own_title if defined is None else defined.title,
        dialogue=dialogue.ref.id,
        items=tuple(_items(dialogue, {} if defined is None else defined.items)),
        source=None if defined is None else defined.source,
        earlier=() if defined is None else defined.earlier,
    )


def _items(dialogue: Dialogue, defined: Mapping[str, DefinedItem]) -> Iterator[InstrumentItem]:
    seen: set[str] = set()
    for state in dialogue.states.values():
        if state.ask is None:
            continue
        item = state.ask.item
        if item.record and item.name not in seen and item.type not in PERSONAL:
            seen.add(item.name)
            scored = defined.get(item.name)
            yield InstrumentItem(
                name=item.name,
                type=item.type,
                text=state.ask.text,
                options=item.options,
                minimum=item.minimum,
                maximum=item.maximum,
                better=Better.NONE if scored is None else scored.better,
                construct=None if scored is None else scored.construct,
                missing=frozenset(() if scored is None else scored.missing),
            )
