"""Which texts a dialogue has: the one answer for extractor, completeness and linter."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ccmm_bot.dialogue import system_texts
from ccmm_bot.dialogue.model import Dialogue, Program, State, Text


def of_state(state: State) -> Iterator[Text]:
    """The texts of one state in reading order: what it says, what it asks, the other wordings, the options."""
    yield from state.say
    if state.ask is not None:
        yield state.ask.text
        yield from (text for text in (state.ask.again, state.ask.why) if text is not None)
        yield from (option.text for option in state.ask.item.options)


def of_dialogue(dialogue: Dialogue) -> tuple[Text, ...]:
    """Every text of a dialogue, each once, the shared options and texts it uses included."""
    title = [dialogue.title] if dialogue.title is not None else []
    found = {(text.key, text.source): text for text in title}
    found |= {(text.key, text.source): text for state in dialogue.states.values() for text in of_state(state)}
    return tuple(found.values())


def of_all(dialogues: Mapping[str, Dialogue]) -> tuple[Text, ...]:
    """Every text a person can be shown: the system's and those of all dialogues, each once."""
    found = {(text.key, text.source): text for text in system_texts.every()}
    for dialogue in dialogues.values():
        found.update({(text.key, text.source): text for text in of_dialogue(dialogue)})
    return tuple(found.values())


def of_front(program: Program, dialogues: Mapping[str, Dialogue]) -> tuple[Text, ...]:
    """What a language needs to be on the menu of languages: the system's texts and the dialogues everybody meets.

    A dialogue behind them that is not complete in the language falls back to English, message by whole message.
    """
    names = {program.entry, program.menu, program.consent, *program.commands.values()}
    return of_all({name: dialogue for name, dialogue in dialogues.items() if name in names})
