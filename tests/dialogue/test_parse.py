"""What authors write becomes what the engine runs."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from ccmm_bot.dialogue import system_texts
from ccmm_bot.dialogue.bundle import bundle_source, load_bundle
from ccmm_bot.dialogue.findings import DialogueErrors
from ccmm_bot.dialogue.loader import load_program
from ccmm_bot.dialogue.model import (
    All,
    AnyOf,
    AtLeast,
    CallHuman,
    Compare,
    Gate,
    ItemType,
    Mark,
    Not,
    Operator,
    OptIn,
    OptOut,
    Outcome,
    RaiseFlag,
    SetConsent,
    SetFact,
    SetFollowUp,
    SetLanguage,
    Severity,
    Visits,
)
from ccmm_bot.dialogue.parse import parse_dialogue
from ccmm_bot.dialogue.parse_program import parse_options
from ccmm_bot.settings import Settings

OPTIONS, _ = parse_options(
    'sets: {colours: {red: "Red", none: {text: "None", exclusive: true}}, mood: {1: "Bad", 5: "Good"}}', "options.yaml"
)

EVERYTHING = """
dialogue: all_of_it
version: 3
instrument: survey
requires: [service, research]
unprompted: true
initial: hello
defaults: {remind_at: [P2D, P5D], timeout: P7D, retries: 1, skip: false, segments: 2}
states:
  hello:
    effects: [{set: {seen: true}}, {opt_in: {}}]
    say: ["Hello {initials}.", "It is {service_name}, {initials}."]
    show: {directory: agencies, where: region}
    next: colour
  colour:
    visits: {at_most: 3, then: bye}
    ask:
      select_many: colour
      options: colours
      text: "Which colours?"
      again: "Colours?"
      why: "To paint."
      skip: true
      retries: 4
      timeout: P1DT12H
      remind_at: []
      segments: 5
    next:
      - when: {colour: {includes: red}, fact.seen: {eq: true}}
        target: mood
        effects: [{flag: {reason: red, severity: high, items: [colour]}}]
      - {when: {any: [{not: {colour: {empty: true}}}, {at_least: {n: 1, of: [{colour: {answered: false}}]}}]}, target: mood}
      - mood
    on_timeout: {target: bye, effects: [{follow_up: {status: missed}}]}
  mood:
    ask: {scale: mood, labels: mood, text: "How are you?"}
    next: [{when: {mood: {ge: 2, lt: 4}}, target: tongue}, {when: {mood: {in: [1, 5]}}, target: tongue}, tongue]
  tongue:
    ask: {select_one: tongue, options: languages, record: false, text: "Language?"}
    next: [{target: agree, effects: [{language: {from: tongue}}]}]
  agree:
    ask: {select_one: agree, options: {yes: "I agree", no: "No"}, gate: consent, text: "May we?"}
    next:
      - {when: {agree: {eq: yes}}, target: years, effects: [{consent: {kind: contact, given: true}}]}
      - {target: bye, effects: [{consent: {kind: contact, given: false}}, {human: {}}, {opt_out: {}}]}
  years: {ask: {integer: years, min: 0, max: 120, text: "How old?"}, next: story}
  story: {ask: {free_text: story, text: "Anything else?"}, next: sub}
  sub: {call: menu, next: out}
  out: {goto: menu}
  bye: {end: declined}
