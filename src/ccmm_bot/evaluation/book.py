"""An instrument as its codebook describes it: items, wordings, answers with their codes, scoring, versions.

Made of the definition (``dialogues/instruments``), of the dialogue that asks it, and of the catalogues; the HTML page, the PDF, DDI
and the data package of an instrument are all written from this.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from ccmm_bot.dialogue import system_texts
from ccmm_bot.dialogue.instrument import Better, Earlier, Source
from ccmm_bot.dialogue.instrument import Instrument as Definition
from ccmm_bot.dialogue.instrument import InstrumentItem as DefinedItem
from ccmm_bot.dialogue.loader import Loaded
from ccmm_bot.dialogue.model import Ask, Dialogue, ItemType, Option, Text
from ccmm_bot.errors import CcmmError
from ccmm_bot.evaluation.instruments import PERSONAL, WAVES
from ccmm_bot.evaluation.texts import N_
from ccmm_bot.i18n.catalogues import Catalogues
from ccmm_bot.i18n.languages import SOURCE

#: In SPSS files, where a number has to stand for "no answer" (user-missing values).
SKIPPED, NOT_ASKED = -8, -9
YES_NO: Final = {"yes": 1, "no": 0}

TYPES: Final[Mapping[ItemType, str]] = {
    ItemType.SELECT_ONE: N_("one answer of a list"),
    ItemType.SELECT_MANY: N_("several answers of a list"),
    ItemType.SCALE: N_("a scale"),
    ItemType.YES_NO: N_("yes or no"),
    ItemType.INTEGER: N_("a whole number"),
    ItemType.DATE: N_("a date"),
    ItemType.TEXT: N_("the person's own words"),
    ItemType.PHONE: N_("a telephone number"),
    ItemType.PLACE: N_("a town"),
}


class UnknownInstrument(CcmmError):
    """There is no instrument of that name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BookAnswer:
    """One answer. ``code`` stands for it in SPSS files; ``None`` where several can be chosen."""

    id: str
    code: int | None
    words: Mapping[str, str]
    missing: bool = False

    @property
    def label(self) -> str:
        """In English."""
        return self.words.get(SOURCE, self.id)


@dataclass(frozen=True, slots=True, kw_only=True)
class BookItem:
    """One question. ``wordings``: our tag → its wordings, of which there may be several; empty where no dialogue asks it."""

    name: str
    column: str  # in a wide table of an export
    type: ItemType
    wordings: Mapping[str, tuple[str, ...]]
    answers: tuple[BookAnswer, ...] = ()
    minimum: int | None = None
    maximum: int | None = None
    better: Better = Better.NONE
    construct: str | None = None
    not_asked: str | None = None  # why no dialogue asks it

    @property
    def exported(self) -> bool:
        """What a person wrote in her own words, dates, numbers and places never leave the service."""
        return self.type not in PERSONAL

    @property
    def label(self) -> str:
        """In English."""
        return " / ".join(self.wordings.get(SOURCE, ())) or self.name


@dataclass(frozen=True, slots=True, kw_only=True)
class Book:
    """One instrument."""

    name: str
    version: int
    title: str
    source: Source
    construct: str | None
    languages: tuple[str, ...]
    items: tuple[BookItem, ...]
    earlier: tuple[Earlier, ...]


def column_of(instrument: str, item: str) -> str:
    """How an item's column is called in a wide table: of the surveys of a case with the moment in front."""
    return f"{instrument.removesuffix('_survey')}_{item}" if instrument in WAVES else item


def code_of(kind: ItemType, number: int, option: str) -> int | None:
    """What stands for an option in SPSS files: the point, 1 for yes and 0 for no, else its place."""
    match kind:
        case ItemType.SELECT_MANY:
            return None
        case ItemType.YES_NO:
            return YES_NO[option]
        case ItemType.SCALE:
            return int(option)
        case _:
            return number


def books(loaded: Loaded, catalogues: Catalogues, names: Sequence[str], languages: Sequence[str]) -> tuple[Book, ...]:
    """The codebooks of these instruments; of all where none is named. Raises :class:`UnknownInstrument`."""
    unknown = [name for name in names if name not in loaded.instruments]
    if unknown:
        raise UnknownInstrument(f'There is no instrument "{unknown[0]}". There are: {", ".join(loaded.instruments)}.')
    chosen = names or sorted(loaded.instruments, key=lambda name: (WAVES.index(name) if name in WAVES else len(WAVES), name))
    return tuple(_book(loaded, catalogues, loaded.instruments[name], tuple(languages)) for name in chosen)


def _book(loaded: Loaded, catalogues: Catalogues, defined: Definition, languages: tuple[str, ...]) -> Book:
    asking = [dialogue for dialogue in loaded.dialogues.values() if dialogue.instrument == defined.name]
    return Book(
        name=defined.name,
        version=defined.version,
        title=defined.title,
        source=defined.source,
        construct=defined.construct,
        languages=languages,
        items=tuple(_item(catalogues, defined, item, asking, languages) for item in defined.items.values()),
        earlier=defined.earlier,
    )


def _item(
    catalogues: Catalogues, defined: Definition, item: DefinedItem, asking: Sequence[Dialogue], languages: tuple[str, ...]
) -> BookItem:
    asks = list(_asks(asking, item.name))
    wordings = {
        tag: tuple(dict.fromkeys(said for ask in asks if (said := catalogues.text(ask.text, tag)) is not None)) for tag in languages
    }
    options = _options(item, asks[0] if asks else None)
    return BookItem(
        name=item.name,
        column=column_of(defined.name, item.name),
        type=item.type,
        wordings={tag: said for tag, said in wordings.items() if said},
        answers=tuple(
            BookAnswer(
                id=option.id,
                code=code_of(item.type, number, option.id),
                words={tag: said for tag in languages if (said := _said(catalogues, option.text, tag)) is not None},
                missing=option.id in item.missing,
            )
            for number, option in enumerate(options, start=1)
        ),
        minimum=item.minimum,
        maximum=item.maximum,
        better=item.better,
        construct=item.construct,
        not_asked=defined.not_asked.get(item.name),
    )


def _asks(asking: Sequence[Dialogue], name: str) -> Iterator[Ask]:
    for dialogue in asking:
        for state in dialogue.states.values():
            if state.ask is not None and state.ask.item.name == name:
                yield state.ask


def _options(item: DefinedItem, ask: Ask | None) -> tuple[Option, ...]:
    """In the order they are offered; where nobody asks the item, as the definition lists them."""
    if item.type is ItemType.YES_NO:
        return Option(id="yes", text=system_texts.YES), Option(id="no", text=system_texts.NO)
    if ask is not None:
        return ask.item.options
    return tuple(Option(id=name, text=Text(key="", source=name)) for name in item.options)


def _said(catalogues: Catalogues, text: Text, tag: str) -> str | None:
    return text.source if not text.key else catalogues.text(text, tag)
