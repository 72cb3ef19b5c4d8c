"""An instrument: what is asked, how it is scored and where it comes from, in one version (``dialogues/instruments/<name>.yaml``).

No wording stands here. An item names the catalogue keys it is worded under, so that a text is written once (in the dialogue that
asks it, or in ``options.yaml``) and translated once; options and labelled points are ids.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

from ccmm_bot.dialogue.model import Item, ItemType, Mark

#: The folder of the instruments, beside the dialogues.
FOLDER = "instruments"


class Better(StrEnum):
    """Which end of an item is the better one; of yes and no, yes is the higher one."""

    HIGHER = "higher"
    LOWER = "lower"
    NONE = "none"  # neither: needs, preferences, background


@dataclass(frozen=True, slots=True, kw_only=True)
class InstrumentItem:
    """One question, whatever it is worded like in a language."""

    name: str
    type: ItemType
    wording: tuple[str, ...]  # catalogue keys; several where the question is put in one of several ways
    options: tuple[str, ...] = ()  # ids of a choice, in their order; of a scale, the points that have a label
    minimum: int | None = None  # scale and integer
    maximum: int | None = None
    better: Better = Better.NONE
    construct: str | None = None  # what it measures, in a researcher's words
    missing: tuple[str, ...] = ()  # options that say "no answer" ("I am not sure")
    mark: Mark | None = field(default=None, compare=False)

    def asked_as(self, item: Item) -> str | None:
        """How a dialogue's question differs from this one: a clause, or ``None`` where it does not."""
        if item.type is not self.type:
            return f"is asked as {item.type.value} and defined as {self.type.value}"
        if item.languages:
            return "offers the languages, which no instrument can list"
        ids = tuple(option.id for option in item.options)
        if self.type is not ItemType.YES_NO and sorted(ids) != sorted(self.options):
            return f"offers {', '.join(ids) or 'nothing'} and is defined with {', '.join(self.options) or 'nothing'}"
        if (item.minimum, item.maximum) != (self.minimum, self.maximum):
            return f"goes {_span(item.minimum, item.maximum)} and is defined {_span(self.minimum, self.maximum)}"
        return None


def _span(low: int | None, high: int | None) -> str:
    return f"from {'anywhere' if low is None else low} to {'anywhere' if high is None else high}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where an instrument is taken from."""

    document: str
    section: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Earlier:
    """A version that this one replaces. ``same``: the items whose answers then mean what they mean now."""

    version: int
    same: frozenset[str]
    note: str | None = None  # what is different, for the codebook


@dataclass(frozen=True, slots=True, kw_only=True)
class Instrument:
    """One instrument in today's version."""

    name: str
    version: int
    title: str  # for staff and researchers; people read the dialogue's
    source: Source
    items: Mapping[str, InstrumentItem]
    construct: str | None = None
    not_asked: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))  # item → why no dialogue asks it
    earlier: tuple[Earlier, ...] = ()
    mark: Mark | None = field(default=None, compare=False)

    def same_as_today(self, version: int) -> frozenset[str]:
        """The items whose answers, given under ``version``, mean what they mean now."""
        if version == self.version:
            return frozenset(self.items)
        return next((each.same for each in self.earlier if each.version == version), frozenset())


Instruments = Mapping[str, Instrument]
