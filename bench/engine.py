"""What one step of the engine costs, with its state: snapshot from JSON, step, snapshot to JSON.

The script of the hot path (one survey of fifteen questions, one answer that cannot be read) is walked again and again in one
thread, with the real reader of typed text. "All of it" is the sum a message pays for. The floor only reads and writes the JSON.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import orjson
from _job import SCRIPT
from _table import Plan, Row, at_most, loaded

from ccmm_bot.dialogue.codec import dump_session, load_session
from ccmm_bot.dialogue.effects import Choice
from ccmm_bot.dialogue.events import Begin, Event, Reply
from ccmm_bot.dialogue.loader import load_program
from ccmm_bot.dialogue.machine import Machine
from ccmm_bot.dialogue.session import Session
from ccmm_bot.dialogue.step import step
from ccmm_bot.i18n.catalogues import Catalogues
from ccmm_bot.i18n.reading import TypedReader

HERE = Path(__file__).resolve().parent
ROUNDS = 15
WALKS = 60
NOW = datetime(2026, 11, 23, 19, 0, tzinfo=UTC)


def machine() -> Machine:
    """The survey, with the real reader."""
    loaded = load_program(HERE / "survey")
    return Machine(loaded.require(), loaded.dialogues, [Choice(id="en", label="English")], TypedReader(Catalogues({})))


def walk(engine: Machine) -> list[tuple[bytes, Event, Session]]:
    """Every step of the script: the snapshot before, the event, the session after."""
    events: list[Event] = [Begin(at=NOW, dialogue=engine.program.entry, text=SCRIPT[0])]
    events += [Reply(at=NOW, text=text) for text in SCRIPT[1:]]
    steps: list[tuple[bytes, Event, Session]] = []
    session = Session()
    for event in events:
        before = orjson.dumps(dump_session(session))
        session, _ = step(engine, session, event)
        steps.append((before, event, session))
    return steps


def measure(work: Callable[[], None], count: int) -> list[float]:
    """Microseconds for each of ``count`` things done by one call of ``work``, once a round."""
    work()
    rounds: list[float] = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        for _ in range(WALKS):
            work()
        rounds.append((time.perf_counter() - start) / (WALKS * count) * 1e6)
    return rounds


def rows(_plan: Plan) -> Iterator[Row]:
    """Its parts and the whole."""
    engine = machine()
    steps = walk(engine)
    sessions = [load_session(orjson.loads(before)) for before, _, _ in steps]
    events = [event for _, event, _ in steps]

    def floor() -> None:
        for before, _, _ in steps:
            orjson.dumps(orjson.loads(before))

    def load() -> None:
        for before, _, _ in steps:
            load_session(orjson.loads(before))

    def only_step() -> None:
        for session, event in zip(sessions, events, strict=True):
            step(engine, session, event)

    def dump() -> None:
        for _, _, after in steps:
            orjson.dumps(dump_session(after))

    def everything() -> None:
        for before, event, _ in steps:
            after, _ = step(engine, load_session(orjson.loads(before)), event)
            orjson.dumps(dump_session(after))

    with loaded() as found:
        least = measure(floor, len(steps))
        for name, work, target in (
            ("read its state from JSON", load, None),
            ("the step", only_step, None),
            ("write its state to JSON", dump, None),
            ("all of it", everything, at_most(50, of_ratio=False)),
        ):
            values = measure(work, len(steps))
            found.append(Row(name=f"engine, one step: {name}", unit="µs", values=values, floors=least, target=target))
    yield from found
