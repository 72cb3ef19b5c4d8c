"""Moving through states: entering, calling, returning, ending; asking and answering."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ccmm_bot.dialogue import prompts
from ccmm_bot.dialogue.acting import perform
from ccmm_bot.dialogue.bench import Bench
from ccmm_bot.dialogue.effects import (
    ClearTimers,
    EndRun,
    Note,
    Record,
    Say,
    SetTimer,
    ShowDirectory,
    ShowReport,
    StartRun,
)
from ccmm_bot.dialogue.events import TimerKind
from ccmm_bot.dialogue.guards import holds
from ccmm_bot.dialogue.model import (
    Action,
    Ask,
    Dialogue,
    Outcome,
    Text,
    Transition,
)
from ccmm_bot.dialogue.session import Frame, Wait, WaitMode
from ccmm_bot.dialogue.values import Answer
from ccmm_bot.errors import CcmmError

_NOT_ENTERED = ""
_TRAIL_KEPT = 64
_ASKED_KEPT = 8
#: No checked dialogue comes near it: states between two questions are acyclic.
_STATES_A_STEP = 1000


class EndlessDialogueError(CcmmError):
    """A dialogue went through a thousand states without asking anything; ``dialogue check`` finds where."""


class Flow(Bench):
    """A bench that moves: through states, into calls and back, from question to question."""

    __slots__ = ()

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
        self.frames.append(Frame(run=self.next_run, dialogue=dialogue.ref, state=_NOT_ENTERED))
        self.next_run += 1
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

        Who has opted out, or is not safe at this phone, is asked nothing more: whatever lies below ends with the dialogue that
        did it.
        """
        if self.stopped or self.silent:
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
        visits = frame.visits
        if state.visits is not None:
            visits = {**visits, name: visits.get(name, 0) + 1}
            if visits[name] > state.visits.at_most:
                return state.visits.then
        self.frames[-1] = Frame(
            run=frame.run, dialogue=frame.dialogue, state=name, answers=frame.answers, trail=frame.trail, visits=visits
        )
        self.act(state.actions, None)
        self.effects.extend([Say(text=text) for text in state.say])
        if state.show is not None:
            where = self.top.answers.get(state.show.where) if state.show.where else None
            self.effects.append(ShowDirectory(name=state.show.name, where=where if isinstance(where, str) else None))
        if state.report is not None:
            self.effects.append(ShowReport(answers=state.report.answers))
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
            perform(self, action, wording)

    # --- questions ------------------------------------------------------------------------------------------------

    def ask(self, ask: Ask) -> None:
        """Open the question of the top frame's state and set its timers."""
        self.wait = Wait(no=self.next_wait, asked_at=self.at)
        self.next_wait += 1
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
            left = self.machine.questions_left(self.top.dialogue, self.top.state) if ask.gate is None else 0
            progress = ((answered := self._answered()) + 1, answered + left) if left else None
            self.effects.append(prompts.prompt(ask, shown, self.wait, note, progress))

    def _answered(self) -> int:
        """How many questions of this run have been answered; gates are no questions."""
        states = self.dialogue().states
        gates = sum((past := states[name].ask) is not None and past.gate is not None for name in self.top.trail)
        return len(self.top.trail) - gates

    def answer(self, ask: Ask, answer: Answer, raw: str) -> None:
        """Take ``answer`` for the open question and go on. ``raw`` is what the person typed or the button said."""
        if self.wait is None:
            return
        asked_at = self.wait.asked_at
        self.close()
        frame = self.top
        self.frames[-1] = Frame(
            run=frame.run,
            dialogue=frame.dialogue,
            state=frame.state,
            answers={**frame.answers, ask.item.name: answer},
            trail=(*frame.trail, frame.state)[-_TRAIL_KEPT:],
            visits=frame.visits,
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
