"""What a check looks at: the program, its dialogues, and the doors to languages and channels, which are handed in."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Protocol

from ccmm_bot.dialogue.instrument import Instruments
from ccmm_bot.dialogue.model import Ask, Dialogue, Mark, Program, State, Text
from ccmm_bot.dialogue.options import OptionSets
from ccmm_bot.dialogue.reading import Reader


class Wordings(Protocol):
    """The catalogues, as far as a check needs them (:class:`ccmm_bot.i18n.catalogues.Catalogues` is one)."""

    def text(self, text: Text, language: str, /) -> str | None:
        """The text in ``language``; ``None`` where there is none."""


#: Why a question (or, without one, a text that is only said) cannot be shown in a language: one clause for each channel it
#: does not fit, empty where it fits everywhere. Handed in by whoever knows the channels.
Budget = Callable[[Text, Ask | None, str], Iterable[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """Everything the checks of one run share."""

    program: Program
    dialogues: Mapping[str, Dialogue]
    shared: OptionSets = field(default_factory=lambda: MappingProxyType({}))
    named: frozenset[str] = frozenset()  # ids of files that did not compile, too: no second finding about them
    directories: frozenset[str] = frozenset()
    marks: Mapping[str, Mark] = field(default_factory=lambda: MappingProxyType({}))
    examined: tuple[Dialogue, ...] = ()  # the dialogues sound enough for the checks of this stage
    languages: tuple[str, ...] = ("en",)  # the ones checked in this run
    offered: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: MappingProxyType({}))  # dialogue → languages
    wanted: tuple[str, ...] = ()  # languages asked for by name: what they lack is a finding
    wordings: Wordings | None = None
    instruments: Instruments = field(default_factory=lambda: MappingProxyType({}))
    instrument_files: frozenset[str] = frozenset()  # names of files that did not compile, too; empty: no instrument is defined
    reader: Reader | None = None
    budget: Budget | None = None

    def states(self) -> Iterator[tuple[Dialogue, State]]:
        """Every state of every dialogue that is examined."""
        for dialogue in self.examined:
            for state in dialogue.states.values():
                yield dialogue, state

    def asks(self) -> Iterator[tuple[Dialogue, State, Ask]]:
        """Every question of every dialogue that is examined."""
        for dialogue, state in self.states():
            if state.ask is not None:
                yield dialogue, state, state.ask

    def languages_of(self, dialogue: Dialogue) -> tuple[str, ...]:
        """The checked languages a dialogue is offered in: those whose catalogue has all of its texts, and English."""
        return self.offered.get(dialogue.ref.id, ("en",))

    def known(self) -> frozenset[str]:
        """Ids a call may name."""
        return self.named | frozenset(self.dialogues)

    def place(self, name: str) -> Mark | None:
        """Where a name of the program stands (``commands.stop``, ``facts.channel``)."""
        return self.marks.get(name, self.program.mark)

    def word(self, text: Text, language: str) -> str | None:
        """A text in a language; English needs no catalogue."""
        if self.wordings is None:
            return text.source if language == "en" else None
        return self.wordings.text(text, language)
