"""``ccmm-bot dialogue walk``: a dialogue tried in the terminal, with the real engine, reader and presentation."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence

import typer

from ccmm_bot.cli.authoring import Workbench
from ccmm_bot.clock import SystemClock
from ccmm_bot.conversation.present import present
from ccmm_bot.dialogue import effects as out
from ccmm_bot.dialogue.effects import Effect
from ccmm_bot.dialogue.events import Begin, Event, Reply, TimerFired, TimerKind, Unreadable
from ccmm_bot.dialogue.model import Dialogue, Program
from ccmm_bot.dialogue.session import Session, Status
from ccmm_bot.dialogue.step import step
from ccmm_bot.dialogue.values import SKIPPED, Answer, Fact
from ccmm_bot.i18n.texts import of_all
from ccmm_bot.messages import LIMITS, ChannelKind, Content

_HELP = "(:state = where am I, :remind = a reminder, :timeout = nobody answers, :voice = a voice note, :quit)"


def run(
    workbench: Workbench,
    program: Program,
    dialogue: Dialogue,
    language: str,
    channel: ChannelKind,
    facts: Mapping[str, Fact],
) -> None:
    """Talk until the dialogue ends or the input does."""
    machine = workbench.machine(program)
    directories = workbench.directories()
    clock = SystemClock()
    session = Session(language=language)
    interactive = sys.stdin.isatty()
    if workbench.catalogues.missing(of_all({dialogue.ref.id: dialogue}), language):
        typer.echo(f"({language} is not complete yet: what is missing is shown in English)")
    if interactive:
        typer.echo(_HELP)
    event: Event = Begin(at=clock.now(), dialogue=dialogue.ref.id, facts=facts)
    while True:
        session, effects = step(machine, session, event)
        stage = workbench.stage(LIMITS[channel], session.language or language, directories)
        for content in present(effects, stage):
            typer.echo(_bubble(content))
        for line in _notes(effects):
            typer.echo(f"  ({line})")
        if session.status is not Status.WAITING:
            typer.echo(f"(the conversation is {session.status.value})")
            return
        next_event = _read(session, clock, interactive)
        if next_event is None:
            return
        event = next_event


def _read(session: Session, clock: SystemClock, interactive: bool) -> Event | None:
    """The next event typed; ``None`` at the end of input."""
    while True:
        if interactive:
            typer.echo("> ", nl=False)
        line = sys.stdin.readline()
        if not line:
            return None
        text = line.rstrip("\r\n")
        if not interactive:
            typer.echo(f"> {text}")
        wait = session.wait.no if session.wait is not None else 0
        match text:
            case ":quit":
                return None
            case ":state":
                typer.echo(_where(session))
            case ":remind":
                return TimerFired(at=clock.now(), wait=wait, kind=TimerKind.REMIND)
            case ":timeout":
                return TimerFired(at=clock.now(), wait=wait, kind=TimerKind.TIMEOUT)
            case ":voice":
                return Unreadable(at=clock.now(), kind="voice")
            case _ if text.startswith(":"):
                typer.echo(_HELP)
            case _:
                return Reply(at=clock.now(), text=text)


def _bubble(content: Content) -> str:
    lines = content.text.split("\n")
    lines += [f"[{button.label}]" for button in content.buttons]
    return "\n".join(f"< {line}" for line in lines)


def _where(session: Session) -> str:
    lines = []
    for frame in session.frames:
        answers = ", ".join(f"{name} = {_shown(answer)}" for name, answer in frame.answers.items()) or "nothing answered"
        lines.append(f"  ({frame.dialogue.id} / {frame.state}: {answers})")
    facts = ", ".join(f"{name} = {value}" for name, value in session.facts.items()) or "none"
    return "\n".join([*lines, f"  (facts: {facts})"])


def _shown(answer: Answer) -> str:
    if answer is SKIPPED:
        return "skipped"
    return ", ".join(answer) or "none of these" if isinstance(answer, tuple) else str(answer)


def _notes(effects: Sequence[Effect]) -> list[str]:
    """What happens beside the words: what staff and the store would learn."""
    lines: list[str] = []
    for effect in effects:
        match effect:
            case out.Record():
                lines.append(f"recorded: {effect.item.name} = {_shown(effect.answer)}")
            case out.Flag():
                lines.append(f"flag: {effect.reason} ({effect.severity.value})")
            case out.Consent():
                lines.append(f"{effect.kind} consent: {'given' if effect.given else 'not given'}")
            case out.HumanCalled():
                lines.append(f"a human is called: {effect.reason}")
            case out.FollowUpChanged():
                lines.append(f"follow-up: {effect.status}")
            case out.OptedOut():
                lines.append("opted out")
            case out.OptedIn():
                lines.append("opted in")
            case out.EndRun():
                lines.append(f"run {effect.run} ended: {effect.outcome.value}")
            case _:
                pass
    return lines
