"""What a person's messages leave in the store."""

from __future__ import annotations

from ccmm_bot.conversation.rows import wording_hash
from ccmm_bot.dialogue.model import Outcome, Severity
from ccmm_bot.messages import ChannelKind, ContentKind
from ccmm_bot.runtime import Runtime
from ccmm_bot.store.tables import (
    Audit,
    Consent,
    ContactPoint,
    Conversation,
    DialogueArchive,
    DialogueRun,
    Flag,
    Inbound,
    Outbox,
    Person,
    PersonContactPoint,
    Response,
    ResponseHistory,
    Timer,
    TimerState,
)
from tests.conversation.support import Phone, rows


async def test_a_first_message_makes_a_person_with_a_public_code_and_is_answered(phone: Phone, runtime: Runtime) -> None:
    assert await phone.say("good day") == ["Red or blue?\n1. Red\n2. Blue\n0 = skip"]
    (person,) = rows(runtime, Person)
    (contact,) = rows(runtime, ContactPoint)
    (conversation,) = rows(runtime, Conversation)
    (link,) = rows(runtime, PersonContactPoint)
    assert len(person.code) == 7
    assert person.code[2] == "-"
    assert contact.address == "+16045550111"
    assert (conversation.person_id, conversation.contact_point_id) == (person.id, contact.id)
    assert (link.person_id, link.contact_point_id) == (person.id, contact.id)
    assert conversation.version == 1


async def test_a_first_message_can_answer_the_first_question(phone: Phone, runtime: Runtime) -> None:
    assert await phone.say("blue") == ["Tell us in your words.\n0 = skip"]
    assert [(each.item, each.value, each.raw) for each in rows(runtime, Response)] == [("colour", "blue", "blue")]


async def test_an_answer_keeps_what_was_typed_its_code_and_how_it_was_asked(phone: Phone, runtime: Runtime) -> None:
    await phone.say("hello", "2")
    (response,) = rows(runtime, Response)
    (run,) = rows(runtime, DialogueRun)
    assert (response.raw, response.value, response.value_sealed, response.skipped) == ("2", "blue", None, False)
    assert (response.run_id, response.instrument, response.instrument_version) == (run.id, "greeting", 1)
    assert response.wording_key == "hello.colour.text"
    assert response.wording_hash == wording_hash("Red or blue?")
    assert response.channel is ChannelKind.CONSOLE
    assert (run.dialogue_id, run.dialogue_version, run.run) == ("hello", 1, 1)
    assert len(run.dialogue_hash) == 64


async def test_words_of_ones_own_are_sealed_and_choices_are_not(phone: Phone, runtime: Runtime) -> None:
    await phone.say("hello", "1", "I like the sea", "1 3")
    responses = {each.item: each for each in rows(runtime, Response)}
    assert (responses["words"].value, responses["words"].value_sealed) == (None, "I like the sea")
    assert (responses["fruit"].value, responses["fruit"].value_sealed) == (["apple", "pear"], None)


async def test_a_skipped_question_is_neither_empty_nor_unanswered(phone: Phone, runtime: Runtime) -> None:
    await phone.say("hello", "0")
    (response,) = rows(runtime, Response)
    assert (response.skipped, response.value, response.raw) == (True, None, "0")


async def test_an_answer_changed_after_back_counts_once_and_its_history_is_kept(phone: Phone, runtime: Runtime) -> None:
    await phone.say("hello", "1", "back", "2")
    (response,) = rows(runtime, Response)
    (before,) = rows(runtime, ResponseHistory)
    assert (response.value, response.revision) == ("blue", 2)
    assert (before.value, before.raw, before.revision, before.item) == ("red", "1", 1, "colour")


async def test_one_open_flag_gathers_its_repeats_and_keeps_the_highest_severity(phone: Phone, runtime: Runtime) -> None:
    await phone.say("hello", "2", "back", "2", "words", "1", "1")
    (flag,) = rows(runtime, Flag)
    assert (flag.reason, flag.occurrences, flag.severity) == ("blue", 3, Severity.HIGH)


async def test_consent_is_kept_with_the_wording_that_was_agreed_to(phone: Phone, runtime: Runtime) -> None:
    answers = await phone.say("hello", "1", "words", "1", "1")
    assert answers == ["Goodbye."]
    (consent,) = rows(runtime, Consent)
    assert (consent.kind, consent.given, consent.wording) == ("service", True, "May Harbour keep this?")
    assert (consent.wording_key, consent.dialogue_id, consent.dialogue_version) == ("hello.permission.text", "hello", 1)
    assert consent.channel is ChannelKind.CONSOLE
    assert consent.at == runtime.clock.now()