"""


def test_every_part_of_the_language_becomes_its_part_of_the_model() -> None:
    dialogue = parse_dialogue(EVERYTHING, "all_of_it.yaml", shared=OPTIONS)
    states = dialogue.states
    hello, colour = states["hello"], states["colour"]

    assert (dialogue.ref.id, dialogue.ref.version, dialogue.initial) == ("all_of_it", 3, "hello")
    assert (dialogue.requires, dialogue.unprompted, dialogue.instrument_version) == (("service", "research"), True, 3)
    assert [text.key for text in hello.say] == ["all_of_it.hello.say.0", "all_of_it.hello.say.1"]
    assert hello.say[1].slots == ("service_name", "initials")
    assert hello.actions == (SetFact(name="seen", value=True), OptIn())
    assert hello.show is not None
    assert (hello.show.name, hello.show.where) == ("agencies", "region")
    assert hello.mark == Mark("all_of_it.yaml", 10, 3)
    assert colour.visits == Visits(at_most=3, then="bye")
    assert colour.on_timeout is not None
    assert colour.on_timeout.actions == (SetFollowUp(status="missed"),)
    assert colour.next[0].when == All(
        parts=(
            Compare(subject="colour", op=Operator.INCLUDES, value="red"),
            Compare(subject="fact.seen", op=Operator.EQ, value=True),
        )
    )
    assert colour.next[0].actions == (RaiseFlag(reason="red", severity=Severity.HIGH, items=("colour",)),)
    assert colour.next[1].when == AnyOf(
        parts=(
            Not(part=Compare(subject="colour", op=Operator.EMPTY, value=True)),
            AtLeast(n=1, parts=(Compare(subject="colour", op=Operator.ANSWERED, value=False),)),
        )
    )
    assert [one.target for one in colour.next] == ["mood"] * 3
    assert states["mood"].next[1].when == Compare(subject="mood", op=Operator.IN, value=(1, 5))
    assert states["tongue"].next[0].actions == (SetLanguage(item="tongue"),)
    assert states["agree"].next[0].actions == (SetConsent(kind="contact", given=True),)
    assert states["agree"].next[1].actions[1:] == (CallHuman(reason="asked"), OptOut())
    assert (states["sub"].call, states["out"].goto, states["bye"].end) == ("menu", "menu", Outcome.DECLINED)


def test_a_question_has_what_it_says_and_otherwise_the_defaults() -> None:
    states = parse_dialogue(EVERYTHING, "all_of_it.yaml", shared=OPTIONS).states
    own, default = states["colour"].ask, states["mood"].ask
    assert own is not None
    assert default is not None

    assert (own.retries, own.skip, own.timeout, own.remind_at, own.segments) == (4, True, timedelta(days=1, hours=12), (), 5)
    assert (default.retries, default.skip, default.timeout, default.segments) == (1, False, timedelta(days=7), 2)
    assert default.remind_at == (timedelta(days=2), timedelta(days=5))
    assert [text.key if text else None for text in (own.text, own.again, own.why)] == [
        "all_of_it.colour.text",
        "all_of_it.colour.again",
        "all_of_it.colour.why",
    ]


def test_items_know_their_type_their_options_and_their_instrument() -> None:
    states = parse_dialogue(EVERYTHING, "all_of_it.yaml", shared=OPTIONS).states
    items = {name: state.ask.item for name, state in states.items() if state.ask is not None}

    assert [(one.id, one.exclusive, one.text.key) for one in items["colour"].options] == [
        ("red", False, "options.colours.red"),
        ("none", True, "options.colours.none"),
    ]
    assert [(one.id, one.text.key) for one in items["agree"].options] == [
        ("yes", "all_of_it.agree.options.yes"),
        ("no", "all_of_it.agree.options.no"),
    ]
    assert (items["mood"].minimum, items["mood"].maximum, [one.id for one in items["mood"].options]) == (1, 5, ["1", "5"])
    assert (items["tongue"].languages, items["tongue"].record, items["tongue"].instrument) == (True, False, None)
    assert (items["colour"].instrument, items["colour"].instrument_version) == ("survey", 3)
    assert (items["years"].minimum, items["years"].maximum) == (0, 120)
    assert items["story"].type is ItemType.TEXT


def test_a_gate_cannot_be_skipped_even_where_skipping_is_the_default() -> None:
    source = EVERYTHING.replace("skip: false", "skip: true")
    ask = parse_dialogue(source, "all_of_it.yaml", shared=OPTIONS).states["agree"].ask
    assert ask is not None

    assert ask.gate is Gate.CONSENT
    assert not ask.skip


def test_yes_and_no_of_a_yes_no_question_are_the_systems() -> None:
    source = 'dialogue: d\nversion: 1\ninitial: a\nstates: {a: {ask: {yes_no: x, text: "X?"}, next: b}, b: {end: completed}}\n'
    ask = parse_dialogue(source, "d.yaml").states["a"].ask
    assert ask is not None

    assert [(one.id, one.text) for one in ask.item.options] == [("yes", system_texts.YES), ("no", system_texts.NO)]


def test_yes_no_on_and_off_are_words_as_in_yaml_1_2() -> None:
    source = (
        'dialogue: d\nversion: 1\ninitial: a\nstates: {a: {ask: {select_one: x, options: {on: "On", off: "Off"}, text: "X?"}, '
        "next: [{when: {x: {eq: off}}, target: b}, b]}, b: {end: completed}}\n"
    )

    assert parse_dialogue(source, "d.yaml").states["a"].next[0].when == Compare(subject="x", op=Operator.EQ, value="off")


def test_the_hash_is_of_the_meaning_not_of_the_layout() -> None:
    plain = parse_dialogue(EVERYTHING, "all_of_it.yaml", shared=OPTIONS)
    laid_out = "# a comment\n" + EVERYTHING.replace("version: 3", "version:   3   # third").replace(
        "{goto: menu}", "\n    goto: 'menu'"
    )
    reordered = re.sub(r"(?s)(version: 3\n)(instrument: survey\n)", r"\2\1", EVERYTHING)

    assert parse_dialogue(laid_out, "elsewhere/all_of_it.yaml", shared=OPTIONS).ref == plain.ref
    assert parse_dialogue(reordered, "all_of_it.yaml", shared=OPTIONS).ref == plain.ref
    assert re.fullmatch(r"[0-9a-f]{64}", plain.ref.hash)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("Which colours?", "What colours?"),
        ("version: 3", "version: 4"),
        ("target: bye, effects: [{follow_up: {status: missed}}]", "target: bye"),
        ("{mood: {ge: 2", "{mood: {gt: 2"),
        ("timeout: P7D", "timeout: P8D"),
        ("at_most: 3", "at_most: 4"),
        ("record: false, ", ""),
    ],
)
def test_a_changed_meaning_is_a_changed_hash(old: str, new: str) -> None:
    before = parse_dialogue(EVERYTHING, "all_of_it.yaml", shared=OPTIONS).ref.hash
    after = parse_dialogue(EVERYTHING.replace(old, new), "all_of_it.yaml", shared=OPTIONS).ref.hash

    assert (before != after) == (old != new)


def test_a_changed_option_of_a_shared_set_changes_the_hash_of_those_who_offer_it() -> None:
    other, _ = parse_options(
        'sets: {colours: {red: "Dark red", none: {text: "None", exclusive: true}}, mood: {1: "Bad", 5: "Good"}}', "o.yaml"
    )

    assert (
        parse_dialogue(EVERYTHING, "all_of_it.yaml", shared=OPTIONS).ref.hash
        != parse_dialogue(EVERYTHING, "all_of_it.yaml", shared=other).ref.hash
    )


def test_a_bundle_brings_a_dialogue_back_when_its_option_sets_are_long_gone() -> None:
    dialogue = parse_dialogue(EVERYTHING, "all_of_it.yaml", shared=OPTIONS)

    assert load_bundle(bundle_source(dialogue, EVERYTHING, OPTIONS)) == dialogue


def test_every_real_dialogue_comes_back_from_its_bundle() -> None:
    loaded = load_program(Settings().dialogues_dir)
    assert not loaded.findings

    for name, dialogue in loaded.dialogues.items():
        assert load_bundle(bundle_source(dialogue, loaded.sources[name], loaded.shared)) == dialogue


def test_errors_raised_by_the_parser_hold_every_finding_in_order() -> None:
    with pytest.raises(DialogueErrors) as raised:
        parse_dialogue("dialogue: d\nversion: 0\ninitial: a\nstates: {a: {end: never}}\n", "d.yaml")

    assert [one.code for one in raised.value.findings] == ["D112", "D105"]
    assert str(raised.value).splitlines()[0].startswith("d.yaml:2:10: D112 ")
