"""What was asked: the instruments with their items, options and scoring, taken from the dialogues that ask them.

The dialogues are the one source: data set, exports, codebook and XLSForm are made from these definitions.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from ccmm_bot.dialogue.model import Dialogue, ItemType, Option, Text

#: CCMM report §5: of these, "yes" is the worse answer.
YES_IS_WORSE: Final = frozenset(
    {"physical_health_affected_last_month", "mental_health_affected_last_month", "ran_out_of_money_last_month"}
)
#: The client surveys in the order of a case; the first two are compared, the third asks some items again (CCMM report §5).
ENTRY, EXIT, FOLLOW_UP = "entry_survey", "exit_survey", "follow_up"
WAVES: Final = (ENTRY, EXIT, FOLLOW_UP)

#: A person's own words, numbers and places: never part of a data set.
PERSONAL: Final = frozenset({ItemType.TEXT, ItemType.PHONE, ItemType.DATE, ItemType.PLACE})


@dataclass(frozen=True, slots=True, kw_only=True)
class InstrumentItem:
    """One question of an instrument."""

    name: str
    type: ItemType
    text: Text
    options: tuple[Option, ...]
    minimum: int | None
    maximum: int | None

    @property
    def wording_hash(self) -> str:
        """SHA-256 of the English wording, as every response keeps it."""
        return hashlib.sha256(self.text.source.encode()).hexdigest()

    @property
    def higher_is_better(self) -> bool:
        """How it is scored: whether a higher point, or "yes", is the better answer."""
        return self.name not in YES_IS_WORSE


@dataclass(frozen=True, slots=True, kw_only=True)
class Instrument:
    """One instrument in one version. What is personal is not among its items: it never leaves the service."""

    name: str
    version: int
    title: str
    dialogue: str
    items: tuple[InstrumentItem, ...]

    def named(self, item: str) -> InstrumentItem | None:
        """The item of that name."""
        return next((each for each in self.items if each.name == item), None)


def instruments(dialogues: Mapping[str, Dialogue]) -> tuple[Instrument, ...]:
    """Every instrument of a folder of dialogues, the surveys of a case first."""
    found = [_instrument(dialogue) for dialogue in dialogues.values() if dialogue.instrument is not None]
    return tuple(sorted(found, key=lambda each: (WAVES.index(each.name) if each.name in WAVES else len(WAVES), each.name)))


def _instrument(dialogue: Dialogue) -> Instrument:
    return Instrument(
        name=dialogue.instrument or dialogue.ref.id,
        version=dialogue.instrument_version or dialogue.ref.version,
        title=dialogue.ref.id if dialogue.title is None else dialogue.title.source,
        dialogue=dialogue.ref.id,
        items=tuple(_items(dialogue)),
    )


def _items(dialogue: Dialogue) -> Iterator[InstrumentItem]:
    seen: set[str] = set()
    for state in dialogue.states.values():
        if state.ask is None:
            continue
        item = state.ask.item
        if item.record and item.name not in seen and item.type not in PERSONAL:
            seen.add(item.name)
            yield InstrumentItem(
                name=item.name,
                type=item.type,
                text=state.ask.text,
                options=item.options,
                minimum=item.minimum,
                maximum=item.maximum,
            )
