"""The mutable workbench of one step: a session taken apart, put together again when the step is done."""

from __future__ import annotations

from datetime import datetime

from ccmm_bot.dialogue.effects import Effect
from ccmm_bot.dialogue.machine import Machine
from ccmm_bot.dialogue.model import Dialogue, State
from ccmm_bot.dialogue.session import Frame, Session, Status
from ccmm_bot.dialogue.values import Fact


class Bench:
    """One step's working copy of a session, and the effects so far."""

    __slots__ = ("at", "effects", "facts", "frames", "language", "machine", "next_run", "next_wait", "silent", "stopped", "wait")

    def __init__(self, machine: Machine, session: Session, at: datetime) -> None:
        self.machine = machine
        self.at = at
        self.language = session.language
        self.facts: dict[str, Fact] = dict(session.facts)
        self.frames = list(session.frames)
        self.wait = session.wait
        self.stopped = session.status is Status.STOPPED
        self.silent = session.status is Status.SILENT
        self.effects: list[Effect] = []
        self.next_wait = session.next_wait
        self.next_run = session.next_run

    def session(self) -> Session:
        """The session as it stands now."""
        resting = Status.SILENT if self.silent else Status.STOPPED if self.stopped else Status.IDLE
        return Session(
            status=Status.WAITING if self.frames else resting,
            language=self.language,
            facts=self.facts,
            frames=tuple(self.frames),
            wait=self.wait,
            next_wait=self.next_wait,
            next_run=self.next_run,
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
