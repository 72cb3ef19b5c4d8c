"""What we begin goes through the opening, or not at all."""

from __future__ import annotations

import pytest

from ccmm_bot.cli.authoring import open_workbench
from ccmm_bot.dialogue.machine import Machine
from ccmm_bot.dialogue.opening import ABOUT, unprompted
from tests.dialogue.support import NOON, machine


@pytest.fixture(scope="module")
def real() -> Machine:
    workbench = open_workbench(None, None)
    program = workbench.loaded.program
    assert program is not None
    return workbench.machine(program)


def test_every_topic_we_may_begin_is_called_behind_the_gates(real: Machine) -> None:
    assert real.program.opening is not None
    opening = real.dialogues[real.program.opening]
    topics = real.program.facts[ABOUT]
    assert topics is not None

    for topic in topics:
        event = unprompted(real, str(topic), NOON, {})
        assert event is not None
        assert event.dialogue == opening.ref.id
        assert event.facts[ABOUT] == topic
    assert {state.call for state in opening.states.values()} >= set(topics)


@pytest.mark.parametrize("dialogue", ["menu", "safety", "my_answers", "consent", "nothing_of_this_name"])
def test_nothing_else_can_be_begun(real: Machine, dialogue: str) -> None:
    assert dialogue not in real.dialogues or unprompted(real, dialogue, NOON, {}) is None


def test_what_an_earlier_beginning_gave_is_forgotten(real: Machine) -> None:
    event = unprompted(real, "appointment", NOON, {"appointment_when": "2026-03-09T18:00:00+00:00"})

    assert event is not None
    assert event.facts["appointment_when"] == "2026-03-09T18:00:00+00:00"
    assert event.facts["appointment_where"] == ""
    assert event.facts["referral_to"] == ""


def test_a_program_without_an_opening_begins_directly() -> None:
    event = unprompted(machine(), "survey", NOON, {})

    assert event is not None
    assert event.dialogue == "survey"
