"""Where a text is shown: what a translator or reviewer has to know that the text does not say."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from ccmm_bot.dialogue import system_texts
from ccmm_bot.dialogue.model import Dialogue, State, Text
from ccmm_bot.i18n.texts import of_state

#: A WhatsApp button holds 20 letters, a line of its list 24 (Twilio Content API, quick reply and list picker).
OPTION_LETTERS: Final = 20
SAID_SEGMENTS: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """One text's place."""

    text: Text
    dialogue: str  # "" for what the service itself says
    state: str
    kind: str  # says, question, shorter question, reason, answer, hint, command words
    before: str = ""  # English: what the person has just read
    after: str = ""  # English: what comes next, on the usual path
    letters: int | None = None  # at most so many, where a button holds no more
    segments: int | None = None  # SMS segments the whole message may take


def contexts(dialogues: Mapping[str, Dialogue]) -> dict[str, Context]:
    """Key → context of every text, in reading order; a text used in several places has the first one's."""
    found: dict[str, Context] = {}
    for name, dialogue in dialogues.items():
        arriving = _arriving(dialogue)
        for state_name, state in dialogue.states.items():
            for one in _of_state(name, state_name, state, arriving.get(state_name, ""), _leaving(dialogue, state)):
                found.setdefault(one.text.key, one)
    for text in system_texts.every():
        words = text.key.startswith("system.words.")
        kind = "command words" if words else "service"
        found[text.key] = Context(text=text, dialogue="", state="", kind=kind, segments=None if words else SAID_SEGMENTS)
    return found


def _of_state(dialogue: str, name: str, state: State, before: str, after: str) -> Iterator[Context]:
    said = [text.source for text in state.say]
    ask = state.ask
    for at, text in enumerate(state.say):
        follows = said[at + 1] if at + 1 < len(said) else ask.text.source if ask else after
        leads = said[at - 1] if at else before
        yield Context(text=text, dialogue=dialogue, state=name, kind="says", before=leads, after=follows, segments=SAID_SEGMENTS)
    if ask is None:
        return
    leads = said[-1] if said else before
    kinds = [(ask.text, "question"), (ask.again, "shorter question"), (ask.why, "reason, on HELP")]
    for question, kind in kinds:
        if question is not None:
            segments = ask.segments if kind != "reason, on HELP" else SAID_SEGMENTS
            yield Context(text=question, dialogue=dialogue, state=name, kind=kind, before=leads, after=after, segments=segments)
    for option in ask.item.options:
        yield Context(
            text=option.text, dialogue=dialogue, state=name, kind="answer", before=ask.text.source, letters=OPTION_LETTERS
        )


def _arriving(dialogue: Dialogue) -> dict[str, str]:
    """State → the last thing said before it, from the first state that leads there."""
    found: dict[str, str] = {}
    for state in dialogue.states.values():
        texts = [*(text.source for text in state.say), *([state.ask.text.source] if state.ask else [])]
        for transition in state.next:
            if texts:
                found.setdefault(transition.target, texts[-1])
    return found


def _leaving(dialogue: Dialogue, state: State) -> str:
    """The first thing said after a state, on its first way out that says anything."""
    for transition in state.next:
        target = dialogue.states.get(transition.target)
        first = next(of_state(target), None) if target is not None else None
        if first is not None:
            return first.source
    return ""
