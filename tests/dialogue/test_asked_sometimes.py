"""An item that only some were asked may be compared by whoever asks first whether there is an answer (D301)."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.dialogue.broken_cases import FOLDER, check_folder

DIALOGUE = """\
dialogue: subject
version: 1
initial: well
defaults: {{timeout: P7D}}
states:
  well:
    ask: {{yes_no: well, record: false, text: "Are you well?"}}
    next:
      - {{when: {{well: {{eq: "no"}}}}, target: pain}}
      - {{target: after}}
  pain:
    ask: {{yes_no: pain, record: false, text: "Does it hurt?"}}
    next: after
  after:
    next:
      - {{when: {guard}, target: lines}}
      - {{target: bye}}
  lines: {{say: "For health advice, call 8-1-1.", next: bye}}
  bye: {{end: completed}}
"""


@pytest.mark.parametrize(
    ("guard", "codes"),
    [
        ('{pain: {eq: "yes"}}', ["D301"]),
        ('{all: [{pain: {answered: true}}, {pain: {eq: "yes"}}]}', []),
        ('{any: [{pain: {answered: false}}, {not: {pain: {eq: "yes"}}}]}', []),
        ('{any: [{pain: {answered: true}}, {pain: {eq: "yes"}}]}', ["D301"]),
        ('{all: [{pain: {answered: false}}, {pain: {eq: "yes"}}]}', ["D304", "D301"]),
        ('{at_least: {n: 1, of: [{pain: {answered: true}}, {pain: {eq: "yes"}}]}}', ["D301"]),
    ],
)
def test_who_was_not_asked_is_thought_of(guard: str, codes: list[str], tmp_path: Path) -> None:
    shutil.copytree(FOLDER / "base", tmp_path / "dialogues")
    (tmp_path / "dialogues" / "subject.yaml").write_text(DIALOGUE.format(guard=guard))

    assert {one.code for one in check_folder(tmp_path / "dialogues")} == set(codes)
