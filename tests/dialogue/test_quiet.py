"""This phone is not safe: everything stops at once, and nothing is said, not even that it stopped."""

from __future__ import annotations

import pytest

from ccmm_bot.dialogue.effects import ClearTimers, EndRun, Flag, Rejected, Silenced
from ccmm_bot.dialogue.events import Begin, Reply, TimerFired, TimerKind
from ccmm_bot.dialogue.model import Outcome
from ccmm_bot.dialogue.session import Session, Status
from ccmm_bot.dialogue.step import step
from tests.dialogue.support import NOON, Talk, machine


def test_it_ends_what_is_running_without_a_word() -> None:
    talk = Talk(machine=machine()).begin()
    wait = talk.prompt.wait

    talk.says("quiet")

    assert talk.heard == []
    assert talk.of(Silenced)
    assert ClearTimers(wait=wait) in talk.effects
    assert [(flag.reason, flag.severity) for flag in talk.effects if isinstance(flag, Flag)] == [("phone_not_safe", "high")]
    assert EndRun(run=1, outcome=Outcome.PARTIAL) in talk.effects
    assert talk.session.status is Status.SILENT
    assert talk.session.wait is None


def test_it_can_be_the_first_message() -> None:
    talk = Talk(machine=machine()).begin(text="quiet")

    assert talk.heard == []
    assert talk.session.status is Status.SILENT


def test_it_is_heard_after_stop() -> None:
    talk = Talk(machine=machine()).begin().says("stop").says("quiet")

    assert talk.heard == []
    assert talk.session.status is Status.SILENT


@pytest.mark.parametrize("text", ["start", "hello", "help", "1", "quiet"])
def test_afterwards_nothing_is_heard_not_even_start(text: str) -> None:
    talk = Talk(machine=machine()).begin().says("quiet").says(text)

    assert talk.effects == (Rejected(code="silent"),)


def test_nothing_can_be_begun_and_no_timer_speaks() -> None:
    talk = Talk(machine=machine()).begin().says("quiet")

    for event in (
        Begin(at=NOON, dialogue="entry"),
        Begin(at=NOON, dialogue="entry", text="start"),
        TimerFired(at=NOON, wait=1, kind=TimerKind.REMIND),
    ):
        session, effects = step(talk.machine, talk.session, event)
        assert session is talk.session
        assert all(isinstance(effect, Rejected) for effect in effects)


def test_in_a_program_without_it_the_word_puts_the_question_again() -> None:
    house = machine()
    without = {command: name for command, name in house.program.commands.items() if command != "quiet"}
    object.__setattr__(house.program, "commands", without)
    session, _ = step(house, Session(), Begin(at=NOON, dialogue="entry"))

    after, effects = step(house, session, Reply(at=NOON, text="quiet"))

    assert after.status is Status.WAITING
    assert not any(isinstance(effect, Silenced) for effect in effects)
