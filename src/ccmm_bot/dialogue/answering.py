"""Taking what a person sends: a command, an answer, a tap; and helping when it cannot be read."""

from __future__ import annotations

from dataclasses import replace

from ccmm_bot.dialogue import prompts, system_texts, taps
from ccmm_bot.dialogue.effects import HumanCalled, Note, Say
from ccmm_bot.dialogue.events import Tap
from ccmm_bot.dialogue.flow import Flow
from ccmm_bot.dialogue.model import Ask, Command, Item, ItemType, Outcome
from ccmm_bot.dialogue.reading import NotUnderstood, Question, Understood
from ccmm_bot.dialogue.session import Wait, WaitMode
from ccmm_bot.dialogue.values import SKIPPED, Value

_TYPED_NUMBERS = (ItemType.INTEGER, ItemType.SCALE, ItemType.PHONE, ItemType.DATE)


def take_reply(flow: Flow, text: str) -> None:
    """The person typed ``text``."""
    if flow.stopped and not flow.frames:
        _wake(flow, text)
        return
    ask, wait = flow.state().ask, flow.wait
    if ask is None or wait is None:
        return
    numeric = ask.item.type in _TYPED_NUMBERS
    command = flow.machine.reader.command(text, flow.language, numeric=numeric)
    if command is not None:
        take_command(flow, command, text)
        return
    asked = _shown(flow, ask, wait)
    reader = flow.machine.reader
    if wait.mode is WaitMode.OFFER:
        offered = reader.read(text, prompts.offer_question(ask), flow.language)
        if isinstance(offered, Understood):
            _take_offer(flow, ask, str(offered.value), text)
            return
    reading = reader.read(text, asked, flow.language)
    if isinstance(reading, Understood) and (value := _fitting(flow, asked, reading.value)) is not None:
        _take_value(flow, ask, value, text)
    else:
        _not_understood(flow, ask, reading.note if isinstance(reading, NotUnderstood) else Note.NOT_UNDERSTOOD)


def _wake(flow: Flow, text: str) -> None:
    """After STOP only two things are heard: START, and that this phone is not safe."""
    program = flow.machine.program
    command = flow.machine.reader.command(text, flow.language)
    flow.run(program.commands[Command.QUIET if command is Command.QUIET else Command.START])


def take_tap(flow: Flow, tap: Tap) -> None:
    """The person tapped a button, perhaps an old one."""
    ask, wait = flow.state().ask, flow.wait
    if ask is None or wait is None:
        return
    match taps.decode(tap.payload):
        case None:
            flow.show(ask, Note.OLD_BUTTON)
        case Command() as command:
            take_command(flow, command, tap.label)
        case (number, choice):
            if number != wait.no and number not in flow.top.asked:
                flow.show(ask, Note.OLD_BUTTON)
            else:
                _take_choice(flow, ask, wait, choice, tap.label)


def take_command(flow: Flow, command: Command, raw: str) -> None:
    """What a person can say at any moment: the transitions every state inherits."""
    ask = flow.state().ask
    if ask is None:
        return
    program = flow.machine.program
    match command:
        case Command.STOP:
            flow.end_all(Outcome.PARTIAL)
            flow.run(program.commands[Command.STOP])
        case Command.QUIET:
            _fall_silent(flow, ask)
        case Command.MENU:
            flow.end_all(Outcome.PARTIAL)
            flow.run(program.menu)
        case Command.HUMAN | Command.LANGUAGE:
            called = program.commands[command]
            if flow.running(called):
                if command is Command.HUMAN:  # staff may have settled the first call; asking again must reach them
                    flow.effects.append(HumanCalled(run=flow.top.run, reason="asked"))
                flow.show(ask, None)
            else:
                flow.suspend()
                flow.run(called)
        case Command.HELP:
            flow.effects.append(Say(text=system_texts.HELP))
            if ask.why is not None:
                flow.effects.append(Say(text=ask.why))
            flow.show(ask, None)
        case Command.START:
            flow.show(ask, None)
        case Command.BACK:
            if not flow.back():
                flow.show(ask, Note.CANNOT_GO_BACK)
        case Command.SKIP:
            _skip(flow, ask, raw)


def _fall_silent(flow: Flow, ask: Ask) -> None:
    """This phone is not safe: everything ends here, without a word. A program without such a command has none."""
    called = flow.machine.program.commands.get(Command.QUIET)
    if called is None:
        flow.show(ask, None)
        return
    flow.end_all(Outcome.PARTIAL)
    flow.run(called)


def _skip(flow: Flow, ask: Ask, raw: str) -> None:
    if ask.skip:
        flow.answer(ask, SKIPPED, raw)
    else:
        flow.show(ask, Note.CANNOT_SKIP)


def _shown(flow: Flow, ask: Ask, wait: Wait) -> Question:
    return prompts.question(ask, prompts.choices(flow.machine, ask.item, wait.page, flow.likely_languages()), wait)


