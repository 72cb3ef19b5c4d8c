"""Where a conversation stands: a snapshot that survives JSON.

A :class:`Session` is all the engine remembers. It holds no text, no clock and no object of the program: only names, values
and the exact version of every dialogue it is inside, so that it can be stored, moved to another process, and resumed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from ccmm_bot.dialogue.model import DialogueRef
from ccmm_bot.dialogue.values import Answer, Fact


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """One run of one dialogue. A called dialogue lies above its caller."""

    run: int  # counts up in the conversation; names the run's responses
    dialogue: DialogueRef
    state: str  # "" while a consent it requires is being asked for
    answers: Mapping[str, Answer] = field(default_factory=dict)
    trail: tuple[str, ...] = ()  # questions answered in this run, oldest first: what "back" walks
    visits: Mapping[str, int] = field(default_factory=dict)
    asked: tuple[int, ...] = ()  # earlier numbers of its open question: their buttons still count


class WaitMode(StrEnum):
    """What the person is being asked right now."""

    ITEM = "item"
    OFFER = "offer"  # too many answers could not be read: a human is offered, the item can still be answered


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait:
    """The question that is open. ``no`` never repeats within a conversation: older taps and timers are told by it."""

    no: int
    asked_at: datetime  # aware UTC
    mode: WaitMode = WaitMode.ITEM
    attempts: int = 0  # answers that could not be read
    draft: tuple[str, ...] = ()  # select_many: what has been tapped so far
    page: int = 0  # the page of a long menu
    handed_off: bool = False  # a human was called for this question already


class Status(StrEnum):
    """Whether anything is running."""

    IDLE = "idle"
    WAITING = "waiting"
    STOPPED = "stopped"  # the person opted out; only START, and that the phone is not safe, is heard
    SILENT = "silent"  # the phone is not safe: nothing is heard and nothing said until staff undo it


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """The whole conversation of one contact point."""

    status: Status = Status.IDLE
    language: str | None = None  # our tag; None until chosen
    facts: Mapping[str, Fact] = field(default_factory=dict)
    frames: tuple[Frame, ...] = ()
    wait: Wait | None = None
    next_wait: int = 1
    next_run: int = 1
