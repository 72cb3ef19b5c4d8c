"""A running conversation is pinned to the exact dialogue it began with."""

from __future__ import annotations

import pytest

from ccmm_bot.dialogue.machine import Machine, UnknownDialogueError
from tests.dialogue.support import HOUSE, Talk, machine

EDITED = HOUSE["entry"].replace("Which?", "Which fruit?").replace("colour:", "color:", 1).replace("next: colour", "next: color")


def test_an_edited_dialogue_does_not_touch_a_conversation_that_is_inside_it() -> None:
    old = machine()
    talk = Talk(machine=old).begin()
    new = machine(entry=EDITED)
    new.add_archived(old.dialogues["entry"])
    talk.machine = new
    assert talk.says("1").heard == ["Which?"]


def test_the_next_conversation_gets_the_edited_one() -> None:
    assert Talk(machine=machine(entry=EDITED)).begin().says("1").heard == ["Which fruit?"]


def test_a_version_that_is_not_loaded_is_asked_for_by_its_reference() -> None:
    old: Machine = machine()
    talk = Talk(machine=old).begin()
    talk.machine = machine(entry=EDITED)
    before = talk.session
    with pytest.raises(UnknownDialogueError) as missing:
        talk.says("1")
    assert missing.value.ref == old.dialogues["entry"].ref
    assert talk.session == before
