"""What one thing that happens makes the engine do: which events it is, and which of the answers the person gets to see."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import Enum

from ccmm_bot.conversation import not_live
from ccmm_bot.dialogue import system_texts, taps
from ccmm_bot.dialogue.effects import Effect, Flag, OptedOut, Prompt, Rejected, Say, ShowDirectory, ShowReport
from ccmm_bot.dialogue.events import Begin, Event, Reply, Resume, Tap, TimerFired, Unreadable
from ccmm_bot.dialogue.machine import Machine
from ccmm_bot.dialogue.model import Command, Severity
from ccmm_bot.dialogue.session import Session, Status
from ccmm_bot.dialogue.step import step
from ccmm_bot.dialogue.values import Fact
from ccmm_bot.messages import ContentKind, InboundMessage, OptOutKind

#: Which languages somebody probably speaks, likeliest first: from the first words and what the app's menus are in.
Guess = Callable[[str, str | None], tuple[str, ...]]

#: A message longer than this is kept as far as it goes; the engine's own limit for an answer is far below.
TEXT_KEPT = 16_000

_READABLE = (ContentKind.TEXT, ContentKind.TAP)
#: What can be said without anything running; the engine reads them from the text a conversation begins with.
_BEGINNING = (Command.STOP, Command.HUMAN, Command.LANGUAGE, Command.QUIET)

#: What the bot hears while a human talks with the person.
_BESIDE_HUMAN = (Command.STOP, Command.START, Command.QUIET)


class Heard(Enum):
    """How much of the answer goes out."""

    ALL = "all"
    QUESTION = "question"  # the provider has said the rest
    NOTHING = "nothing"


@dataclass(slots=True)
class Turn:
    """A session on its way through one or more events, and everything to be done about them."""

    machine: Machine
    session: Session
    at: datetime
    effects: list[Effect] = field(default_factory=list)
    rejected: str | None = None
    not_live: frozenset[str] = frozenset()  # languages in which a human talks instead: see conversation.not_live

    def feed(self, event: Event, heard: Heard = Heard.ALL) -> None:
        """Let the engine take ``event``."""
        effects = self._step(event)
        for effect in effects:
            match effect:
                case Rejected(code=code):
                    self.rejected = code
                case Say() | ShowDirectory() | ShowReport() if heard is not Heard.ALL:
                    pass
                case Prompt() if heard is Heard.NOTHING:
                    pass
                case _:
                    self.effects.append(effect)

    def _step(self, event: Event) -> Sequence[Effect]:
        """What the engine makes of it, unless it would speak a language that is not live."""
        before = self.session
        self.session, effects = step(self.machine, before, event)
        if not not_live.holds(self.not_live, self.session, effects):
            return effects
        by_person = isinstance(event, Begin) and event.text is not None
        self.session, instead = not_live.held(self.machine, before, self.session, event, begun_by_person=by_person)
        if isinstance(event, Begin | TimerFired) and not by_person:
            self.rejected = not_live.REASON
        return instead

    def command(self, command: Command, heard: Heard = Heard.ALL) -> None:
        """The person said ``command``, in whatever state the conversation is."""
        match self.session.status:
            case Status.WAITING:
                self.feed(Tap(at=self.at, payload=taps.encode_command(command), label=command.value), heard)
            case Status.STOPPED:
                self.feed(Reply(at=self.at, text=command.value), heard)
            case Status.IDLE:
                self.feed(Begin(at=self.at, dialogue=self.machine.program.entry, text=command.value), heard)
            case Status.SILENT:
                pass

    def stop_quietly(self) -> None:
        """The person is opted out already; let the session know it, and say nothing."""
        if self.session.status is not Status.STOPPED:
            self.command(Command.STOP, Heard.NOTHING)

    @property
    def opted_out(self) -> bool:
        """Whether this turn opted the person out."""
        return any(isinstance(effect, OptedOut) for effect in self.effects)

    @property
    def spoke(self) -> bool:
        """Whether anything is said to the person."""
        return any(isinstance(effect, Say | ShowDirectory | ShowReport | Prompt) for effect in self.effects)


def take_message(turn: Turn, message: InboundMessage, *, opted_out: bool, human: bool, guess: Guess) -> None:
    """Let a person's message happen.

    A correction is kept and not replayed. What the provider has answered itself changes our state, and only a question that is
    open then is put. While a human talks with the person, only STOP, START and that the phone is not safe are heard.
    """
    if opted_out:
        turn.stop_quietly()
    if message.kind not in _READABLE and message.kind is not ContentKind.CORRECTION:
        turn.effects.append(Flag(run=0, reason="content_for_staff", severity=Severity.NORMAL))
    if message.kind not in _READABLE and _says_stop(turn, message):
        message = replace(message, kind=ContentKind.TEXT, payload=None)  # below a picture, or in a correction: it is heard
    if message.kind is ContentKind.CORRECTION:
        return
    match message.opt_out:
        case OptOutKind.STOP:
            turn.stop_quietly()
            return
        case OptOutKind.START:
            turn.command(Command.START, Heard.QUESTION)
            return
        case OptOutKind.HELP:
            return
        case None:
            pass
    if human and not _heard_beside_human(turn, message):
        return
    _take(turn, message, guess)


def _says_stop(turn: Turn, message: InboundMessage) -> bool:
    return bool(message.text) and turn.machine.reader.command(readable(message.text), turn.session.language) is Command.STOP


def _heard_beside_human(turn: Turn, message: InboundMessage) -> bool:
    if message.payload is not None:
        return taps.decode(message.payload) in _BESIDE_HUMAN
    return turn.machine.reader.command(readable(message.text), turn.session.language) in _BESIDE_HUMAN


def readable(text: str) -> str:
    """As much of a text as the engine gets. Half a character (a lone surrogate) cannot be written as JSON; it is shown as one."""
    text = text[:TEXT_KEPT]
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-8", "surrogatepass").decode("utf-8", "replace")
    return text


def _take(turn: Turn, message: InboundMessage, guess: Guess) -> None:
    text = readable(message.text)
    match turn.session.status:
        case Status.STOPPED:
            if message.kind in _READABLE:
                turn.feed(Reply(at=turn.at, text=_said(message, text)))
        case Status.WAITING:
            turn.feed(_event(turn, message, text))
        case Status.IDLE:
            _open(turn, message, text, guess)
        case Status.SILENT:  # kept for staff; whoever wrote hears nothing
            turn.effects.append(Flag(run=0, reason="phone_not_safe", severity=Severity.HIGH))


def _event(turn: Turn, message: InboundMessage, text: str) -> Event:
    if message.kind not in _READABLE:
        return Unreadable(at=turn.at, kind=message.kind.value)
    if message.payload == taps.SHOW:
        return Resume(at=turn.at)
    if message.payload is not None:
        return Tap(at=turn.at, payload=message.payload, label=text)
    return Reply(at=turn.at, text=text)


def _said(message: InboundMessage, text: str) -> str:
    """A tapped command as if it had been typed."""
    tapped = taps.decode(message.payload) if message.payload is not None else None
    return tapped.value if isinstance(tapped, Command) else text


def _open(turn: Turn, message: InboundMessage, text: str, guess: Guess) -> None:
    """Nothing is running: the entry dialogue begins, and the message may already answer its first question."""
    facts: dict[str, Fact] = {"channel": message.channel.value}
    if likely := guess(text, message.language_hint):
        facts["likely_languages"] = ",".join(likely)
    opening: str | None = None
    if message.kind not in _READABLE:
        turn.effects.append(Say(text=system_texts.KEPT_FOR_STAFF))
    elif message.payload is None:
        opening = text or None
    else:
        tapped = taps.decode(message.payload)
        opening = tapped.value if tapped in _BEGINNING and isinstance(tapped, Command) else None
    turn.feed(Begin(at=turn.at, dialogue=turn.machine.program.entry, text=opening, facts=facts))


def not_processed(turn: Turn, *, answer: bool) -> None:
    """The engine failed over an event: the message is kept, a human is called, and the person is told so."""
    turn.effects.append(Flag(run=0, reason="not_processed", severity=Severity.HIGH))
    if answer:
        turn.effects.append(Say(text=system_texts.STUCK))
