"""What holds for every conversation, whatever a person, a provider or a clock does."""

from __future__ import annotations

import json

from hypothesis import given, settings
from hypothesis import strategies as st

from ccmm_bot.dialogue import taps
from ccmm_bot.dialogue.codec import dump_session, load_session
from ccmm_bot.dialogue.effects import ClearTimers, EndRun, Prompt, Record, Rejected, Say, SetTimer, StartRun
from ccmm_bot.dialogue.events import Begin, Event, Reply, Resume, Tap, TimerFired, TimerKind, Unreadable
from ccmm_bot.dialogue.session import Session, Status
from ccmm_bot.dialogue.step import step
from tests.dialogue.support import HOUSE, NOON, Talk, machine

MACHINE = machine()

WORDS = st.sampled_from(
    [
        *(command for command in ("stop", "start", "help", "human", "menu", "language", "back", "skip")),
        *"0123456789",
        "I agree",
        "ti",
    ]
)
TEXTS = st.one_of(WORDS, WORDS, WORDS, st.text(max_size=40))
WAITS = st.integers(min_value=0, max_value=40)
CHOICES = st.sampled_from(
    ["red", "blue", "apple", "none", "_done", "_skip", "_more", "_human", "_again", "1", "5", "yes", "agree", "fr"]
)
EVENTS: st.SearchStrategy[Event] = st.one_of(
    TEXTS.map(lambda text: Reply(at=NOON, text=text)),
    st.builds(lambda wait, choice: Tap(at=NOON, payload=taps.encode(wait, choice), label=choice), WAITS, CHOICES),
    st.text(max_size=20).map(lambda payload: Tap(at=NOON, payload=payload)),
    st.just(Unreadable(at=NOON, kind="voice")),
    st.builds(
        lambda wait, kind, n: TimerFired(at=NOON, wait=wait, kind=kind, n=n), WAITS, st.sampled_from(TimerKind), st.integers(0, 3)
    ),
    st.just(Resume(at=NOON)),
    st.builds(
        lambda dialogue, text: Begin(at=NOON, dialogue=dialogue, text=text),
        st.sampled_from([*HOUSE, "no_such"]),
        st.none() | TEXTS,
    ),
)
SEQUENCES = st.lists(EVENTS, max_size=40)


@given(SEQUENCES)
@settings(max_examples=400, deadline=None)
def test_no_sequence_of_events_breaks_a_conversation(events: list[Event]) -> None:
    session = Session()
    for event in events:
        before = session
        session, effects = step(MACHINE, session, event)
        if any(isinstance(effect, Rejected) for effect in effects):
            assert session == before
            assert len(effects) == 1
        waiting = session.status is Status.WAITING
        assert (session.wait is not None) is waiting
        assert bool(session.frames) is waiting
        if session.wait is not None:
            top = session.frames[-1]
            assert MACHINE.dialogue(top.dialogue).states[top.state].ask is not None


@given(SEQUENCES)
@settings(max_examples=200, deadline=None)
def test_a_step_after_storing_is_the_same_step(events: list[Event]) -> None:
    session = Session()
    for event in events:
        stored = load_session(json.loads(json.dumps(dump_session(session))))
        assert stored == session
        assert step(MACHINE, stored, event) == step(MACHINE, session, event)
        session, _ = step(MACHINE, session, event)


@given(st.lists(st.one_of(TEXTS, st.none()), max_size=40))
@settings(max_examples=400, deadline=None)
def test_nobody_who_writes_is_left_without_a_next_step(texts: list[str | None]) -> None:
    """``None`` stands for a voice note. After STOP, silence is what was asked for, until START."""
    talk = Talk(machine=MACHINE)
    for text in texts:
        opted_out = talk.session.status is Status.STOPPED
        if talk.session.status is Status.WAITING:
            talk.send(Unreadable(at=NOON, kind="voice") if text is None else Reply(at=NOON, text=text))
        else:
            talk.begin(text=text)
        starts_anew = text is not None and MACHINE.reader.command(text, None) == "start"
        if opted_out and not starts_anew:
            assert talk.heard == []
        else:
            assert talk.heard


@given(SEQUENCES)
@settings(max_examples=300, deadline=None)
def test_no_answer_is_lost(events: list[Event]) -> None:
    """Whatever an open run holds for a recorded item was handed out as a Record, and the last one is what it holds."""
    talk = Talk(machine=MACHINE)
    kept: dict[tuple[int, str], object] = {}
    for event in events:
        talk.send(event)
        for effect in talk.effects:
            if isinstance(effect, Record):
                kept[effect.run, effect.item.name] = effect.answer
        for frame in talk.session.frames:
            recorded = {
                state.ask.item.name
                for state in MACHINE.dialogue(frame.dialogue).states.values()
                if state.ask is not None and state.ask.item.record
            }
            for name, answer in frame.answers.items():
                if name in recorded:
                    assert kept[frame.run, name] == answer


@given(SEQUENCES)
@settings(max_examples=300, deadline=None)
def test_runs_and_timers_are_opened_and_closed_in_pairs(events: list[Event]) -> None:
    talk = Talk(machine=MACHINE)
    started: set[int] = set()
    ended: set[int] = set()
    timers: set[int] = set()
    for event in events:
        for effect in talk.send(event):
            match effect:
                case StartRun():
                    assert effect.run not in started
                    started.add(effect.run)
                case EndRun():
                    assert effect.run in started - ended
                    ended.add(effect.run)
                case SetTimer():
                    timers.add(effect.wait)
                case ClearTimers():
                    timers.discard(effect.wait)
                case _:
                    pass
        running = {frame.run for frame in talk.session.frames if frame.state}
        assert running == started - ended
        assert timers <= ({talk.session.wait.no} if talk.session.wait else set())


@given(st.lists(TEXTS, max_size=30))
@settings(max_examples=300, deadline=None)
def test_consent_is_never_given_but_by_the_choice_itself(texts: list[str]) -> None:
    agreeing = {"1", "i agree"}
    talk = Talk(machine=MACHINE).begin("survey")
    for text in texts:
        if talk.session.status is Status.WAITING and text.strip().casefold() not in agreeing:
            talk.says(text)
    assert talk.session.facts.get("service_consent") is not True


@given(st.lists(EVENTS, min_size=1, max_size=30))
@settings(max_examples=200, deadline=None)
def test_prompts_name_the_open_question(events: list[Event]) -> None:
    talk = Talk(machine=MACHINE)
    for event in events:
        prompts = [effect for effect in talk.send(event) if isinstance(effect, Prompt)]
        assert all(talk.session.wait is not None and prompt.wait == talk.session.wait.no for prompt in prompts)
        assert len(prompts) <= 1
        assert not prompts or isinstance(talk.effects[-1], Prompt | SetTimer | Say)
