"""What staff read instead of identifiers: the wording of questions and options, as the run's own version has them.

In the language of the reader's pages where the catalogue has it: each text in that language or in English.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from ccmm_bot.dialogue import system_texts
from ccmm_bot.dialogue.machine import Machine, UnknownDialogueError
from ccmm_bot.dialogue.model import Ask, DialogueRef, ItemType, Text
from ccmm_bot.i18n.catalogues import Catalogues
from ccmm_bot.i18n.languages import SOURCE, UnknownLanguage, language


class Labels:
    """Looks wordings up in the compiled dialogues. Safe to share between threads; remembers every version it has seen."""

    def __init__(
        self,
        machine: Machine,
        slots: Mapping[str, str] | None = None,
        catalogues: Catalogues | None = None,
        tag: str = SOURCE,
    ) -> None:
        self._machine = machine
        self._slots = dict(slots or {})
        self._catalogues = catalogues
        self._tag = tag
        self._others: dict[str, Labels] = {}
        self._asks = lru_cache(maxsize=256)(self._load)

    def read_in(self, tag: str) -> Labels:
        """The same for readers of another language."""
        if tag == self._tag:
            return self
        return self._others.setdefault(tag, Labels(self._machine, self._slots, self._catalogues, tag))

    def question(self, ref: DialogueRef, item: str) -> str:
        """The question that asked for the item; the item's name in words where the version is not at hand."""
        ask = self._asks(ref).get(item)
        return self._fill(ask.text) if ask else item.replace("_", " ").capitalize()

    def values(self, ref: DialogueRef, item: str, value: Any) -> tuple[str, ...]:
        """A canonical value in words: one text, or one for each chosen option. An option unknown here stays an identifier."""
        chosen = tuple(value) if isinstance(value, list | tuple) else (value,)
        ask = self._asks(ref).get(item)
        if ask is None:
            return tuple(str(each) for each in chosen)
        if ask.item.languages:
            return tuple(self._language(str(each)) for each in chosen)
        texts = {option.id: self._fill(option.text) for option in ask.item.options}
        if ask.item.type is ItemType.YES_NO:
            texts = {"yes": self._fill(system_texts.YES), "no": self._fill(system_texts.NO)} | texts
        if ask.item.type is ItemType.SCALE:
            return tuple(_point(each, texts.get(str(each)), ask.item.maximum) for each in chosen)
        if ask.item.type is ItemType.PLACE:
            return tuple(str(each).replace("_", " ").title() for each in chosen)
        return tuple(texts.get(str(each), str(each)) for each in chosen)

    def _load(self, ref: DialogueRef) -> dict[str, Ask]:
        try:
            dialogue = self._machine.dialogue(ref)
        except UnknownDialogueError:
            return {}
        return {state.ask.item.name: state.ask for state in dialogue.states.values() if state.ask is not None}

    def _fill(self, text: Text) -> str:
        known = None if self._catalogues is None or self._tag == SOURCE else self._catalogues.text(text, self._tag)
        filled = known or text.source
        for name in text.slots:
            filled = filled.replace(f"{{{name}}}", self._slots.get(name, "…"))
        return filled

    def _language(self, tag: str) -> str:
        try:
            return language(tag).name_in(self._tag)
        except UnknownLanguage:
            return tag


def _point(value: object, label: str | None, maximum: int | None) -> str:
    of = f"{value}/{maximum}" if maximum is not None else str(value)
    return f"{of}: {label}" if label else of
