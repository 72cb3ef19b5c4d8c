"""Moving through states: entering, calling, returning, ending. The mutable workbench of one step, frozen at its end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from ccmm_bot.dialogue import prompts
from ccmm_bot.dialogue.effects import (
    ClearTimers,
    Consent,
    Effect,
    EndRun,
    FactSet,
    Flag,
    FollowUpChanged,
    HumanCalled,
    LanguageChosen,
    Note,
    OptedIn,
    OptedOut,
    Record,
    Say,
    SetTimer,
    ShowDirectory,
    StartRun,
)
from ccmm_bot.dialogue.events import TimerKind
from ccmm_bot.dialogue.guards import holds
from ccmm_bot.dialogue.machine import Machine
from ccmm_bot.dialogue.model import (
    Action,
    Ask,
    CallHuman,
    Dialogue,
    OptIn,
    OptOut,
    Outcome,
    RaiseFlag,
    SetConsent,
    SetFact,
    SetFollowUp,
    SetLanguage,
    State,
    Text,
    Transition,
)
from ccmm_bot.dialogue.session import Frame, Session, Status, Wait, WaitMode
from ccmm_bot.dialogue.values import Answer, Fact
from ccmm_bot.errors import CcmmError

_NOT_ENTERED = ""
_TRAIL_KEPT = 64
_ASKED_KEPT = 8
#: No checked dialogue comes near it: states between two questions are acyclic.
_STATES_A_STEP = 1000


class EndlessDialogueError(CcmmError):
    """A dialogue went through a thousand states without asking anything; ``dialogue check`` finds where."""


class Flow:
    """One step's working copy of a session, and the effects so far."""

    __slots__ = ("_next_run", "_next_wait", "at", "effects", "facts", "frames", "language", "machine", "stopped", "wait")

    def __init__(self, machine: Machine, session: Session, at: datetime) -> None:
        self.machine = machine
        self.at = at
        self.language = session.language
        self.facts: dict[str, Fact] = dict(session.facts)
        self.frames = list(session.frames)
        self.wait = session.wait
        self.stopped = session.status is Status.STOPPED
        self.effects: list[Effect] = []
        self._next_wait = session.next_wait
        self._next_run = session.next_run

    def session(self) -> Session:
        """The session as it stands now."""
        resting = Status.STOPPED if self.stopped else Status.IDLE
        return Session(
            status=Status.WAITING if self.frames else resting,
            language=self.language,
            facts=self.facts,
            frames=tuple(self.frames),
            wait=self.wait,
            next_wait=self._next_wait,
            next_run=self._next_run,
        )

    # --- where we are ---------------------------------------------------------------------------------------------

    @property
    def top(self) -> Frame:
        """The innermost run."""
        return self.frames[-1]

    def dialogue(self) -> Dialogue:
        """The dialogue of the top frame, in the version it is pinned to."""
        return self.machine.dialogue(self.top.dialogue)

    def state(self) -> State:
        """The state of the top frame."""
        return self.dialogue().states[self.top.state]

    def likely_languages(self) -> tuple[str, ...]:
        """The tags the language menu shows first, as whoever began the conversation guessed them."""
        likely = self.facts.get("likely_languages")
        return tuple(likely.split(",")) if isinstance(likely, str) and likely else ()

    def running(self, dialogue_id: str) -> bool:
        """Whether a dialogue lies anywhere on the stack."""
        return any(frame.dialogue.id == dialogue_id for frame in self.frames)

    # --- runs -----------------------------------------------------------------------------------------------------

    def run(self, dialogue_id: str) -> None:
        """Start a dialogue above whatever is running, and go on until a question or the end."""
        self.go(self._push(dialogue_id))

    def go(self, name: str | None) -> None:
        """Enter the state ``name`` of the top frame and every one after it, until something waits or nothing is left."""
        fuel = _STATES_A_STEP
        while name is not None:
            if not fuel:
                raise EndlessDialogueError(f"{self.top.dialogue} does not stop after {_STATES_A_STEP} states at {name!r}")
            fuel -= 1
            name = self._enter(name)

    def suspend(self) -> None:
        """Close the open question for now: something else comes first, and it is asked again afterwards."""
        if self.wait is not None:
            asked = (*self.top.asked, self.wait.no)[-_ASKED_KEPT:]
            self.frames[-1] = replace(self.top, asked=asked)
            self.close()

    def close(self) -> None:
        """Close the open question for good."""
        if self.wait is not None:
            self.effects.append(ClearTimers(wait=self.wait.no))
            self.wait = None

    def end_all(self, outcome: Outcome) -> None:
        """End every run, the innermost first."""
        self.close()
        while self.frames:
            frame = self.frames.pop()
            if frame.state != _NOT_ENTERED:
                self.effects.append(EndRun(run=frame.run, outcome=outcome))

    def _push(self, dialogue_id: str) -> str | None:
        dialogue = self.machine.dialogues[dialogue_id]
        self.frames.append(Frame(run=self._next_run, dialogue=dialogue.ref, state=_NOT_ENTERED))
        self._next_run += 1
        consent = self.machine.program.consent
        if self._lacks_consent(dialogue) and not self.running(consent):
            return self._push(consent)
        return self._begin_top()

    def _begin_top(self) -> str | None:
        """The initial state of the top frame; without the consents it requires, the frame goes as if it had never been."""
        dialogue = self.dialogue()
        if self._lacks_consent(dialogue):
            self.frames.pop()
            return self._return()
        below = [frame.run for frame in self.frames[:-1] if frame.state != _NOT_ENTERED]
        self.effects.append(
            StartRun(
                run=self.top.run,
                dialogue=dialogue.ref,
                instrument=dialogue.instrument,
                instrument_version=dialogue.instrument_version,
                parent=below[-1] if below else None,
            )
        )
        return dialogue.initial

    def _lacks_consent(self, dialogue: Dialogue) -> bool:
        return any(self.facts.get(f"{kind}_consent") is not True for kind in dialogue.requires)

    def _finish(self, outcome: Outcome) -> str | None:
        self.effects.append(EndRun(run=self.frames.pop().run, outcome=outcome))
        return self._return()

    def _return(self) -> str | None:
        """Go on in the frame below: after its call, or with the question a command interrupted.

        Who has opted out is asked nothing more: whatever lies below ends with the dialogue that did it.
        """
        if self.stopped:
            self.end_all(Outcome.PARTIAL)
        if not self.frames:
            return None
        if self.top.state == _NOT_ENTERED:
            return self._begin_top()
        state = self.state()
        if state.ask is not None:
            self.ask(state.ask)
            return None
        return self.choose(state.next)

    # --- states ---------------------------------------------------------------------------------------------------

    def _enter(self, name: str) -> str | None:
        state = self.dialogue().states[name]
        frame = self.top
        if state.visits is not None:
            visits = {**frame.visits, name: frame.visits.get(name, 0) + 1}
            if visits[name] > state.visits.at_most:
                return state.visits.then
            frame = replace(frame, visits=visits)
        self.frames[-1] = replace(frame, state=name, asked=())
        self.act(state.actions, None)
        self.effects.extend([Say(text=text) for text in state.say])
        if state.show is not None:
            where = self.top.answers.get(state.show.where) if state.show.where else None
            self.effects.append(ShowDirectory(name=state.show.name, where=where if isinstance(where, str) else None))
        if state.ask is not None:
            self.ask(state.ask)
            return None
        if state.call is not None:
            return self._push(state.call)
        if state.goto is not None:
            self.effects.append(EndRun(run=self.frames.pop().run, outcome=Outcome.COMPLETED))
            return self._push(state.goto)
        if state.end is not None:
            return self._finish(state.end)
        return self.choose(state.next)

    def choose(self, transitions: Sequence[Transition], wording: Text | None = None) -> str | None:
        """Take the first transition whose guard holds. ``wording`` is the question whose answer is being acted on."""
        answers = self.top.answers
        for transition in transitions:
            if holds(transition.when, answers, self.facts):
                return self.take(transition, wording)
        return self._finish(Outcome.PARTIAL)

    def take(self, transition: Transition, wording: Text | None = None) -> str:
        """Do what the transition does; the state it leads to."""
        self.act(transition.actions, wording)
        return transition.target

    def act(self, actions: Sequence[Action], wording: Text | None) -> None:
        """Do the actions of a state or transition of the top frame."""
        for action in actions:
            self._act(action, wording)

    def _act(self, action: Action, wording: Text | None) -> None:
        run = self.top.run
        match action:
            case RaiseFlag():
                self.effects.append(Flag(run=run, reason=action.reason, severity=action.severity, items=action.items))
            case SetConsent():
                self.facts[f"{action.kind}_consent"] = action.given
                self.effects.append(
                    Consent(
                        run=run,
                        kind=action.kind,
                        given=action.given,
                        wording=wording,
                        dialogue=self.top.dialogue,
                        language=self.language,
                    )
                )
            case SetLanguage():
                tag = self.top.answers.get(action.item)
                if isinstance(tag, str) and self.machine.offers(tag):
                    self.choose_language(tag)
            case SetFact():
                self.facts[action.name] = action.value
                self.effects.append(FactSet(name=action.name, value=action.value))
            case OptOut():
                self.stopped = True
                self.effects.append(OptedOut())
            case OptIn():
                self.stopped = False
                self.effects.append(OptedIn())
            case CallHuman():
                self.effects.append(HumanCalled(run=run, reason=action.reason))
            case SetFollowUp():
                self.effects.append(FollowUpChanged(run=run, status=action.status))

    def choose_language(self, tag: str) -> None:
        """Go on in another language."""
        self.language = tag
        self.facts["language_known"] = True
        self.effects.append(LanguageChosen(language=tag))

    # --- questions ------------------------------------------------------------------------------------------------

    def ask(self, ask: Ask) -> None:
        """Open the question of the top frame's state and set its timers."""
        self.wait = Wait(no=self._next_wait, asked_at=self.at)
        self._next_wait += 1
        self.show(ask, None)
        for n, delay in enumerate(ask.remind_at):
            self.effects.append(SetTimer(wait=self.wait.no, kind=TimerKind.REMIND, n=n, due=self.at + delay))
        if ask.timeout is not None:
            self.effects.append(SetTimer(wait=self.wait.no, kind=TimerKind.TIMEOUT, n=0, due=self.at + ask.timeout))

    def show(self, ask: Ask, note: Note | None) -> None:
        """Put the open question, again or for the first time. Whoever sees it can answer it: an offer of a human is over."""
        if self.wait is not None:
            if self.wait.mode is WaitMode.OFFER:
                self.wait = replace(self.wait, mode=WaitMode.ITEM)
            shown = prompts.choices(self.machine, ask.item, self.wait.page, self.likely_languages())
            self.effects.append(prompts.prompt(ask, shown, self.wait, note))

    def answer(self, ask: Ask, answer: Answer, raw: str) -> None:
        """Take ``answer`` for the open question and go on. ``raw`` is what the person typed or the button said."""
        if self.wait is None:
            return
        asked_at = self.wait.asked_at
        self.close()
        frame = self.top
        self.frames[-1] = replace(
            frame,
            answers={**frame.answers, ask.item.name: answer},
            trail=(*frame.trail, frame.state)[-_TRAIL_KEPT:],
            asked=(),
        )
        if ask.item.record:
            self.effects.append(
                Record(
                    run=frame.run,
                    item=ask.item,
                    answer=answer,
                    raw=raw,
                    language=self.language,
                    wording=ask.text,
                    asked_at=asked_at,
                    answered_at=self.at,
                )
            )
        self.go(self.choose(self.state().next, ask.text))

    def back(self) -> bool:
        """Ask the question before this one again. ``False`` when there is none in this run."""
        frame = self.top
        if not frame.trail:
            return False
        self.close()
        self.frames[-1] = replace(frame, state=frame.trail[-1], trail=frame.trail[:-1], asked=())
        ask = self.state().ask
        if ask is not None:
            self.ask(ask)
        return True
