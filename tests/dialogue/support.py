"""A small program and a small reader, for tests that specify the engine and nothing around it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from ccmm_bot.dialogue.codec import dump_session, load_session
from ccmm_bot.dialogue.effects import Choice, Effect, Note, Prompt, Say
from ccmm_bot.dialogue.events import Begin, Event, Reply
from ccmm_bot.dialogue.machine import Machine
from ccmm_bot.dialogue.model import Command, ItemType
from ccmm_bot.dialogue.parse import parse_dialogue
from ccmm_bot.dialogue.parse_program import parse_program
from ccmm_bot.dialogue.reading import NotUnderstood, Question, Reading, Understood
from ccmm_bot.dialogue.session import Session
from ccmm_bot.dialogue.step import step
from ccmm_bot.dialogue.values import Fact

NOON = datetime(2026, 11, 23, 20, 0, tzinfo=UTC)

PROGRAM = """
program: test
entry: entry
menu: menu
consent: consent
commands: {stop: stop, start: start, human: human, language: language, quiet: quiet}
facts: {service_consent: [true, false], language_known: [true, false], likely_languages: any, seen: [true, false]}
slots: [service_name, initials]
"""

HOUSE = {
    "entry": """
dialogue: entry
version: 1
initial: hello
states:
  hello: {say: "Hello", next: colour}
  colour:
    ask:
      select_one: colour
      options: {red: "Red", blue: "Blue"}
      text: "Red or blue?"
      again: "Colour?"
      remind_at: [P2D, P5D]
      timeout: P7D
    next: [{when: {colour: {eq: red}}, target: many}, {target: many}]
    on_timeout: {target: gone}
  many:
    ask: {select_many: fruit, options: {apple: "Apple", fig: "Fig", none: {text: "None", exclusive: true}}, text: "Which?"}
    next: how_many
  how_many:
    ask: {integer: children, min: 0, max: 20, text: "How many children?"}
    next: done
  done: {say: "Thank you", end: completed}
  gone: {effects: [{flag: {reason: silent, severity: normal}}], end: partial}
""",
    "menu": """
dialogue: menu
version: 1
initial: choose
states:
  choose:
    visits: {at_most: 3, then: bye}
    ask: {select_one: choice, options: {survey: "Survey", entry: "Start again"}, record: false, text: "What now?"}
    next: [{when: {choice: {eq: survey}}, target: survey}, {when: {choice: {eq: entry}}, target: entry}, {target: bye}]
  survey: {call: survey, next: choose}
  entry: {goto: entry}
  bye: {say: "Bye", end: completed}
""",
    "survey": """
dialogue: survey
version: 3
instrument: satisfaction
requires: [service]
initial: rate
states:
  rate: {ask: {scale: service_access, text: "From 1 to 5?"}, next: doctor}
  doctor:
    ask: {yes_no: has_family_doctor, text: "A doctor?", why: "To know."}
    next:
      - when: {has_family_doctor: {eq: "no"}}
        target: thanks
        effects: [{flag: {reason: no_doctor, severity: high, items: [has_family_doctor]}}]
      - {target: thanks}
  thanks: {say: "Thanks", end: completed}
""",
    "consent": """
dialogue: consent
version: 1
initial: ask
states:
  ask:
    ask:
      select_one: may_keep
      options: {agree: "I agree", refuse: "I do not"}
      gate: consent
      skip: false
      record: false
      text: "May we?"
    next:
      - {when: {may_keep: {eq: agree}}, target: yes, effects: [{consent: {kind: service, given: true}}]}
      - {target: no, effects: [{consent: {kind: service, given: false}}]}
  "yes": {say: "Good", end: completed}
  "no": {say: "All right", end: declined}
""",
    "stop": """
dialogue: stop
version: 1
initial: stopped
states: {stopped: {effects: [{opt_out: {}}], say: "Silence now", end: completed}}
""",
    "quiet": """
dialogue: quiet
version: 1
initial: silent
states: {silent: {effects: [{quiet: {}}, {flag: {reason: phone_not_safe, severity: high}}], end: completed}}
""",
    "start": """
dialogue: start
version: 1
initial: again
states: {again: {effects: [{opt_in: {}}], say: "Welcome back", next: on}, on: {goto: entry}}
""",
    "human": """
