"""A scale may begin at nought."""

from __future__ import annotations

from pathlib import Path

from ccmm_bot.cli.authoring import open_workbench
from ccmm_bot.dialogue import prompts
from ccmm_bot.dialogue.parse import parse_dialogue

PAIN = """\
dialogue: pain
version: 1
initial: pain
states:
  pain:
    ask: {scale: pain, min: 0, max: 10, labels: {0: "No pain", 10: "The worst pain"}, text: "How much pain, 0 to 10?", timeout: P7D}
    next: bye
  bye: {end: completed}
"""


def test_all_its_points_are_offered_with_their_labels() -> None:
    ask = parse_dialogue(PAIN, str(Path("pain.yaml"))).states["pain"].ask
    workbench = open_workbench(None, None)
    assert ask is not None
    assert workbench.loaded.program is not None

    shown = prompts.choices(workbench.machine(workbench.loaded.program), ask.item, 0, ())

    assert [choice.id for choice in shown] == [str(point) for point in range(11)]
    assert [choice.text.source for choice in shown if choice.text is not None] == ["No pain", "The worst pain"]
