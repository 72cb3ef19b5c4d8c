"""Pictures of dialogues: every state and transition is there, and nothing an author wrote is taken for markup."""

from __future__ import annotations

import re
import subprocess
from xml.etree import ElementTree

import pytest

from ccmm_bot.dialogue.describe import guard_words
from ccmm_bot.dialogue.diagram import dot, mermaid
from ccmm_bot.dialogue.loader import load_program
from ccmm_bot.dialogue.model import Dialogue
from ccmm_bot.dialogue.parse import parse_dialogue
from ccmm_bot.settings import Settings

REAL = list(load_program(Settings().dialogues_dir).dialogues.values())
HOSTILE = '"]; <script>alert(1)</script> \\N \\" --> | [x] #quot; %%'
NASTY = f"dialogue: d\nversion: 1\ninitial: a\nstates:\n  a: {{say: '{HOSTILE}', end: completed}}\n"


def svg(source: str) -> ElementTree.Element:
    done = subprocess.run(["dot", "-Tsvg"], input=source, capture_output=True, text=True, check=True)
    assert not done.stderr
    return ElementTree.fromstring(done.stdout)


def words(picture: ElementTree.Element) -> str:
    return "\n".join(text.text or "" for text in picture.iter("{http://www.w3.org/2000/svg}text"))


@pytest.mark.graphviz
@pytest.mark.parametrize("dialogue", REAL, ids=[one.ref.id for one in REAL])
def test_every_state_and_transition_is_drawn(dialogue: Dialogue) -> None:
    picture = svg(dot(dialogue))
    classes = [group.get("class") for group in picture.iter("{http://www.w3.org/2000/svg}g")]
    ways = sum(len(one.next) + (one.on_timeout is not None) + (one.visits is not None) for one in dialogue.states.values())

    assert classes.count("node") == len(dialogue.states) + 1  # and where it begins
    assert classes.count("edge") == ways + 1
    for name in dialogue.states:
        assert name in words(picture)


@pytest.mark.parametrize("dialogue", REAL, ids=[one.ref.id for one in REAL])
def test_the_mermaid_text_has_every_state_and_transition(dialogue: Dialogue) -> None:
    lines = mermaid(dialogue).splitlines()
    ways = sum(len(one.next) + (one.on_timeout is not None) + (one.visits is not None) for one in dialogue.states.values())

    assert lines[0] == "flowchart TD"
    assert sum("-->" in line or "-.->" in line for line in lines) == ways + 1
    assert sum(bool(re.match(r"  s\d+[\[({]", line)) for line in lines) == len(dialogue.states)


@pytest.mark.graphviz
def test_what_an_author_wrote_is_drawn_and_never_obeyed() -> None:
    dialogue = parse_dialogue(NASTY, "d.yaml")
    picture = svg(dot(dialogue))
    label = next(line for line in mermaid(dialogue).splitlines() if line.startswith("  s0"))

    assert "script" not in {element.tag.rpartition("}")[2] for element in picture.iter()}
    assert '"]; <script>alert(1)</script>' in words(picture).replace("\n", " ")
    assert "\\N" in words(picture)
    assert label.count('"') == 2
    assert "<script" not in label
    assert "%%" not in label


def test_a_guard_reads_as_a_sentence() -> None:
    source = (
        "dialogue: d\nversion: 1\ninitial: a\nstates:\n"
        '  a:\n    ask: {integer: n, text: "N?"}\n'
        "    next: [{when: {any: [{n: {ge: 3, ne: 5}}, {not: {n: {answered: true}}}]}, target: b}, b]\n"
        "  b: {end: completed}\n"
    )
    guard = parse_dialogue(source, "d.yaml").states["a"].next[0].when
    assert guard is not None

    assert guard_words(guard) == "(n ≥ 3 and n ≠ 5) or not (n answered)"