dialogue: human
version: 1
initial: called
states: {called: {effects: [{human: {reason: asked}}], say: "Somebody will write", end: completed}}
""",
    "language": """
dialogue: language
version: 1
initial: choose
states:
  choose:
    ask: {select_one: language, options: languages, record: false, text: "Language?"}
    next:
      - {when: {language: {answered: true}}, target: changed, effects: [{language: {from: language}}]}
      - {target: same}
  changed: {say: "Changed", end: completed}
  same: {end: completed}
""",
}

LANGUAGES = tuple(Choice(id=tag, label=tag.upper()) for tag in ("en", "fr", "ar", "ti", "fa", "so", "sw", "es", "hi", "pa", "uk"))


class PlainReader:
    """Numbers, English labels, English command words. The real reader has its own tests."""

    def read(self, text: str, question: Question, language: str | None) -> Reading:
        word = text.strip().casefold()
        item = question.item
        if not word:
            return NotUnderstood(Note.EMPTY)
        if item.type is ItemType.TEXT:
            return Understood(text)
        if item.type in (ItemType.INTEGER, ItemType.SCALE):
            return Understood(int(word)) if word.isascii() and word.isdecimal() else NotUnderstood(Note.NUMBER_EXPECTED)
        parts = word.split() if item.type is ItemType.SELECT_MANY else [word]
        ids = [self._choice(part, question.choices) for part in parts]
        found = [one for one in ids if one is not None]
        if len(found) != len(ids):
            return NotUnderstood(Note.NOT_UNDERSTOOD)
        return Understood(tuple(found) if item.type is ItemType.SELECT_MANY else found[0])

    def _choice(self, word: str, choices: tuple[Choice, ...]) -> str | None:
        for number, choice in enumerate(choices, start=1):
            if word in (str(number), (choice.text.source if choice.text else choice.label).casefold()):
                return choice.id
        return None

    def command(self, text: str, language: str | None, *, numeric: bool = False) -> Command | None:
        word = text.strip().casefold()
        if word == "0" and not numeric:
            return Command.SKIP
        return Command(word) if word in set(Command) else None

    def language(self, text: str) -> str | None:
        tag = text.strip().casefold()
        return tag if any(tag == choice.id for choice in LANGUAGES) else None


def machine(**replaced: str) -> Machine:
    """The test program; ``replaced`` YAML stands in for the dialogue of that name or joins it."""
    sources = {**HOUSE, **replaced}
    dialogues = {name: parse_dialogue(source, f"{name}.yaml") for name, source in sources.items()}
    program = parse_program(PROGRAM, "program.yaml").program
    assert program is not None
    return Machine(program, dialogues, LANGUAGES, PlainReader())


@dataclass(kw_only=True)
class Talk:
    """A conversation that keeps everything; between any two events the session goes through JSON and back."""

    machine: Machine
    session: Session = field(default_factory=Session)
    now: datetime = NOON
    effects: tuple[Effect, ...] = ()

    def send(self, event: Event) -> tuple[Effect, ...]:
        stored = load_session(json.loads(json.dumps(dump_session(self.session))))
        assert stored == self.session
        self.session, self.effects = step(self.machine, stored, event)
        return self.effects

    def begin(self, dialogue: str = "entry", text: str | None = None, facts: Mapping[str, Fact] | None = None) -> Talk:
        self.send(Begin(at=self.now, dialogue=dialogue, text=text, facts=facts or {}))
        return self

    def says(self, *texts: str) -> Talk:
        for text in texts:
            self.send(Reply(at=self.now, text=text))
        return self

    def later(self, **time: float) -> Talk:
        self.now += timedelta(**time)
        return self

    @property
    def heard(self) -> list[str]:
        """What the person reads after the last event."""
        return [effect.text.source for effect in self.effects if isinstance(effect, Say | Prompt)]

    @property
    def prompt(self) -> Prompt:
        return next(effect for effect in reversed(self.effects) if isinstance(effect, Prompt))

    def of(self, kind: type[Effect]) -> list[Effect]:
        return [effect for effect in self.effects if isinstance(effect, kind)]
