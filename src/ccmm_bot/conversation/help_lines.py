"""The help lines of the data file: where each comes from, who looked at it last, and by when somebody has to look again."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Final

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap

from ccmm_bot.dialogue.findings import Finding, Level, Rule, finding
from ccmm_bot.dialogue.model import Mark

OVERDUE: Final = Rule(
    code="D701",
    title="Every help line has a source, and a review date that is not past",
    why="A number that has changed, given to somebody in danger, is worse than none.",
    fix="Call the number or look at its own page, write verified_on and a new review_by.",
)
UNVERIFIED: Final = Rule(
    code="D702",
    title="A help line known only from third parties is confirmed before people rely on it",
    why="What others write about a help line may be old or wrong.",
    fix="An administrator confirms number, hours and languages with the help line itself, and sets status and verified_on.",
    level=Level.WARNING,
)


def check_help_lines(file: Path, today: date) -> Iterator[Finding]:
    """Findings about ``help_lines`` of the file, as of ``today``. A file without them has none."""
    data = YAML(pure=True).load(file.read_text(encoding="utf-8")) if file.is_file() else None
    for entry in (data or {}).get("help_lines", ()):
        mark = _mark(file, entry)
        name = entry.get("id", "?")
        due = entry.get("review_by")
        if not entry.get("source") or not isinstance(due, date):
            yield finding(OVERDUE, mark, f'the help line "{name}" has no source or no review_by')
        elif due < today:
            yield finding(OVERDUE, mark, f'the help line "{name}" ({entry.get("phone")}) was to be reviewed by {due}')
        elif entry.get("status") == "unverified" and entry.get("verified_on") is None:
            message = f'nobody has confirmed the help line "{name}": {entry.get("phone")}, {entry.get("for")}'
            yield finding(UNVERIFIED, mark, message)


def _mark(file: Path, entry: CommentedMap) -> Mark:
    return Mark(str(file), entry.lc.line + 1, entry.lc.col + 1)
