"""Instruments: definitions that the dialogues are held to, and that say which answers of earlier versions still mean the same."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from ccmm_bot.dialogue.findings import Finding
from ccmm_bot.dialogue.instrument import Better
from ccmm_bot.dialogue.loader import load_program
from ccmm_bot.dialogue.options import OptionSets
from ccmm_bot.dialogue.parse_instrument import parse_instrument
from tests.dialogue.broken_cases import FOLDER, check_folder

ROOT = Path(__file__).parents[2]
NO_SETS: OptionSets = {}
HEAD = 'instrument: mood\nversion: 2\ntitle: "Mood"\nsource: {document: "A report"}\n'
MOOD = "items:\n  mood: {type: scale, wording: subject.mood.text, better: higher}\n"

ASKED = """\
dialogue: subject
version: 1
instrument: mood
initial: mood
requires: [service]
defaults: {timeout: P7D}
states:
  mood:
    ask: {scale: mood, text: "How are you, 1 to 5?", why: "So that we can help you."}
    next: bye
  bye: {end: completed}
"""


def findings(text: str) -> list[str]:
    return [f"{one.mark.line}:{one.mark.column} {one.code}" for one in parse_instrument(text, "mood.yaml", NO_SETS).findings]


def folder(tmp_path: Path, instrument: str | None, dialogue: str = ASKED) -> Path:
    made = tmp_path / "dialogues"
    shutil.copytree(FOLDER / "base", made)
    (made / "subject.yaml").write_text(dialogue)
    (made / "instruments" / "mood.yaml").unlink()
    if instrument is not None:
        (made / "instruments" / "mood.yaml").write_text(instrument)
    return made


def said(found: tuple[Finding, ...]) -> list[tuple[str, str, int]]:
    return [(one.code, Path(one.mark.file).name, one.mark.line) for one in found]


def test_every_instrument_of_the_service_is_defined_and_asked_as_it_is_defined() -> None:
    loaded = load_program(ROOT / "dialogues")

    named = {dialogue.instrument for dialogue in loaded.dialogues.values() if dialogue.instrument is not None}
    assert named == set(loaded.instruments) == loaded.instrument_files
    assert [one for one in loaded.findings if "instruments" in one.mark.file] == []


def test_scoring_of_the_client_surveys_is_that_of_the_report() -> None:
    exit_survey = load_program(ROOT / "dialogues").instruments["exit_survey"]

    # CCMM report, client surveys: of the three "affected/ran out" items, yes is the worse answer.
    worse = {name for name, item in exit_survey.items.items() if item.better is Better.LOWER}
    assert worse == {"physical_health_affected_last_month", "mental_health_affected_last_month", "ran_out_of_money_last_month"}
    assert all(item.better is not Better.NONE and item.construct for item in exit_survey.items.values())


def test_an_instrument_says_which_answers_of_an_earlier_version_mean_what_they_mean_now() -> None:
    follow_up = load_program(ROOT / "dialogues").instruments["follow_up"]

    assert "has_family_doctor" in follow_up.same_as_today(1)
    assert "readiness_to_navigate_independently" not in follow_up.same_as_today(1)
    assert follow_up.same_as_today(2) == set(follow_up.items)
    assert follow_up.same_as_today(7) == set()


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ('instrument: moods\nversion: 1\ntitle: "M"\nsource: {document: "R"}\n' + MOOD, "1:13 D009"),
        (HEAD, "1:1 D102"),
        (HEAD + "items: {}\n", "5:8 D102"),
        (HEAD + "items:\n  mood: {type: scales, wording: a.b.text}\n", "6:16 D105"),
        (HEAD + "items:\n  mood: {type: yes_no, options: [a, b], wording: a.b.text}\n", "6:33 D113"),
        (HEAD + "items:\n  mood: {type: select_one, wording: a.b.text}\n", "6:9 D102"),
        (HEAD + "items:\n  mood: {type: select_one, options: moods, wording: a.b.text}\n", "6:37 D108"),
        (HEAD + "items:\n  mood: {type: select_one, options: [a, b], missing: [c], wording: a.b.text}\n", "6:55 D105"),
        (HEAD + "items:\n  mood: {type: scale, wording: a.b.text, better: up}\n", "6:50 D105"),
        (HEAD + MOOD + "not_asked: {mod: 'Too long.'}\n", "7:13 D105"),
        (HEAD + MOOD + "earlier: [{version: 2, same: all}]\n", "7:21 D112"),
        (HEAD + MOOD + "earlier: [{version: 1, same: [mod]}]\n", "7:31 D105"),
        (HEAD + MOOD + "earlier: [{version: 1, same: all}, {version: 1, same: []}]\n", "7:10 D112"),
        ("instrument: [\n", "2:1 D004"),
    ],
)
def test_what_is_wrong_with_a_definition_is_said_with_its_place(text: str, place: str) -> None:
    assert findings(text) == [place]


def test_an_item_that_no_dialogue_asks_is_found_where_it_is_defined(tmp_path: Path) -> None:
    text = HEAD.replace("2", "1") + MOOD + "  sleep: {type: yes_no, wording: subject.sleep.text}\n"

    assert said(check_folder(folder(tmp_path, text))) == [("D309", "mood.yaml", 7)]
    (tmp_path / "dialogues" / "instruments" / "mood.yaml").write_text(text + "not_asked: {sleep: 'On paper only.'}\n")
    assert said(check_folder(tmp_path / "dialogues")) == []


def test_an_instrument_that_no_dialogue_asks_is_found(tmp_path: Path) -> None:
    quiet = "dialogue: subject\nversion: 1\ninitial: bye\nstates: {bye: {end: completed}}\n"

    assert said(check_folder(folder(tmp_path, HEAD + MOOD, quiet))) == [("D309", "mood.yaml", 1)]


def test_an_item_means_the_same_in_every_instrument(tmp_path: Path) -> None:
    made = folder(tmp_path, HEAD.replace("2", "1") + MOOD)
    other = (
        'instrument: paper\nversion: 1\ntitle: "Paper"\nsource: {document: "R"}\nitems:\n'
        '  mood: {type: scale, %s}\nnot_asked: {mood: "Paper."}\n'
    )

    (made / "instruments" / "paper.yaml").write_text(other % "max: 7, wording: subject.mood.text, better: higher")
    assert said(check_folder(made)) == [("D310", "paper.yaml", 6)]
    (made / "instruments" / "paper.yaml").write_text(other % "wording: paper.mood.text, better: higher")
    assert said(check_folder(made)) == [("D310", "paper.yaml", 6)]
    (made / "instruments" / "paper.yaml").write_text(other % "wording: subject.mood.text, better: higher")
    assert said(check_folder(made)) == []


def test_a_folder_without_instruments_is_checked_as_before(tmp_path: Path) -> None:
    assert said(check_folder(folder(tmp_path, None))) == []
