"""How far the person has come is counted honestly: what may still come is counted, and the number never grows."""

from __future__ import annotations

from ccmm_bot.dialogue.parse import parse_dialogue
from ccmm_bot.dialogue.progress import questions_left
from tests.dialogue.support import Talk, machine

BRANCHES = """
dialogue: survey
version: 1
progress: true
initial: first
states:
  first:
    ask: {yes_no: first, record: false, text: "First?"}
    next: [{when: {first: {eq: "yes"}}, target: second}, {target: third}]
  second: {ask: {yes_no: second, record: false, text: "Second?"}, next: third}
  third: {ask: {yes_no: third, record: false, text: "Third?"}, next: done}
  done: {end: completed}
"""


def test_the_longest_way_is_counted() -> None:
    left = questions_left(parse_dialogue(BRANCHES, "survey.yaml"))

    assert left == {"first": 3, "second": 2, "third": 1, "done": 0}


def test_each_question_says_where_the_person_is_and_a_shorter_way_shrinks_the_rest() -> None:
    talk = Talk(machine=machine(survey=BRANCHES)).begin("survey")
    assert talk.prompt.progress == (1, 3)

    talk.says("no")

    assert talk.prompt.text.source == "Third?"
    assert talk.prompt.progress == (2, 2)


def test_going_back_counts_back() -> None:
    talk = Talk(machine=machine(survey=BRANCHES)).begin("survey").says("yes").says("back")

    assert talk.prompt.progress == (1, 3)


def test_a_dialogue_that_does_not_say_so_counts_nothing() -> None:
    assert Talk(machine=machine()).begin().prompt.progress is None


def test_a_state_that_is_returned_to_is_counted_once() -> None:
    loop = BRANCHES.replace("third: {ask", "third: {visits: {at_most: 3, then: done}, ask").replace("next: done}", "next: again}")
    loop += '  again: {next: [{when: {third: {eq: "yes"}}, target: third}, {target: done}]}\n'

    assert questions_left(parse_dialogue(loop, "survey.yaml"))["first"] == 3
