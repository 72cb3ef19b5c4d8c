"""What a question shows: its choices, in the order they are numbered."""

from __future__ import annotations

from functools import lru_cache

from ccmm_bot.dialogue import system_texts
from ccmm_bot.dialogue.effects import Choice, Note, Prompt
from ccmm_bot.dialogue.machine import Machine
from ccmm_bot.dialogue.model import Ask, Item, ItemType, Option, Text
from ccmm_bot.dialogue.reading import Question
from ccmm_bot.dialogue.session import Wait

#: Choices of the engine's own. Authors' ids cannot begin with an underscore.
MORE, DONE, SKIP, HUMAN, AGAIN = "_more", "_done", "_skip", "_human", "_again"

_YES_NO = (Choice(id="yes", text=system_texts.YES), Choice(id="no", text=system_texts.NO))
_MORE_LANGUAGES = Choice(id=MORE, text=system_texts.MORE_LANGUAGES)
_OFFER_ITEM = Item(name="_offer", type=ItemType.SELECT_ONE, record=False)
_OFFER = {
    HUMAN: Choice(id=HUMAN, text=system_texts.OFFER_CHOICES["human"]),
    AGAIN: Choice(id=AGAIN, text=system_texts.OFFER_CHOICES["again"]),
    SKIP: Choice(id=SKIP, text=system_texts.OFFER_CHOICES["skip"]),
}


def choices(machine: Machine, item: Item, page: int, likely: tuple[str, ...]) -> tuple[Choice, ...]:
    """The choices of ``item``; none for an item answered by typing (text, date, phone, place, integer)."""
    if item.languages:
        languages, more = machine.language_page(page, likely)
        return (*languages, _MORE_LANGUAGES) if more else languages
    if item.type is ItemType.YES_NO:
        return _YES_NO
    if item.type is ItemType.SCALE:
        return _points(1 if item.minimum is None else item.minimum, item.maximum or 5, item.options)
    return tuple(Choice(id=option.id, text=option.text) for option in item.options)


@lru_cache(maxsize=1024)
def _points(low: int, high: int, options: tuple[Option, ...]) -> tuple[Choice, ...]:
    labels = {option.id: option.text for option in options}
    return tuple(Choice(id=str(point), text=labels.get(str(point)), label=str(point)) for point in range(low, high + 1))


def question(ask: Ask, shown: tuple[Choice, ...], wait: Wait) -> Question:
    """What the reader is given."""
    return Question(item=ask.item, choices=shown, exact=ask.gate is not None, marked=wait.draft)


def prompt(ask: Ask, shown: tuple[Choice, ...], wait: Wait, note: Note | None, progress: tuple[int, int] | None) -> Prompt:
    """The question as it is put to the person; a re-prompt takes the shorter wording where the author wrote one."""
    repeated = note is not None and note not in (Note.REMINDER, Note.OLD_BUTTON)
    text: Text = ask.again if repeated and ask.again is not None else ask.text
    return Prompt(
        wait=wait.no,
        text=text,
        item=ask.item,
        choices=shown,
        marked=wait.draft,
        note=note,
        skippable=ask.skip,
        segments=ask.segments,
        progress=progress,
    )


def offer_choices(ask: Ask) -> tuple[Choice, ...]:
    """A human, the question again and, where it may be skipped, the next question."""
    return tuple(choice for name, choice in _OFFER.items() if ask.skip or name != SKIP)


def offer_question(ask: Ask) -> Question:
    """What the reader is given while a human is offered."""
    return Question(item=_OFFER_ITEM, choices=offer_choices(ask), exact=True)


def offer(ask: Ask, wait: Wait) -> Prompt:
    """The offer of a human."""
    return Prompt(
        wait=wait.no,
        text=system_texts.OFFER_HUMAN,
        item=_OFFER_ITEM,
        choices=offer_choices(ask),
        skippable=False,
    )
