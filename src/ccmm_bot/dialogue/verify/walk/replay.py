"""Takes the legs of a plan with the real engine, in one language and manner of typing."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Final

from ccmm_bot.dialogue import taps
from ccmm_bot.dialogue.effects import Effect
from ccmm_bot.dialogue.events import Event, Reply, Tap, TimerFired, TimerKind
from ccmm_bot.dialogue.machine import Machine
from ccmm_bot.dialogue.model import DialogueRef
from ccmm_bot.dialogue.session import Frame, Session, Status, Wait
from ccmm_bot.dialogue.step import step
from ccmm_bot.dialogue.values import Fact
from ccmm_bot.dialogue.verify.walk.instrument import OPEN, RETURNING, Step, door, taken
from ccmm_bot.dialogue.verify.walk.plan import Input, Leg, Says, Second, Waits

_THEN: Final = datetime(2026, 3, 31, 12, tzinfo=UTC)
_RUN: Final = 1


@dataclass(frozen=True, slots=True)
class Miss:
    """A transition that was not taken though it should have been; ``typed`` is what was answered, ``None`` for silence."""

    step: Step
    typed: str | None


@dataclass(slots=True)
class Tally:
    """How much was walked."""

    walks: int = 0
    transitions: set[Step] = field(default_factory=set)
    pairs: set[tuple[Step, Step]] = field(default_factory=set)


class Replay:
    """Walks the legs of one dialogue in one language. ``types`` says what is typed, ``None`` where it cannot be."""

    def __init__(
        self,
        machine: Machine,
        ref: DialogueRef,
        language: str,
        types: Callable[[Input], str | None],
        *,
        typed_only: bool = False,
        by_tap: bool = False,
    ) -> None:
        """``typed_only`` leaves out what would be the same in any manner of answering: silence, and ways taken without a word.
        ``by_tap``: what ``types`` gives are the ids of buttons, one after the other."""
        self._machine = machine
        self._ref = ref
        self._language = language
        self._types = types
        self._typed_only = typed_only
        self._by_tap = by_tap

    def leg(self, leg: Leg, tally: Tally) -> Iterator[Miss]:
        """Walk one leg and every second transition from where it leads."""
        seconds = [one for one in leg.seconds if not self._typed_only or _needs_words(leg.input) or _needs_words(one.input)]
        typed = self._types(leg.input)
        if (typed is None and _needs_words(leg.input)) or (self._typed_only and not seconds and not _needs_words(leg.input)):
            return
        session, effects = self._answer(self._begin(leg), leg.input, typed, 1)
        way = taken(effects, self._ref.id)
        tally.walks += 1
        if not way or way[0] != leg.step:
            yield Miss(leg.step, typed)
            return
        tally.transitions.add(leg.step)
        for second in seconds:
            yield from self._second(second, session, way, tally)

    def _second(self, second: Second, session: Session, way: tuple[Step, ...], tally: Tally) -> Iterator[Miss]:
        if second.input is None or (second.returns and len(way) > 1):
            # It follows at once; or a call came back at once, with facts of its own: any way on from it is a pair walked.
            tally.walks += 1
            if len(way) < 2 or (second.input is None and way[1] != second.step):
                yield Miss(second.step, None)
            else:
                tally.pairs.add((way[0], second.step))
            return
        typed = self._types(second.input)
        if typed is None and _needs_words(second.input):
            return
        if second.returns:
            session = self._returning(session, second.facts)
        wait = session.wait
        if wait is None:
            yield Miss(second.step, typed)
            return
        _, effects = self._answer(session, second.input, typed, wait.no)
        after = taken(effects, self._ref.id)
        tally.walks += 1
        if not after or after[0] != second.step:
            yield Miss(second.step, typed)
        else:
            tally.pairs.add((way[0], second.step))

    def _answer(self, session: Session, input_: Input, typed: str | None, wait: int) -> tuple[Session, tuple[Effect, ...]]:
        """What the engine makes of the answer; of several taps, of the last."""
        if not self._by_tap or typed is None or not _needs_words(input_):
            return step(self._machine, session, _event(input_, typed, wait))
        effects: tuple[Effect, ...] = ()
        for id_ in typed.split():
            session, effects = step(self._machine, session, Tap(at=_THEN, payload=taps.encode(wait, id_), label=id_))
        return session, effects

    def _begin(self, leg: Leg) -> Session:
        state = door(leg.step.state) if leg.door else leg.step.state
        frames = [Frame(run=_RUN, dialogue=self._ref, state=state, answers=leg.answers)]
        if leg.call is not None:
            frames.append(Frame(run=_RUN + 1, dialogue=self._machine.dialogues[leg.call].ref, state=RETURNING))
        return Session(
            status=Status.WAITING,
            language=self._language,
            facts={"likely_languages": self._language, **leg.facts},
            frames=tuple(frames),
            wait=Wait(no=1, asked_at=_THEN),
            next_wait=2,
            next_run=_RUN + 2,
        )

    def _returning(self, session: Session, facts: Mapping[str, Fact]) -> Session:
        """The same session, whatever was called about to come back, having learned ``facts``."""
        caller = session.frames[0]
        called = session.frames[1]
        frames = (caller, Frame(run=called.run, dialogue=called.dialogue, state=RETURNING))
        consents = {f"{kind}_consent" for kind in ("service", "research", "contact")}
        kept = {name: value for name, value in session.facts.items() if name not in consents}
        return replace(session, frames=frames, facts={**kept, **facts}, wait=Wait(no=session.next_wait - 1, asked_at=_THEN))


def _needs_words(input_: Input | None) -> bool:
    return isinstance(input_, Says) and input_.ask is not None


def _event(input_: Input, typed: str | None, wait: int) -> Event:
    if isinstance(input_, Waits):
        return TimerFired(at=_THEN, wait=wait, kind=TimerKind.TIMEOUT)
    return Reply(at=_THEN, text=typed if typed is not None else OPEN)