async def test_a_run_that_ends_says_how(phone: Phone, runtime: Runtime) -> None:
    await phone.say("hello", "1", "words", "1", "1")
    (run,) = rows(runtime, DialogueRun)
    assert run.outcome is Outcome.COMPLETED
    assert run.ended_at == runtime.clock.now()


async def test_a_command_ends_what_runs_and_starts_the_menu(phone: Phone, runtime: Runtime) -> None:
    assert await phone.say("hello", "menu") == ["What now?\n1. More\n2. Nothing\n0 = skip"]
    first, second = rows(runtime, DialogueRun)
    assert (first.outcome, second.outcome, second.dialogue_id) == (Outcome.PARTIAL, None, "menu")


async def test_a_dialogue_that_starts_and_ends_at_once_is_one_row(phone: Phone, runtime: Runtime) -> None:
    await phone.say("hello", "human")
    called = [run for run in rows(runtime, DialogueRun) if run.dialogue_id == "human"]
    assert [(run.outcome, run.parent) for run in called] == [(Outcome.COMPLETED, 1)]
    assert [flag.reason for flag in rows(runtime, Flag)] == ["asked_for_human"]


async def test_answering_voids_the_timers_of_the_question_and_sets_the_next_ones(phone: Phone, runtime: Runtime) -> None:
    await phone.say("hello", "1")
    timers = rows(runtime, Timer)
    by_wait = {wait: {timer.status for timer in timers if timer.wait == wait} for wait in (1, 2)}
    assert by_wait == {1: {TimerState.VOID}, 2: {TimerState.PENDING}}
    assert len(timers) == 6


async def test_answers_go_to_the_outbox_in_order_with_the_message_they_answer(phone: Phone, runtime: Runtime) -> None:
    await phone.say("hello", "1", "words", "1", "1")
    outbox = rows(runtime, Outbox)
    assert [message.seq for message in outbox] == [1, 2, 3, 4, 5]
    assert [message.in_reply_to for message in outbox] == [message.id for message in rows(runtime, Inbound)]
    assert outbox[-1].content == {"text": "Goodbye.", "language": "en"}


async def test_every_message_leaves_an_entry_in_the_audit_that_says_nothing_personal(phone: Phone, runtime: Runtime) -> None:
    await phone.say("hello", "1", "a secret")
    entries = rows(runtime, Audit)
    assert [entry.action for entry in entries] == ["message.received"] * 3
    assert "secret" not in str([entry.detail for entry in entries])


async def test_a_dialogue_version_is_archived_when_it_is_first_used(phone: Phone, runtime: Runtime) -> None:
    await phone.say("hello")
    assert [archived.dialogue_id for archived in rows(runtime, DialogueArchive)] == ["hello"]
    await Phone(runtime, "+16045550112").say("hello", "menu")
    assert sorted(archived.dialogue_id for archived in rows(runtime, DialogueArchive)) == ["hello", "menu"]


async def test_a_voice_note_is_kept_flagged_once_and_kindly_answered(phone: Phone, runtime: Runtime) -> None:
    await phone.say("hello")
    for _ in range(2):
        (answer,) = await phone.send_kind(ContentKind.VOICE)
        assert "A person will look at it" in answer
    (flag,) = rows(runtime, Flag)
    assert (flag.reason, flag.occurrences) == ("content_for_staff", 2)
    assert [message.kind for message in rows(runtime, Inbound)][1:] == [ContentKind.VOICE, ContentKind.VOICE]


async def test_a_voice_note_as_the_first_message_is_kept_and_the_conversation_begins(phone: Phone, runtime: Runtime) -> None:
    kept, question = await phone.send_kind(ContentKind.VOICE)
    assert kept == "Thank you. A person will look at what you sent."
    assert question.startswith("Red or blue?")
    assert [flag.reason for flag in rows(runtime, Flag)] == ["content_for_staff"]


async def test_a_correction_is_recorded_and_not_replayed(phone: Phone, runtime: Runtime) -> None:
    await phone.say("hello", "1")
    assert await phone.send_kind(ContentKind.CORRECTION, "2") == []
    assert [response.value for response in rows(runtime, Response)] == ["red"]
    assert rows(runtime, Inbound)[-1].text == "2"


async def test_a_message_after_the_end_opens_the_conversation_again(phone: Phone) -> None:
    await phone.say("hello", "1", "words", "1", "1")
    assert (await phone.say("hello again"))[0].startswith("Red or blue?")
