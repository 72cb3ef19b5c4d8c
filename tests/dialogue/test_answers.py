"""Taking answers: typed, skipped, tapped, unreadable."""

from __future__ import annotations

import pytest

from ccmm_bot.dialogue import system_texts, taps
from ccmm_bot.dialogue.effects import ClearTimers, HumanCalled, Note, Prompt, Record, Say
from ccmm_bot.dialogue.events import Resume, Tap, Unreadable
from ccmm_bot.dialogue.prompts import AGAIN, DONE, HUMAN, SKIP
from ccmm_bot.dialogue.session import WaitMode
from ccmm_bot.dialogue.values import SKIPPED
from tests.dialogue.support import NOON, Talk, machine


@pytest.fixture
def talk() -> Talk:
    return Talk(machine=machine()).begin()


def record(talk: Talk) -> Record:
    (found,) = talk.of(Record)
    assert isinstance(found, Record)
    return found


def test_an_answer_is_recorded_with_what_an_evaluator_needs(talk: Talk) -> None:
    talk.later(minutes=5).says("Blue")
    kept = record(talk)
    assert (kept.item.name, kept.answer, kept.raw) == ("colour", "blue", "Blue")
    assert kept.wording.key == "entry.colour.text"
    assert (kept.asked_at, kept.answered_at) == (NOON, talk.now)


def test_an_instrument_and_its_version_come_with_the_answer() -> None:
    talk = Talk(machine=machine()).begin("survey", facts={"service_consent": True}).says("4")
    kept = record(talk)
    assert (kept.item.instrument, kept.item.instrument_version, kept.answer) == ("satisfaction", 3, 4)


def test_answers_steer_only_where_the_author_says_record_false() -> None:
    talk = Talk(machine=machine()).begin("menu")
    talk.says("1")
    assert not talk.of(Record)


def test_an_answer_closes_its_question_and_its_timers(talk: Talk) -> None:
    wait = talk.prompt.wait
    talk.says("1")
    assert ClearTimers(wait=wait) in talk.effects
    assert talk.prompt.wait > wait


def test_skipping_is_recorded_as_skipped_not_as_empty(talk: Talk) -> None:
    talk.says("1", "skip")
    assert record(talk).answer is SKIPPED


def test_choosing_none_of_these_is_an_answer(talk: Talk) -> None:
    talk.says("1", "3")
    assert record(talk).answer == ("none",)


def test_several_choices_are_kept_in_the_order_of_the_options(talk: Talk) -> None:
    talk.says("1", "2 1")
    assert record(talk).answer == ("apple", "fig")


def test_none_beside_another_choice_is_asked_again(talk: Talk) -> None:
    talk.says("1", "1 3")
    assert not talk.of(Record)
    assert talk.prompt.note is Note.NOT_UNDERSTOOD


def test_a_number_outside_the_range_is_asked_again(talk: Talk) -> None:
    talk.says("1", "1", "21")
    assert not talk.of(Record)
    talk.says("20")
    assert record(talk).answer == 20


def test_zero_children_is_zero_and_not_skip(talk: Talk) -> None:
    talk.says("1", "1", "0")
    assert record(talk).answer == 0


# --- not understood ---------------------------------------------------------------------------------------------------


def test_an_unreadable_answer_is_asked_again_in_shorter_words(talk: Talk) -> None:
    talk.says("purple")
    assert talk.heard == ["Colour?"]
    assert talk.prompt.note is Note.NOT_UNDERSTOOD


def test_after_bounded_retries_a_human_is_offered_and_the_question_can_still_be_answered(talk: Talk) -> None:
    talk.says("purple", "purple", "purple")
    assert talk.heard == [system_texts.OFFER_HUMAN.source]
    assert [choice.id for choice in talk.prompt.choices] == [HUMAN, AGAIN, SKIP]
    talk.says("Blue")
    assert record(talk).answer == "blue"


def test_the_offer_leads_to_a_human_the_question_or_the_next_one(talk: Talk) -> None:
    offered = [*["purple"] * 3]
    assert talk.says(*offered, "1").of(HumanCalled) == [HumanCalled(run=2, reason="asked")]
    again = Talk(machine=machine()).begin().says(*offered, "2")
    assert again.heard == ["Red or blue?"]
    skipped = Talk(machine=machine()).begin().says(*offered, "3")
    assert record(skipped).answer is SKIPPED


