"""Reminders and time-outs are events like any other, and an old one does nothing."""

from __future__ import annotations

from datetime import timedelta

from ccmm_bot.dialogue.effects import EndRun, Flag, Note, Rejected, Say, SetTimer
from ccmm_bot.dialogue.events import Begin, TimerFired, TimerKind
from ccmm_bot.dialogue.model import Outcome, Severity
from ccmm_bot.dialogue.session import Status
from ccmm_bot.dialogue.system_texts import NOTES
from tests.dialogue.support import NOON, Talk, machine


def test_a_question_sets_its_reminders_and_its_time_out() -> None:
    talk = Talk(machine=machine()).begin()
    wait = talk.prompt.wait
    assert talk.of(SetTimer) == [
        SetTimer(wait=wait, kind=TimerKind.REMIND, n=0, due=NOON + timedelta(days=2)),
        SetTimer(wait=wait, kind=TimerKind.REMIND, n=1, due=NOON + timedelta(days=5)),
        SetTimer(wait=wait, kind=TimerKind.TIMEOUT, n=0, due=NOON + timedelta(days=7)),
    ]


def test_a_reminder_names_no_topic_and_the_question_stays_open() -> None:
    """Somebody else may hold the phone by then."""
    talk = Talk(machine=machine()).begin()
    wait = talk.prompt.wait
    talk.later(days=2).send(TimerFired(at=talk.now, wait=wait, kind=TimerKind.REMIND))
    assert talk.effects == (Say(text=NOTES[Note.REMINDER]),)
    talk.says("hm?")
    assert talk.prompt.wait == wait


def test_a_reminder_of_the_question_who_is_reading_puts_it_again() -> None:
    asking = """
dialogue: entry
version: 1
initial: who
states:
  who:
    ask: {yes_no: me, gate: identity, record: false, remind_at: [P1D], timeout: P7D, text: "Is that you?"}
    next: done
  done: {end: completed}
"""
    talk = Talk(machine=machine(entry=asking)).begin()
    wait = talk.prompt.wait
    talk.later(days=1).send(TimerFired(at=talk.now, wait=wait, kind=TimerKind.REMIND))
    assert (talk.prompt.wait, talk.prompt.note) == (wait, Note.REMINDER)
    assert not talk.of(SetTimer)


def test_a_time_out_goes_where_the_author_says() -> None:
    talk = Talk(machine=machine()).begin()
    talk.later(days=7).send(TimerFired(at=talk.now, wait=talk.prompt.wait, kind=TimerKind.TIMEOUT))
    assert talk.of(Flag) == [Flag(run=1, reason="silent", severity=Severity.NORMAL)]
    assert EndRun(run=1, outcome=Outcome.PARTIAL) in talk.effects


def test_without_a_word_from_the_author_a_time_out_ends_everything_as_partial() -> None:
    talk = Talk(machine=machine()).begin("menu").says("1")
    talk.send(TimerFired(at=talk.now, wait=talk.prompt.wait, kind=TimerKind.TIMEOUT))
    assert talk.session.status is Status.IDLE
    assert talk.heard == []


def test_a_timer_of_an_older_question_is_a_no_op() -> None:
    talk = Talk(machine=machine()).begin()
    old = talk.prompt.wait
    talk.says("1")
    before = talk.session
    for kind in TimerKind:
        assert talk.send(TimerFired(at=talk.now, wait=old, kind=kind)) == (Rejected(code="stale_timer"),)
        assert talk.session == before


def test_a_timer_of_an_ended_conversation_is_a_no_op() -> None:
    talk = Talk(machine=machine()).begin()
    old = talk.prompt.wait
    talk.says("stop")
    assert talk.send(TimerFired(at=talk.now, wait=old, kind=TimerKind.REMIND)) == (Rejected(code="stale_timer"),)


def test_numbers_of_questions_never_repeat_in_a_conversation() -> None:
    talk = Talk(machine=machine()).begin()
    seen = [talk.prompt.wait]
    for text in ("1", "back", "human", "language", "1", "menu"):
        talk.says(text)
        seen.append(talk.prompt.wait)
    assert seen == sorted(set(seen))


# --- the first message ------------------------------------------------------------------------------------------------


def test_the_first_message_can_answer_the_first_question() -> None:
    talk = Talk(machine=machine()).begin(text="blue")
    assert talk.heard == ["Hello", "Which?"]
    assert not talk.of(SetTimer)


def test_a_first_message_that_is_no_answer_is_simply_greeted() -> None:
    assert Talk(machine=machine()).begin(text="Hi there").heard == ["Hello", "Red or blue?"]


def test_a_first_message_never_opens_a_gate() -> None:
    talk = Talk(machine=machine()).begin("consent", text="I agree")
    assert talk.heard == ["May we?"]
    assert "service_consent" not in talk.session.facts


def test_the_name_of_a_language_chooses_it_and_a_bare_number_does_not() -> None:
    assert Talk(machine=machine()).begin("language", text="ti").session.language == "ti"
    assert Talk(machine=machine()).begin("language", text="4").session.language is None


def test_a_second_beginning_is_refused_while_one_is_running() -> None:
    talk = Talk(machine=machine()).begin()
    before = talk.session
    assert talk.send(Begin(at=talk.now, dialogue="menu")) == (Rejected(code="busy"),)
    assert talk.send(Begin(at=talk.now, dialogue="no_such")) == (Rejected(code="unknown_dialogue"),)
    assert talk.session == before
