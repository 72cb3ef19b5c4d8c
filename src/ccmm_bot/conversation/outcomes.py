"""What a turn means for the follow-ups whose dialogues it moved."""

from __future__ import annotations

from dataclasses import dataclass, field

from ccmm_bot.dialogue.effects import EndRun
from ccmm_bot.dialogue.model import Outcome
from ccmm_bot.dialogue.session import Session
from ccmm_bot.store.hot import writes as rows
from ccmm_bot.store.hot.writes import Writes


@dataclass(slots=True)
class Outcomes:
    """Follow-ups' states as they come up in one turn; the last word counts."""

    by_person: bool = False  # the person did something; otherwise time passed, or we began
    _said: dict[str, str] = field(default_factory=dict)
    _ended: dict[str, str] = field(default_factory=dict)

    def said(self, follow_up: str | None, status: str) -> None:
        """The dialogue itself says what became of it."""
        if follow_up is not None:
            self._said[follow_up] = status

    def ended(self, follow_up: str | None, end: EndRun, before: Session) -> None:
        """A run of it has ended. Where no dialogue says what that means, the outcome of the run it began with does."""
        if follow_up is not None and before.frames and before.frames[0].run == end.run:
            answers = any(frame.answers for frame in before.frames)
            self._ended[follow_up] = self._meaning(end.outcome, answers)

    def _meaning(self, outcome: Outcome, answers: bool) -> str:
        if outcome is not Outcome.PARTIAL:
            return "answered" if outcome is Outcome.COMPLETED else "declined"
        if answers:
            return "partly_answered"
        return "declined" if self.by_person else "unreachable"

    def write(self, writes: Writes, at: str) -> None:
        """The rows. Whatever it became, somebody looks at it once more; but not while the person is answering."""
        for key, status in self._said.items():
            writes.add(rows.FOLLOW_UP, status, at, None if status == "in_progress" else at, key)
        for key, status in self._ended.items():
            if key not in self._said:
                writes.add(rows.FOLLOW_UP_END, status, at, at, key)
