"""Words of crisis: a human is called at once, and the person hears whom to call, in any state of the conversation."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlmodel import select

from ccmm_bot.casework.triage import triage
from ccmm_bot.clock import FixedClock
from ccmm_bot.conversation import crisis
from ccmm_bot.dialogue import system_texts
from ccmm_bot.dialogue.model import Severity
from ccmm_bot.messages import ContentKind
from ccmm_bot.runtime import Runtime
from ccmm_bot.store.tables import ContactPoint, ContactSafety, Conversation, Flag
from tests import new
from tests.conversation.support import MONDAY_NOON, Phone, rows

WORDS = "my husband wants to kill me"
NOW = system_texts.CRISIS_NOW.source
NEUTRAL = system_texts.CRISIS_NEUTRAL.source


def flags(runtime: Runtime) -> list[tuple[str, Severity, int]]:
    found = rows(runtime, Flag)
    return [(flag.reason, flag.severity, flag.occurrences) for flag in found if flag.reason == crisis.REASON]


def mark(runtime: Runtime, **values: object) -> None:
    with runtime.store.writing(runtime.agency_id) as session:
        point = session.exec(select(ContactPoint)).one()
        for name, value in values.items():
            setattr(point, name, value)
        session.add(point)


async def test_the_very_first_message_can_be_a_call_for_help(runtime: Runtime, phone: Phone) -> None:
    said = await phone.say(WORDS)
    assert said[0] == NOW
    assert flags(runtime) == [(crisis.REASON, Severity.URGENT, 1)]


async def test_the_reply_says_until_when_a_human_will_read_it(runtime: Runtime, phone: Phone) -> None:
    said = await phone.say(WORDS)
    assert said[1].startswith("A person at Test agency will read your message. At the latest: Monday, November 23, 2026, 1:00")


async def test_at_night_it_is_the_next_morning(runtime: Runtime, phone: Phone, clock: FixedClock) -> None:
    clock.set(MONDAY_NOON + timedelta(hours=10))
    said = await phone.say(WORDS)
    assert "Tuesday, November 24, 2026, 10:00" in said[1]


async def test_the_reply_names_no_harm_and_repeats_nothing(phone: Phone) -> None:
    said = " ".join((await phone.say(WORDS))[:2]).lower()
    assert not {"husband", "kill", "suicide", "violence", "hurt", "abuse", "danger", "crisis"} & set(said.replace(".", " ").split())


async def test_the_open_question_waits_for_the_person(runtime: Runtime, phone: Phone) -> None:
    question = (await phone.say("hello"))[-1]
    said = await phone.say(WORDS)
    assert said[0] == NOW
    assert len(said) == 2, "whom to call, until when somebody reads it, and nothing else"
    assert (await phone.say("what now"))[-1].endswith(question), "whatever cannot be read brings it back"
    assert question not in await phone.say("1"), "and it can be answered"


async def test_said_again_it_brings_the_open_question_back_without_a_word_on_not_being_answered(phone: Phone) -> None:
    question = (await phone.say("hello"))[-1]
    await phone.say(WORDS)
    assert await phone.say(WORDS + " today") == [question]


async def test_stop_and_a_human_are_heard_after_it(phone: Phone) -> None:
    await phone.say("hello", WORDS)
    assert await phone.say("STOP") != []


async def test_it_does_not_lecture_but_every_message_counts(runtime: Runtime, phone: Phone, clock: FixedClock) -> None:
    await phone.say(WORDS)
    assert NOW not in await phone.say(WORDS + " today")
    clock.set(clock.now() + crisis.AGAIN_AFTER)
    assert NOW in await phone.say("please, " + WORDS)
    assert flags(runtime) == [(crisis.REASON, Severity.URGENT, 3)]


async def test_on_a_shared_phone_the_reply_stays_neutral(runtime: Runtime, phone: Phone) -> None:
    await phone.say("hello")
    mark(runtime, shared=True)
    said = await phone.say(WORDS)
    assert said[0] == NEUTRAL
    assert NOW not in said


async def test_on_an_unsafe_phone_there_is_none(runtime: Runtime, phone: Phone) -> None:
    await phone.say("hello")
    mark(runtime, safety=ContactSafety.NEVER)
    said = await phone.say(WORDS)
    assert NOW not in said
    assert NEUTRAL not in said
    assert len(flags(runtime)) == 1


async def test_who_has_stopped_our_messages_gets_none_and_is_still_heard(runtime: Runtime, phone: Phone) -> None:
    await phone.say("hello", "stop")
    assert await phone.say(WORDS) == []
    assert len(flags(runtime)) == 1


async def test_while_a_human_talks_it_is_heard_too(runtime: Runtime, phone: Phone) -> None:
    await phone.say("hello")
    staff = new.staff(runtime.store, runtime.agency_id)
    await runtime.receiver.take_over(str(rows(runtime, Conversation)[0].id), str(staff.staff_id))
    assert (await phone.say(WORDS))[0] == NOW
    assert len(flags(runtime)) == 1


async def test_a_caption_below_a_picture_is_read(runtime: Runtime, phone: Phone) -> None:
    await phone.send(phone.message(WORDS, kind=ContentKind.IMAGE))
    assert len(flags(runtime)) == 1


async def test_a_button_is_not(runtime: Runtime, phone: Phone) -> None:
    await phone.send(phone.message(WORDS, kind=ContentKind.TAP, payload="x"))
    assert flags(runtime) == []


@pytest.mark.parametrize(
    "text", ["хочу умереть", "بدي موت", "زوجي يضربني", "خودم را میکشم", "ነብሰይ ክቐትል ደልየ", "quiero morir", "nataka kufa"]
)
async def test_it_is_heard_whatever_the_language_of_the_conversation(runtime: Runtime, phone: Phone, text: str) -> None:
    await phone.say("hello", text)
    assert len(flags(runtime)) == 1


def test_the_promise_to_the_person_is_the_deadline_of_the_flag() -> None:
    rules = triage()
    assert rules.deadline(rules.severity(crisis.REASON, Severity.NORMAL)) == crisis.READ_WITHIN
