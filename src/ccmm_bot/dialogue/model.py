"""A dialogue as the engine runs it: compiled, immutable, free of any text but the English source.

The author's YAML is turned into these types by :mod:`ccmm_bot.dialogue.parse`; :mod:`ccmm_bot.dialogue.step` runs them. Every
object that an author wrote knows its place (:class:`Mark`), so that a finding can name file, line and column.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum

from ccmm_bot.dialogue.values import Fact


@dataclass(frozen=True, slots=True)
class Mark:
    """A place in an author's file; line and column count from 1."""

    file: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """A translatable text. ``key`` is the catalogue's msgctxt (``dialogue.state.field``), ``source`` its English msgid."""

    key: str
    source: str
    slots: tuple[str, ...] = ()  # names inside braces, each once, in order of first use
    mark: Mark | None = field(default=None, compare=False)


class ItemType(StrEnum):
    """Item types as in survey practice (XLSForm's names)."""

    SELECT_ONE = "select_one"
    SELECT_MANY = "select_many"
    SCALE = "scale"
    YES_NO = "yes_no"
    INTEGER = "integer"
    DATE = "date"
    TEXT = "text"
    PHONE = "phone"
    PLACE = "place"


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """One choice. Its ``id`` is the canonical value, the same in every language."""

    id: str
    text: Text
    exclusive: bool = False  # select_many: "none of these" cannot stand beside another choice


#: The name of the option set the engine fills itself, page by page, from :attr:`Machine.languages`.
LANGUAGES = "languages"


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One question's data: what kind of answer it takes and under which name it is kept."""

    name: str
    type: ItemType
    options: tuple[Option, ...] = ()  # also for yes_no (yes, no) and labelled scale points ("1".."5"); empty otherwise
    languages: bool = False  # the options are the languages on offer; ``options`` is then empty
    minimum: int | None = None  # scale and integer, inclusive
    maximum: int | None = None
    record: bool = True  # False: steers the conversation only and never reaches the responses
    instrument: str | None = None
    instrument_version: int | None = None
    mark: Mark | None = field(default=None, compare=False)


# --- guards -----------------------------------------------------------------------------------------------------------


class Operator(StrEnum):
    """Comparisons an author can write. None of them holds for a skipped or unanswered item, except ANSWERED false."""

    EQ = "eq"
    NE = "ne"
    LT = "lt"
    LE = "le"
    GT = "gt"
    GE = "ge"
    IN = "in"
    INCLUDES = "includes"
    EMPTY = "empty"
    ANSWERED = "answered"


@dataclass(frozen=True, slots=True, kw_only=True)
class Compare:
    """``{item: {op: value}}``; ``subject`` is an item's name, or ``fact.`` and a fact's name."""

    subject: str
    op: Operator
    value: Fact | tuple[Fact, ...]
    mark: Mark | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class All:
    """``{all: [...]}``: every part holds."""

    parts: tuple[Guard, ...]
    mark: Mark | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class AnyOf:
    """``{any: [...]}``: at least one part holds."""

    parts: tuple[Guard, ...]
    mark: Mark | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Not:
    """``{not: ...}``."""

    part: Guard
    mark: Mark | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class AtLeast:
    """``{at_least: {n: 4, of: [...]}}``: at least ``n`` parts hold (the model's "4 of 10 need domains")."""

    n: int
    parts: tuple[Guard, ...]
    mark: Mark | None = field(default=None, compare=False)


Guard = Compare | All | AnyOf | Not | AtLeast


# --- what a state or a transition does --------------------------------------------------------------------------------


class Severity(StrEnum):
    """How soon a human has to look at a flag."""

    NORMAL = "normal"
    HIGH = "high"
    URGENT = "urgent"


@dataclass(frozen=True, slots=True, kw_only=True)
class RaiseFlag:
    """``{flag: {reason, severity}}``: a human should look. ``items`` are named beside it (their answers, on the staff page)."""

    reason: str
    severity: Severity
    items: tuple[str, ...] = ()
    mark: Mark | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class SetConsent:
    """``{consent: {kind, given}}``: proof of consent, with the wording of the question that was answered."""

    kind: str  # "service" | "research" | "contact"
    given: bool
    mark: Mark | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class SetLanguage:
    """``{language: {from: item}}``: the conversation goes on in the language whose tag the item holds."""

    item: str
    mark: Mark | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class SetFact:
    """``{set: {name: value}}``."""

    name: str
    value: Fact
    mark: Mark | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class OptOut:
    """``{opt_out: {}}``: nothing is ever sent to this contact point again until the person starts anew."""

    mark: Mark | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class OptIn:
    """``{opt_in: {}}``: the person started anew."""

    mark: Mark | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class CallHuman:
    """``{human: {reason}}``: the person wants to talk to somebody."""

    reason: str = "asked"
    mark: Mark | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class SetFollowUp:
    """``{follow_up: {status}}``: what became of the follow-up this run belongs to."""

    status: str  # "in_progress" | "answered" | "partly_answered" | "declined" | "unreachable" | "missed"
    mark: Mark | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class FallSilent:
    """``{quiet: {}}``: this phone is not safe. Nothing is said from here on, and only staff can undo it."""

    mark: Mark | None = field(default=None, compare=False)