def test_the_offer_never_skips_a_gate() -> None:
    talk = Talk(machine=machine()).begin("survey").says("hm", "hm", "hm")
    assert [choice.id for choice in talk.prompt.choices] == [HUMAN, AGAIN]
    talk.says("skip")
    assert talk.prompt.note is Note.CANNOT_SKIP


def test_who_cannot_get_on_gets_a_human_once_and_an_answer_every_time(talk: Talk) -> None:
    talk.says(*["purple"] * 4)
    assert talk.of(HumanCalled) == [HumanCalled(run=1, reason="stuck")]
    assert talk.heard == [system_texts.STUCK.source, "Red or blue?"]
    for _ in range(4):
        talk.says("purple")
        assert talk.of(HumanCalled) == []
        assert talk.heard


def test_a_question_shown_again_is_what_the_next_number_answers(talk: Talk) -> None:
    talk.says("purple", "purple", "purple")
    assert talk.session.wait is not None
    assert talk.session.wait.mode is WaitMode.OFFER
    talk.send(Resume(at=talk.now))
    assert talk.heard == ["Red or blue?"]
    talk.says("1")
    assert record(talk).answer == "red"


def test_a_voice_note_leaves_the_question_open(talk: Talk) -> None:
    talk.send(Unreadable(at=talk.now, kind="voice"))
    assert talk.prompt.note is Note.NOT_TEXT
    talk.says("1")
    assert record(talk).answer == "red"


# --- buttons ----------------------------------------------------------------------------------------------------------


def tap(talk: Talk, choice: str, wait: int | None = None, label: str = "") -> Talk:
    talk.send(Tap(at=talk.now, payload=taps.encode(wait or talk.prompt.wait, choice), label=label))
    return talk


def test_a_tap_means_what_the_typed_number_means(talk: Talk) -> None:
    tap(talk, "blue", label="أزرق")
    assert (record(talk).answer, record(talk).raw) == ("blue", "أزرق")


def test_a_tap_on_an_old_button_is_politely_refused_and_changes_nothing(talk: Talk) -> None:
    old = talk.prompt.wait
    talk.says("1")
    before = talk.session
    tap(talk, "blue", wait=old)
    assert talk.session == before
    assert talk.prompt.note is Note.OLD_BUTTON


def test_a_button_of_a_question_that_came_back_still_counts(talk: Talk) -> None:
    old = talk.prompt.wait
    talk.says("human")
    assert talk.prompt.wait != old
    tap(talk, "red", wait=old)
    assert record(talk).answer == "red"


@pytest.mark.parametrize("payload", ["", "w1", "w1.", "drop table", "w99999999999.red", "c.nothing", "w1.\u202ered"])
def test_a_payload_we_never_wrote_changes_nothing(talk: Talk, payload: str) -> None:
    before = talk.session
    talk.send(Tap(at=talk.now, payload=payload))
    assert talk.session == before
    assert talk.prompt.note is Note.OLD_BUTTON


def test_several_are_chosen_by_tapping_each_and_then_that_is_all(talk: Talk) -> None:
    talk.says("1")
    tap(tap(tap(tap(talk, "fig"), "apple"), "fig"), "fig")
    assert talk.prompt.marked == ("apple", "fig")
    tap(talk, DONE)
    assert record(talk).answer == ("apple", "fig")


def test_that_is_all_with_nothing_marked_asks_again(talk: Talk) -> None:
    talk.says("1")
    tap(talk, DONE)
    assert not talk.of(Record)
    assert talk.prompt.note is Note.EMPTY


def test_tapping_none_of_these_answers_at_once(talk: Talk) -> None:
    talk.says("1")
    tap(tap(talk, "fig"), "none")
    assert record(talk).answer == ("none",)


def test_the_skip_button_of_an_earlier_question_does_not_skip_this_one(talk: Talk) -> None:
    old = talk.prompt.wait
    talk.says("1")
    tap(talk, SKIP, wait=old)
    assert not talk.of(Record)
    tap(talk, SKIP)
    assert record(talk).answer is SKIPPED


@pytest.mark.parametrize("choice", ["red", "_done", "_more", "nonsense", "_human"])
def test_a_choice_the_question_does_not_have_never_becomes_an_answer(talk: Talk, choice: str) -> None:
    talk.says("1", "1")
    tap(talk, choice)
    assert not talk.of(Record)
    assert any(isinstance(effect, Say | Prompt) for effect in talk.effects)
