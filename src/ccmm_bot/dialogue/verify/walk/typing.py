"""How a person would answer: type the number in front of it, type its words, or tap it."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from ccmm_bot.dialogue import system_texts
from ccmm_bot.dialogue.model import Ask, Command, ItemType
from ccmm_bot.dialogue.prompts import DONE, SKIP
from ccmm_bot.dialogue.values import SKIPPED, Answer
from ccmm_bot.dialogue.verify.scope import Scope
from ccmm_bot.dialogue.verify.solve import OWN_LANGUAGE
from ccmm_bot.dialogue.verify.walk.plan import Input, Says


class Manner(StrEnum):
    """By number or by word, as on any channel; by tap, as where questions come with buttons (WhatsApp, Telegram)."""

    NUMBER = "number"
    WORD = "word"
    TAP = "tap"


_DIGITS_ARE_ANSWERS: Final = (ItemType.INTEGER, ItemType.SCALE, ItemType.PHONE, ItemType.DATE)


class Typist:
    """Types answers in one language, the way the question shows them."""

    def __init__(self, scope: Scope, language: str, autonym: str) -> None:
        self._scope = scope
        self._language = language
        self._autonym = autonym
        skip = scope.word(system_texts.WORDS[Command.SKIP], language) or system_texts.WORDS[Command.SKIP].source
        self._skip = skip.replace("،", ",").replace("፣", ",").split(",")[0].strip()

    def type(self, input_: Input, manner: Manner) -> str | None:
        """What is typed; ``None`` where nothing is, or where this answer cannot be typed in this manner."""
        if not isinstance(input_, Says) or input_.ask is None or input_.answer is None:
            return None
        if manner is Manner.TAP:
            return self._tapped(input_.ask, input_.answer)
        return self._answer(input_.ask, input_.answer, manner)

    def _answer(self, ask: Ask, answer: Answer, manner: Manner) -> str | None:
        item = ask.item
        if answer is SKIPPED:
            by_number = manner is Manner.NUMBER and item.type not in _DIGITS_ARE_ANSWERS
            return "0" if by_number else self._skip
        if answer == OWN_LANGUAGE:
            return "1" if manner is Manner.NUMBER else self._autonym
        if item.type is ItemType.SELECT_MANY and isinstance(answer, tuple):
            return self._several(ask, answer, manner)
        ids = [option.id for option in item.options]
        if isinstance(answer, str) and answer in ids:
            return str(ids.index(answer) + 1) if manner is Manner.NUMBER else self._word(ask, answer)
        if item.type is ItemType.SCALE and manner is Manner.WORD:
            return self._word(ask, str(answer)) if str(answer) in ids else None
        return str(answer) if manner is Manner.NUMBER else None

    def _tapped(self, ask: Ask, answer: Answer) -> str | None:
        """The ids of what is tapped, one after the other; ``None`` where there is no button for it."""
        if answer is SKIPPED:
            return SKIP
        if answer == OWN_LANGUAGE:
            return self._language
        ids = [option.id for option in ask.item.options]
        if ask.item.type is ItemType.SELECT_MANY and isinstance(answer, tuple):
            return " ".join((*answer, DONE)) if answer else None
        return str(answer) if str(answer) in ids or ask.item.type is ItemType.YES_NO else None

    def _several(self, ask: Ask, answer: tuple[str, ...], manner: Manner) -> str | None:
        ids = [option.id for option in ask.item.options]
        if not answer:
            return None
        if manner is Manner.NUMBER:
            return " ".join(str(ids.index(one) + 1) for one in answer)
        return self._word(ask, answer[0]) if len(answer) == 1 else None

    def _word(self, ask: Ask, id_: str) -> str:
        option = next(one for one in ask.item.options if one.id == id_)
        return self._scope.word(option.text, self._language) or option.text.source
