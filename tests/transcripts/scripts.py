"""Transcript files: reading them, and writing them again with what the bot really said. The form is described in README.md."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ccmm_bot.messages import Content

FOLDER = Path(__file__).parent
_BLANK = "⏎"
_HEAD = re.compile(r"(channel|language|known|starts):\s*(.*)\Z")


class TranscriptError(Exception):
    """A transcript is not in the form README.md describes."""


@dataclass(slots=True)
class Move:
    """One thing that happens, and the lines the bot answers with."""

    line: str  # "> text", "[tap] label", "@ +2 days"; "" for the unprompted beginning
    number: int
    expected: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Script:
    """A transcript as it stands in its file."""

    path: Path
    head: dict[str, str]
    head_lines: list[str]
    moves: list[Move]
    checks: list[tuple[int, str]]

    @property
    def known(self) -> set[str]:
        return {part.strip() for part in self.head.get("known", "").split(",") if part.strip()}

    def rendered(self, answers: Sequence[Sequence[str]]) -> str:
        """The file with these bot lines after each move."""
        lines = [*self.head_lines, ""]
        for move, answer in zip(self.moves, answers, strict=True):
            if move.line:
                lines.append(move.line)
            lines.extend(answer)
        checks = [f"= {check}" for _, check in self.checks]
        return "\n".join([*lines, *([""] if checks else []), *checks]) + "\n"


def read(path: Path) -> Script:
    """Read one file."""
    lines = path.read_text(encoding="utf-8").splitlines()
    script = Script(path=path, head={}, head_lines=[], moves=[], checks=[])
    body = 0
    for body, line in enumerate(lines):
        if not line.strip():
            break
        script.head_lines.append(line)
        if match := _HEAD.match(line):
            script.head[match[1]] = match[2].split("#")[0].strip()
        elif not line.startswith("#"):
            raise TranscriptError(f"{path}:{body + 1}: the head has lines like 'channel: sms', not {line!r}")
    if "starts" in script.head:
        script.moves.append(Move(line="", number=body + 1))
    for number, line in enumerate(lines[body + 1 :], start=body + 2):
        _body_line(script, number, line)
    return script


def _body_line(script: Script, number: int, line: str) -> None:
    if line.startswith("= "):
        script.checks.append((number, line[2:].strip()))
    elif line.startswith(("< ", "  ")) or line == "<":
        if not script.moves:
            raise TranscriptError(f"{script.path}:{number}: the bot speaks before anything happened")
        script.moves[-1].expected.append(line.rstrip())
    elif line.startswith((">", "[", "@")) or line.startswith("#"):
        script.moves.append(Move(line=line.rstrip(), number=number))
    elif line.strip():
        raise TranscriptError(f"{script.path}:{number}: {line!r} is no line of a transcript")


def bot_lines(contents: Sequence[Content]) -> list[str]:
    """What the bot said, as transcript lines."""
    lines: list[str] = []
    for content in contents:
        text = [line or _BLANK for line in content.text.split("\n")]
        lines.append(f"< {text[0]}".rstrip())
        lines.extend(f"  {line}".rstrip() for line in text[1:])
        if content.buttons:
            lines.append("  " + " ".join(f"[{button.label}]" for button in content.buttons))
    return lines