def _take_value(flow: Flow, ask: Ask, value: Value, raw: str) -> None:
    if value == prompts.MORE and flow.wait is not None:
        flow.wait = replace(flow.wait, page=flow.wait.page + 1)
        flow.show(ask, None)
    else:
        flow.answer(ask, value, raw)


def _take_choice(flow: Flow, ask: Ask, wait: Wait, choice: str, label: str) -> None:
    if choice == prompts.SKIP:
        _skip(flow, ask, label)
        return
    if choice in (prompts.HUMAN, prompts.AGAIN):
        _take_offer(flow, ask, choice, label)
        return
    asked = _shown(flow, ask, wait)
    if ask.item.type is ItemType.SELECT_MANY:
        _mark(flow, ask, wait, choice, label)
        return
    value: Value = int(choice) if ask.item.type is ItemType.SCALE and choice.isdecimal() else choice
    fitting = _fitting(flow, asked, value)
    if fitting is None:
        flow.show(ask, Note.OLD_BUTTON)
    else:
        _take_value(flow, ask, fitting, label)


def _mark(flow: Flow, ask: Ask, wait: Wait, choice: str, label: str) -> None:
    """Choosing several by tapping: each tap marks or unmarks one; "that is all" sends them; "none" stands alone."""
    options = {option.id: option for option in ask.item.options}
    if choice == prompts.DONE:
        if wait.draft:
            flow.answer(ask, wait.draft, label)
        else:
            flow.show(ask, Note.EMPTY)
    elif choice not in options:
        flow.show(ask, Note.OLD_BUTTON)
    elif options[choice].exclusive:
        flow.answer(ask, (choice,), label)
    else:
        marked = {*wait.draft} ^ {choice}
        flow.wait = replace(wait, draft=tuple(id_ for id_ in options if id_ in marked))
        flow.show(ask, Note.MARKED)


def _fitting(flow: Flow, asked: Question, value: Value) -> Value | None:
    """``value`` if it is one the item can take, select_many in the order of its options; ``None`` if it is not.

    The engine trusts no reader: whatever comes back is checked against the item before it is kept.
    """
    item = asked.item
    ids = [choice.id for choice in asked.choices]
    match item.type:
        case ItemType.SELECT_ONE | ItemType.YES_NO:
            known = isinstance(value, str) and (value in ids or (item.languages and flow.machine.offers(value)))
            return value if known else None
        case ItemType.SELECT_MANY:
            return _fitting_many(item, value, asked.marked)
        case ItemType.SCALE | ItemType.INTEGER:
            whole = isinstance(value, int) and not isinstance(value, bool)
            return value if whole and _within(item, value) else None
        case ItemType.DATE | ItemType.TEXT | ItemType.PHONE | ItemType.PLACE:
            return value if isinstance(value, str) and value else None


def _fitting_many(item: Item, value: Value, marked: tuple[str, ...]) -> tuple[str, ...] | None:
    if not isinstance(value, tuple):
        return None
    options = {option.id: option for option in item.options}
    if any(id_ not in options for id_ in value):
        return None
    alone = [id_ for id_ in value if options[id_].exclusive]
    if alone:
        return (alone[0],) if len(value) == 1 else None
    chosen = {*value, *marked}
    return tuple(id_ for id_ in options if id_ in chosen)


def _within(item: Item, value: Value) -> bool:
    low, high = item.minimum, item.maximum
    return isinstance(value, int) and (low is None or value >= low) and (high is None or value <= high)


def _take_offer(flow: Flow, ask: Ask, choice: str, raw: str) -> None:
    match choice:
        case prompts.HUMAN:
            take_command(flow, Command.HUMAN, raw)
        case prompts.SKIP:
            _skip(flow, ask, raw)
        case _:
            if flow.wait is not None:
                flow.wait = replace(flow.wait, mode=WaitMode.ITEM, attempts=0)
            flow.show(ask, None)


def _not_understood(flow: Flow, ask: Ask, note: Note) -> None:
    """Re-prompt in shorter words, then offer a human, then call one: a person is never left alone with a question."""
    wait = flow.wait
    if wait is None:
        return
    attempts = wait.attempts + 1
    if attempts <= ask.retries:
        flow.wait = replace(wait, attempts=attempts)
        flow.show(ask, note)
    elif wait.mode is WaitMode.ITEM:
        flow.wait = replace(wait, attempts=attempts, mode=WaitMode.OFFER)
        flow.effects.append(prompts.offer(ask, flow.wait))
    else:
        if not wait.handed_off:
            flow.effects.append(HumanCalled(run=flow.top.run, reason="stuck"))
            flow.wait = replace(wait, handed_off=True)
        flow.effects.append(Say(text=system_texts.STUCK))
        flow.show(ask, None)
