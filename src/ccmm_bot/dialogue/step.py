"""The engine: ``step(machine, session, event) -> (session, effects)``.

Pure and deterministic: no I/O, no clock, no randomness. Time comes in with the event, language with the machine's reader,
and everything that should happen in the world goes out as effects. An event that does not fit changes nothing.
"""

from __future__ import annotations

from ccmm_bot.dialogue import system_texts
from ccmm_bot.dialogue.answering import take_reply, take_tap
from ccmm_bot.dialogue.effects import Effect, Note, Prompt, Rejected, Say, SetTimer, ShowDirectory, ShowReport
from ccmm_bot.dialogue.events import Begin, Event, Reply, Resume, Tap, TimerFired, TimerKind, Unreadable
from ccmm_bot.dialogue.flow import Flow
from ccmm_bot.dialogue.machine import Machine
from ccmm_bot.dialogue.model import Command, Gate, ItemType, Outcome
from ccmm_bot.dialogue.prompts import question
from ccmm_bot.dialogue.reading import Understood
from ccmm_bot.dialogue.session import Session, Status


def step(machine: Machine, session: Session, event: Event) -> tuple[Session, tuple[Effect, ...]]:
    """What becomes of ``session`` when ``event`` happens, and everything to be done about it.

    Raises :class:`~ccmm_bot.dialogue.machine.UnknownDialogueError` when a run is pinned to a version that is not loaded; adding it
    and stepping again gives the same result as if it had been there. A rejected event returns the very same session and one
    :class:`~ccmm_bot.dialogue.effects.Rejected`.
    """
    if reason := _misfit(machine, session, event):
        return session, (Rejected(code=reason),)
    flow = Flow(machine, session, event.at)
    match event:
        case Begin():
            _begin(flow, event)
        case Reply():
            take_reply(flow, event.text)
        case Tap():
            take_tap(flow, event)
        case Unreadable():
            _unreadable(flow)
        case TimerFired():
            _timer(flow, event)
        case Resume():
            _ask_again(flow, None)
    if isinstance(event, Reply | Tap | Unreadable) or (isinstance(event, Begin) and event.text):
        _never_leave_in_silence(flow)
    return flow.session(), tuple(flow.effects)


def _misfit(machine: Machine, session: Session, event: Event) -> str | None:
    """Why the event cannot be taken now; ``None`` when it can."""
    match event:
        case Begin():
            if event.dialogue not in machine.dialogues:
                return "unknown_dialogue"
            if session.status is Status.WAITING:
                return "busy"
            if session.status is Status.SILENT:
                return "silent"
            if session.status is Status.STOPPED and not _heard_when_stopped(machine, session, event.text):
                return "stopped"
        case TimerFired():
            # An expired timer of an older question is a no-op.
            if session.wait is None or session.wait.no != event.wait:
                return "stale_timer"
        case Reply() | Tap() | Unreadable() | Resume():
            if session.status is Status.STOPPED and isinstance(event, Reply) and _heard_when_stopped(machine, session, event.text):
                return None
            if session.status is not Status.WAITING:
                return session.status.value
    return None


def _never_leave_in_silence(flow: Flow) -> None:
    """Who wrote and has nothing running hears at least where to go on. Who opted out, or is not safe, hears nothing."""
    spoken = any(isinstance(effect, Say | ShowDirectory | ShowReport | Prompt) for effect in flow.effects)
    if not spoken and not flow.frames and not flow.stopped and not flow.silent:
        flow.effects.append(Say(text=system_texts.NOT_RUNNING))


def _heard_when_stopped(machine: Machine, session: Session, text: str | None) -> bool:
    command = machine.reader.command(text, session.language) if text is not None else None
    return command is Command.START or (command is Command.QUIET and command in machine.program.commands)


def _begin(flow: Flow, event: Begin) -> None:
    flow.facts.update(event.facts)
    program = flow.machine.program
    command = flow.machine.reader.command(event.text, flow.language) if event.text else None
    if command in (Command.STOP, Command.HUMAN, Command.LANGUAGE, Command.QUIET) and command in program.commands:
        flow.run(program.commands[command])
        return
    if flow.stopped:
        flow.run(program.commands[Command.START])
        return
    flow.run(event.dialogue)
    if event.text and command is None:
        _first_message_answers(flow, event.text)


def _first_message_answers(flow: Flow, text: str) -> None:
    """Let the message that opened the conversation answer its first question.

    Only where it reads exactly as one of the choices, never at a gate (the person has not seen what she would be agreeing
    to), and never a bare number on a menu of languages nobody has shown her yet.
    """
    wait = flow.wait
    ask = flow.state().ask if wait is not None else None
    if wait is None or ask is None or ask.gate is not None:
        return
    shown = next((effect.choices for effect in flow.effects if isinstance(effect, Prompt) and effect.wait == wait.no), ())
    value: str | None = None
    if ask.item.languages:
        tag = flow.machine.reader.language(text)
        value = tag if tag is not None and flow.machine.offers(tag) else None
    elif ask.item.type in (ItemType.SELECT_ONE, ItemType.YES_NO):
        reading = flow.machine.reader.read(text, question(ask, shown, wait), flow.language)
        if isinstance(reading, Understood) and isinstance(reading.value, str):
            value = reading.value
    if value is None:
        return
    # The question was never put: neither it nor its timers leave the house.
    flow.effects = [effect for effect in flow.effects if not (isinstance(effect, Prompt | SetTimer) and effect.wait == wait.no)]
    flow.answer(ask, value, text)


def _unreadable(flow: Flow) -> None:
    """A voice note, an image: kept for staff by the caller; the question stays open and is put again."""
    _ask_again(flow, Note.NOT_TEXT)


def _ask_again(flow: Flow, note: Note | None) -> None:
    ask = flow.state().ask
    if ask is not None:
        flow.show(ask, note)


def _remind(flow: Flow) -> None:
    """A reminder comes unasked, days later, to a phone that somebody else may be holding by then: it names no topic.

    The question that asks who is reading is neutral itself and is put again; any other is put again when the person writes.
    """
    ask = flow.state().ask
    if ask is not None and ask.gate is Gate.IDENTITY:
        flow.show(ask, Note.REMINDER)
    elif ask is not None:
        flow.effects.append(Say(text=system_texts.NOTES[Note.REMINDER]))


def _timer(flow: Flow, event: TimerFired) -> None:
    if event.kind is TimerKind.REMIND:
        _remind(flow)
        return
    on_timeout = flow.state().on_timeout
    if on_timeout is None:
        flow.end_all(Outcome.PARTIAL)
        return
    flow.close()
    flow.go(flow.take(on_timeout))
