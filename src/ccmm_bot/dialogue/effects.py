"""Everything a step can want done. The engine does none of it; ``match`` these exhaustively at the edge."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from ccmm_bot.dialogue.events import TimerKind
from ccmm_bot.dialogue.model import DialogueRef, Item, Outcome, Severity, Text
from ccmm_bot.dialogue.values import Answer, Fact


@dataclass(frozen=True, slots=True, kw_only=True)
class Say:
    """Tell the person something."""

    text: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class ShowDirectory:
    """List contacts out of a data file; ``where`` is the region's id, ``None`` for all."""

    name: str
    where: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ShowReport:
    """Show the person what is stored of this conversation: topics, dates and counts; with ``answers`` also the answers."""

    answers: bool = False


class Note(StrEnum):
    """Why a question is asked again; each has a short system text that goes in front of it."""

    NOT_UNDERSTOOD = "not_understood"
    NUMBER_EXPECTED = "number_expected"
    OUT_OF_RANGE = "out_of_range"
    DATE_EXPECTED = "date_expected"
    PHONE_EXPECTED = "phone_expected"
    PLACE_UNKNOWN = "place_unknown"
    ONE_ONLY = "one_only"
    EMPTY = "empty"
    TOO_LONG = "too_long"
    NOT_TEXT = "not_text"  # voice note, image …: kept for staff, cannot be read as an answer
    CANNOT_SKIP = "cannot_skip"
    CANNOT_GO_BACK = "cannot_go_back"
    OLD_BUTTON = "old_button"
    MARKED = "marked"  # select_many by taps: so far
    REMINDER = "reminder"


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One thing to choose, as shown: its canonical id and its text, or a literal label (a language's own name)."""

    id: str
    text: Text | None = None
    label: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompt:
    """Ask the person something, now. ``choices`` are numbered from 1 in this order."""

    wait: int
    text: Text
    item: Item
    choices: tuple[Choice, ...] = ()
    marked: tuple[str, ...] = ()
    note: Note | None = None
    skippable: bool = True
    segments: int = 3
    progress: tuple[int, int] | None = None  # which question this is, of how many at most


@dataclass(frozen=True, slots=True, kw_only=True)
class StartRun:
    """A run of a dialogue began."""

    run: int
    dialogue: DialogueRef
    instrument: str | None
    instrument_version: int | None
    parent: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class EndRun:
    """A run of a dialogue ended."""

    run: int
    outcome: Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """Keep an answer. The same (run, item) may be recorded again after "back": the later one counts, the change is kept."""

    run: int
    item: Item
    answer: Answer
    raw: str  # as the person typed it, or what the button said
    language: str | None
    wording: Text
    asked_at: datetime
    answered_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Flag:
    """A human should look."""

    run: int
    reason: str
    severity: Severity
    items: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent:
    """The person gave or refused a consent; ``wording`` is the question she answered."""

    run: int
    kind: str
    given: bool
    wording: Text | None
    dialogue: DialogueRef
    language: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LanguageChosen:
    """The conversation goes on in another language."""

    language: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FactSet:
    """Something was learned about the conversation."""

    name: str
    value: Fact


@dataclass(frozen=True, slots=True, kw_only=True)
class OptedOut:
    """Never write to this contact point again until it starts anew."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OptedIn:
    """The person started anew."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Silenced:
    """This phone is not safe: nothing is sent to it, not even an answer, until staff undo it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HumanCalled:
    """The person wants a human, or cannot get on without one (``reason``: "asked", "stuck")."""

    run: int | None
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowUpChanged:
    """What became of the follow-up a run belongs to."""

    run: int
    status: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SetTimer:
    """Come back to this question at ``due``."""

    wait: int
    kind: TimerKind
    n: int
    due: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ClearTimers:
    """The question is closed: its timers are void."""

    wait: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejected:
    """The event does not fit and changed nothing (the session is returned as it was). Not for the person's eyes."""

    code: str


Effect = (
    Say
    | ShowDirectory
    | ShowReport
    | Prompt
    | StartRun
    | EndRun
    | Record
    | Flag
    | Consent
    | LanguageChosen
    | FactSet
    | OptedOut
    | OptedIn
    | Silenced
    | HumanCalled
    | FollowUpChanged
    | SetTimer
    | ClearTimers
    | Rejected
)
