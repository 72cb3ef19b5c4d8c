"""Whatever comes in: nothing crashes, nothing is lost, and the person has a next step."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from ccmm_bot.clock import FixedClock
from ccmm_bot.conversation.pace import QUICK
from ccmm_bot.conversation.receive import UnknownAccountError
from ccmm_bot.conversation.turn import TEXT_KEPT
from ccmm_bot.dialogue.step import step
from ccmm_bot.messages import ChannelKind, ContentKind, Media
from ccmm_bot.runtime import Runtime
from ccmm_bot.store.tables import Flag, Inbound, Quarantine, Response
from tests.conversation.support import Phone, rows
from tests.logged import logged

NASTY = {
    "empty": "",
    "blank": "   ",
    "emoji": "😀😀😀",
    "NUL": "a\x00b",
    "right-to-left override": "\u202e1\u202c",
    "lone surrogate": "\ud800",
    "control characters": "\x01\x02\x7f",
    "braces": "{service_name} {0} {{}}",
    "SQL": "'); DROP TABLE person; --",
    "10 MB": "x" * 10_000_000,
    "a number of thousands of digits": "፼" * 1100,
    "thousands of digits": "㊿" * 1000,
}


@pytest.mark.parametrize("text", NASTY.values(), ids=NASTY)
async def test_a_strange_message_is_kept_as_typed_and_gets_a_next_step(phone: Phone, runtime: Runtime, text: str) -> None:
    await phone.say("hello")
    (answer,) = await phone.say(text)
    assert "Red or blue?" in answer or answer.startswith("Tell us")
    kept = rows(runtime, Inbound)[-1]
    assert kept.text == text[:TEXT_KEPT]
    assert kept.length == len(text)


@pytest.mark.parametrize("text", NASTY.values(), ids=NASTY)
async def test_a_strange_first_message_begins_the_conversation(phone: Phone, runtime: Runtime, text: str) -> None:
    (answer,) = await phone.say(text)
    assert "Red or blue?" in answer or answer.startswith("Tell us")
    assert rows(runtime, Inbound)[0].length == len(text)


async def test_strange_words_of_ones_own_are_an_answer_all_the_same(phone: Phone, runtime: Runtime) -> None:
    await phone.say("hello", "1", "a\x00b \u202e \ud800")
    responses = {each.item: each for each in rows(runtime, Response)}
    assert responses["words"].raw.startswith("a\x00b \u202e ")
    assert rows(runtime, Inbound)[-1].text == "a\x00b \u202e \ud800"


async def test_five_messages_in_one_second_are_all_answered_in_turn(phone: Phone, runtime: Runtime) -> None:
    await phone.say("hello")
    messages = [phone.message(text) for text in ("1", "my words", "1 2", "what?", "1")]
    receipts = await asyncio.gather(*(runtime.receiver.receive(message) for message in messages))
    assert all(receipt.outbound for receipt in receipts)
    assert len(rows(runtime, Inbound)) == 6


@pytest.mark.parametrize("payload", ["w1.red", "w99.red", "w1.nothing", "c.menu", "c.nothing", "", "x" * 5000, "\x00", "w1.red\n"])
async def test_any_button_old_or_forged_gets_a_next_step(phone: Phone, payload: str) -> None:
    await phone.say("hello")
    assert await phone.tap(payload, "label")


@pytest.mark.parametrize("payload", ["w1.red", "c.stop", "c.human", "c.menu", "nonsense"])
async def test_a_button_of_a_conversation_that_has_ended_gets_a_next_step(phone: Phone, payload: str) -> None:
    await phone.say("hello", "1", "words", "1", "1")
    assert await phone.tap(payload, "label")


@pytest.mark.parametrize("kind", [kind for kind in ContentKind if kind not in (ContentKind.TEXT, ContentKind.TAP)])
async def test_every_kind_of_content_is_kept(phone: Phone, runtime: Runtime, kind: ContentKind) -> None:
    await phone.say("hello")
    media = (Media(url="https://example.org/secret", content_type="audio/ogg"),)
    await phone.send(phone.message("caption", kind=kind, media=media))
    kept = rows(runtime, Inbound)[-1]
    assert (kept.kind, kept.text) == (kind, "caption")
    assert kept.media == [{"url": "https://example.org/secret", "content_type": "audio/ogg"}]


async def test_an_id_no_provider_writes_still_counts_once(phone: Phone, runtime: Runtime) -> None:
    for strange in ("\x00", "", "x" * 5000, "\ud800"):
        message = phone.message("hello", provider_message_id=strange)
        assert not (await runtime.receiver.receive(message)).duplicate
        assert (await runtime.receiver.receive(message)).duplicate


async def test_a_message_to_a_sender_nobody_has_is_refused(phone: Phone, runtime: Runtime) -> None:
    with pytest.raises(UnknownAccountError):
        await phone.send(phone.message("hello", account="+15550000000"))
    assert rows(runtime, Inbound) == []


async def test_what_cannot_be_read_as_a_message_is_put_aside_sealed(runtime: Runtime) -> None:
    await runtime.receiver.quarantine(ChannelKind.TELEGRAM, "123", b"\x00{", "not JSON " * 100)
    (kept,) = rows(runtime, Quarantine)
    assert (kept.channel, kept.account, kept.raw) == (ChannelKind.TELEGRAM, "123", b"\x00{")
    assert len(kept.reason) == 200


async def test_where_the_engine_fails_the_message_is_kept_and_a_human_is_called(
    phone: Phone, runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    await phone.say("hello")

    def fails(*_: object) -> None:
        raise ZeroDivisionError("the secret words of a person")

    monkeypatch.setattr("ccmm_bot.conversation.turn.step", fails)
    with logged() as log:
        answer = await phone.say("my secret")
    assert answer == ["A person will read your messages and write to you."]
    monkeypatch.setattr("ccmm_bot.conversation.turn.step", step)
    assert rows(runtime, Inbound)[-1].text == "my secret"
    assert [flag.reason for flag in rows(runtime, Flag)] == ["not_processed"]
    assert "ZeroDivisionError" in log.getvalue()
    assert "secret" not in log.getvalue()
    assert await phone.say("1") == ["Tell us in your words.\n0 = skip"]


@hypothesis_settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(texts=st.lists(st.text(max_size=30) | st.sampled_from(["1", "2", "0", "menu", "back", "1 2", "human"]), max_size=12))
async def test_no_sequence_of_messages_at_a_persons_pace_is_left_without_an_answer(
    runtime: Runtime, clock: FixedClock, texts: list[str]
) -> None:
    before = len(rows(runtime, Inbound))
    phone = Phone(runtime, address=f"+1604{before:09d}")
    for text in texts:
        clock.set(clock.now() + QUICK + timedelta(seconds=1))  # faster, and the same words again are a machine's: see test_pace
        stopped = any("No more messages." in message.content.text for receipt in phone.receipts for message in receipt.outbound)
        answers = await phone.say(text)
        assert answers or stopped
    assert len(rows(runtime, Inbound)) - before == len(texts)