Action = RaiseFlag | SetConsent | SetLanguage | SetFact | OptOut | OptIn | CallHuman | SetFollowUp | FallSilent


class Outcome(StrEnum):
    """How a run of a dialogue ended."""

    COMPLETED = "completed"
    PARTIAL = "partial"  # left by the person before its end (menu, stop) or by time-out
    DECLINED = "declined"


@dataclass(frozen=True, slots=True, kw_only=True)
class Transition:
    """Where to go. ``when`` is ``None`` on the last transition of a state, which is always the safe one."""

    target: str
    when: Guard | None = None
    actions: tuple[Action, ...] = ()
    mark: Mark | None = field(default=None, compare=False)


class Gate(StrEnum):
    """A question whose answer opens something. Read exactly, never skipped, never passed by junk or time-out."""

    IDENTITY = "identity"
    CONSENT = "consent"
    SAFETY = "safety"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """The question of a state."""

    item: Item
    text: Text
    again: Text | None = None  # the shorter wording of a re-prompt; without it the same text with a hint
    why: Text | None = None  # why it is asked; shown when the person asks for help
    skip: bool = True
    gate: Gate | None = None
    retries: int = 2  # unreadable answers before a human is offered
    remind_at: tuple[timedelta, ...] = ()  # after the question was asked, ascending
    timeout: timedelta | None = None
    segments: int = 3  # SMS segments the rendered question may take, in any language
    mark: Mark | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Directory:
    """``show: {directory: agencies, where: item}``: contacts out of a data file, nearest first."""

    name: str
    where: str | None = None
    mark: Mark | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """``show: {report: my_answers}``: what is stored of this conversation; ``answers`` also shows what was answered."""

    name: str  # "my_answers"
    answers: bool = False
    mark: Mark | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Visits:
    """``visits: {at_most: n, then: state}``: the bound that lets a state be returned to, so that every path still ends."""

    at_most: int
    then: str
    mark: Mark | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """One state: on entry its actions are done, its texts said, its directory shown; then it asks, calls, ends, or moves on.

    At most one of ``ask``, ``call``, ``goto`` and ``end`` is given. ``goto`` ends this run and starts another dialogue in its
    place.
    """

    name: str
    actions: tuple[Action, ...] = ()
    say: tuple[Text, ...] = ()
    show: Directory | None = None
    report: Report | None = None
    ask: Ask | None = None
    call: str | None = None
    goto: str | None = None
    end: Outcome | None = None
    next: tuple[Transition, ...] = ()
    on_timeout: Transition | None = None
    visits: Visits | None = None
    mark: Mark | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True, order=True)
class DialogueRef:
    """Exactly which dialogue a run is pinned to: its id, its author's version, and the hash of its content."""

    id: str
    version: int
    hash: str

    def __str__(self) -> str:
        return f"{self.id}@{self.version}#{self.hash[:12]}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialogue:
    """A state machine with one initial state."""

    ref: DialogueRef
    initial: str
    states: Mapping[str, State]
    instrument: str | None = None
    instrument_version: int | None = None
    requires: tuple[str, ...] = ()  # consents that must be given before it may run: ("service",)
    unprompted: bool = False  # we start it: its first text must give no topic away
    title: Text | None = None  # what it is about, as the person reads it in a report of her own answers
    progress: bool = False  # its questions say how far the person has come, where the channel allows
    mark: Mark | None = field(default=None, compare=False)


class Command(StrEnum):
    """What a person can say at any moment, in any state, in any language."""

    STOP = "stop"
    START = "start"
    HELP = "help"
    HUMAN = "human"
    MENU = "menu"
    LANGUAGE = "language"
    BACK = "back"
    SKIP = "skip"
    QUIET = "quiet"


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """The dialogues of one installation and how they hang together (``dialogues/program.yaml``)."""

    entry: str  # starts when a person writes and nothing is running
    menu: str
    consent: str  # called first when a dialogue requires a consent not given yet
    commands: Mapping[Command, str]  # stop, start, human, language, quiet: the dialogue called on the command
    facts: Mapping[str, tuple[Fact, ...] | None]  # declared facts and, where closed, their values
    slots: tuple[str, ...]  # names a text may use in braces; filled in when the text is rendered
    opening: str | None = None  # runs before whatever we begin that is not unprompted itself; the fact "about" names it
    mark: Mark | None = field(default=None, compare=False)
