"""What a person can say at any moment: the transitions every state inherits."""

from __future__ import annotations

import pytest

from ccmm_bot.dialogue import system_texts
from ccmm_bot.dialogue.effects import EndRun, HumanCalled, LanguageChosen, Note, OptedIn, OptedOut, Record, Rejected, StartRun
from ccmm_bot.dialogue.events import Begin, Reply
from ccmm_bot.dialogue.model import Outcome
from ccmm_bot.dialogue.prompts import MORE
from ccmm_bot.dialogue.session import Status
from tests.dialogue.support import HOUSE, Talk, machine

YES_THEN_A_QUESTION = '"yes": {ask: {yes_no: sure, record: false, text: "Sure?"}, next: good}\n  good: {end: completed}'

STOPS = """
dialogue: survey
version: 1
initial: on
states: {on: {goto: stop}}
"""


@pytest.fixture
def talk() -> Talk:
    return Talk(machine=machine()).begin()


def test_stop_ends_everything_and_then_only_start_is_heard(talk: Talk) -> None:
    talk.says("1", "stop")
    assert talk.of(OptedOut)
    assert EndRun(run=1, outcome=Outcome.PARTIAL) in talk.effects
    assert talk.session.status is Status.STOPPED
    talk.says("1", "hello", "menu", "human")
    assert talk.effects == (Rejected(code="stopped"),)
    talk.says("start")
    assert talk.of(OptedIn)
    assert talk.heard == ["Welcome back", "Hello", "Red or blue?"]


def test_opting_out_inside_a_called_dialogue_ends_what_called_it() -> None:
    talk = Talk(machine=machine(survey=STOPS)).begin("menu").says("1")
    assert talk.heard == ["Silence now"]
    assert talk.session.status is Status.STOPPED


def test_stop_as_the_very_first_message_is_obeyed_before_anything_is_said() -> None:
    talk = Talk(machine=machine()).begin(text="stop")
    assert talk.heard == ["Silence now"]
    assert talk.session.status is Status.STOPPED
    talk.send(Begin(at=talk.now, dialogue="entry", text="hello"))
    assert talk.effects == (Rejected(code="stopped"),)


def test_a_human_is_one_word_away_and_the_question_comes_back(talk: Talk) -> None:
    talk.says("human")
    assert talk.of(HumanCalled) == [HumanCalled(run=2, reason="asked")]
    assert talk.heard == ["Somebody will write", "Red or blue?"]


def test_a_human_can_be_asked_for_before_anything_is_running() -> None:
    talk = Talk(machine=machine()).begin(text="human")
    assert talk.of(HumanCalled)


def test_help_explains_and_says_why_the_question_is_asked() -> None:
    talk = Talk(machine=machine()).begin("survey", facts={"service_consent": True}).says("3", "help")
    assert talk.heard == [system_texts.HELP.source, "To know.", "A doctor?"]


def test_menu_leaves_what_is_running_as_partial(talk: Talk) -> None:
    talk.says("1", "menu")
    assert EndRun(run=1, outcome=Outcome.PARTIAL) in talk.effects
    assert talk.heard == ["What now?"]


def test_back_asks_the_question_before_and_the_later_answer_counts(talk: Talk) -> None:
    talk.says("1", "back")
    assert talk.heard == ["Red or blue?"]
    talk.says("2")
    (kept,) = talk.of(Record)
    assert isinstance(kept, Record)
    assert (kept.run, kept.answer) == (1, "blue")


def test_there_is_no_back_before_the_first_question(talk: Talk) -> None:
    talk.says("back")
    assert talk.prompt.note is Note.CANNOT_GO_BACK


def test_going_back_past_a_consent_can_take_it_away() -> None:
    asks_after = HOUSE["consent"].replace('"yes": {say: "Good", end: completed}', YES_THEN_A_QUESTION)
    talk = Talk(machine=machine(consent=asks_after)).begin("consent").says("1")
    assert talk.session.facts["service_consent"] is True
    talk.says("back", "2")
    assert talk.session.facts["service_consent"] is False


def test_another_language_can_be_chosen_in_the_middle_and_the_question_comes_back(talk: Talk) -> None:
    talk.says("1", "language")
    assert talk.prompt.item.languages
    talk.says("4")
    assert LanguageChosen(language="ti") in talk.effects
    assert talk.session.language == "ti"
    assert talk.heard == ["Changed", "Which?"]


def test_asking_for_the_language_menu_inside_it_does_not_pile_up(talk: Talk) -> None:
    for _ in range(5):
        talk.says("language")
    assert len(talk.session.frames) == 2


def test_likely_languages_come_first_and_the_others_are_one_more_away() -> None:
    talk = Talk(machine=machine()).begin(facts={"likely_languages": "ti,ar"}).says("language")
    first = [choice.id for choice in talk.prompt.choices]
    assert first[:2] == ["ti", "ar"]
    assert first[-1] == MORE
    talk.says(str(len(first)))
    second = [choice.id for choice in talk.prompt.choices]
    assert {*first, *second} == {choice.id for choice in talk.machine.languages} | {MORE}
    talk.says(str(len(second)))
    assert [choice.id for choice in talk.prompt.choices] == first


def test_nobody_is_left_in_silence_when_a_dialogue_ends_without_a_word() -> None:
    talk = Talk(machine=machine()).begin(text="language").says("skip")
    assert talk.session.status is Status.IDLE
    assert talk.heard == [system_texts.NOT_RUNNING.source]


def test_start_while_something_is_running_shows_where_we_are(talk: Talk) -> None:
    talk.says("start")
    assert talk.heard == ["Red or blue?"]


def test_nothing_running_takes_no_reply() -> None:
    talk = Talk(machine=machine())
    before = talk.session
    assert talk.send(Reply(at=talk.now, text="hello")) == (Rejected(code="idle"),)
    assert talk.session is not before
    assert talk.session == before


# --- consent that a dialogue requires ---------------------------------------------------------------------------------


def test_a_dialogue_that_requires_consent_asks_for_it_first_and_then_runs() -> None:
    talk = Talk(machine=machine()).begin("survey")
    assert talk.heard == ["May we?"]
    talk.says("1")
    assert talk.heard == ["Good", "From 1 to 5?"]
    started = talk.of(StartRun)
    assert [run.dialogue.id for run in started if isinstance(run, StartRun)] == ["survey"]


def test_without_the_consent_it_never_runs_and_leaves_no_trace() -> None:
    talk = Talk(machine=machine()).begin("survey").says("2")
    assert not talk.of(StartRun)
    assert talk.session.status is Status.IDLE


def test_junk_and_silence_do_not_pass_for_consent() -> None:
    talk = Talk(machine=machine()).begin("survey").says("yes", "ok", "agree", "I agre", "👍", "3")
    assert "service_consent" not in talk.session.facts


def test_a_refused_consent_returns_to_the_caller() -> None:
    talk = Talk(machine=machine()).begin("menu").says("1", "2")
    assert talk.heard == ["All right", "What now?"]


def test_a_state_can_be_visited_so_often_and_no_more() -> None:
    talk = Talk(machine=machine()).begin("menu")
    talk.says("1", "2", "1", "2", "1", "2")
    assert talk.heard == ["All right", "Bye"]
    assert talk.session.status is Status.IDLE
