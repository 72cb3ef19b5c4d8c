"""What we begin goes through the opening: who is it, and does anybody read along? Nobody begins a topic directly."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from ccmm_bot.dialogue.events import Begin
from ccmm_bot.dialogue.machine import Machine
from ccmm_bot.dialogue.model import State, Text
from ccmm_bot.dialogue.values import Fact

#: The slot by which a person is asked for.
INITIALS: Final = "initials"

#: The fact that tells the opening dialogue what it opens.
ABOUT: Final = "about"


def unprompted(machine: Machine, dialogue: str, at: datetime, facts: Mapping[str, Fact]) -> Begin | None:
    """The event that begins ``dialogue`` on our initiative; ``None`` where the program's opening does not know it.

    A dialogue marked ``unprompted`` has gates of its own and begins directly, and so does every dialogue of a program without an
    opening. Facts that fill slots are this beginning's only: what an earlier one left behind is emptied.
    """
    program = machine.program
    known = machine.dialogues.get(dialogue)
    given: dict[str, Fact] = {name: "" for name in program.slots if name in program.facts}
    given.update(facts)
    if program.opening is None or known is None or known.unprompted:
        return Begin(at=at, dialogue=dialogue, facts=given)
    if dialogue not in (program.facts.get(ABOUT) or ()):
        return None
    return Begin(at=at, dialogue=program.opening, facts={**given, ABOUT: dialogue})


def asks_by_name(machine: Machine, dialogue: str) -> bool:
    """Whether a dialogue asks for the person by her initials, and so cannot begin while nobody has written her name down."""
    known = machine.dialogues.get(dialogue)
    texts = [text for state in known.states.values() for text in (*state.say, *_asked(state))] if known is not None else []
    return any(INITIALS in text.slots for text in texts)


def _asked(state: State) -> tuple[Text, ...]:
    return () if state.ask is None else tuple(text for text in (state.ask.text, state.ask.again) if text is not None)
