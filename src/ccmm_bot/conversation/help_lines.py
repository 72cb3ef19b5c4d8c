"""The help lines of the data file: where each comes from, who looked at it last, and by when somebody has to look again."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap
from ruamel.yaml.error import YAMLError

from ccmm_bot.dialogue.findings import Finding, Level, Rule, finding
from ccmm_bot.dialogue.model import Mark
from ccmm_bot.errors import ConfigurationError

#: The data file, beside the dialogues.
FILE: Final = "agencies.yaml"

OVERDUE: Final = Rule(
    code="D701",
    title="Every help line has a source, and a review date that is not past",
    why="A number that has changed, given to somebody in danger, is worse than none.",
    fix="Call the number or look at its own page, write verified_on and a new review_by.",
)
UNVERIFIED: Final = Rule(
    code="D702",
    title="A help line known only from third parties is confirmed before people rely on it",
    why="What others write about a help line may be old or wrong: until it is confirmed, nobody is given the number.",
    fix="An administrator confirms number, hours and languages with the help line itself, on /staff/help-lines or by "
    "`ccmm-bot agency help-lines confirm`; or sets status and verified_on in the file, for every agency.",
    level=Level.WARNING,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class HelpLine:
    """One entry."""

    id: str
    phone: str
    purpose: str
    source: str
    unverified: bool  # known from third parties only, and nobody has looked

    @property
    def hash(self) -> str:
        """What a confirmation is of: it ends when any of this changes."""
        return hashlib.sha256("\0".join((self.id, self.phone, self.purpose, self.source)).encode()).hexdigest()


def load_help_lines(folder: Path) -> tuple[HelpLine, ...]:
    """The help lines of a folder of dialogues; none where it has no data file.

    :raises ConfigurationError: the file cannot be read, or an entry has no id or no phone.
    """
    file = folder / FILE
    try:
        data = YAML(typ="safe", pure=True).load(file.read_text(encoding="utf-8")) if file.is_file() else None
        return tuple(_line(entry) for entry in (data or {}).get("help_lines", ()))
    except (OSError, UnicodeDecodeError, YAMLError) as error:
        raise ConfigurationError(f"{file} cannot be read: {error}") from error
    except KeyError as error:
        raise ConfigurationError(f"{file}: a help line has no {error}") from error


def _line(entry: dict[str, Any]) -> HelpLine:
    return HelpLine(
        id=str(entry["id"]),
        phone=str(entry["phone"]),
        purpose=str(entry.get("for", "")),
        source=str(entry.get("source", "")),
        unverified=_unverified(entry),
    )


def _unverified(entry: dict[str, Any] | CommentedMap) -> bool:
    return entry.get("status") == "unverified" and entry.get("verified_on") is None


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
        elif _unverified(entry):
            message = f'nobody has confirmed the help line "{name}": {entry.get("phone")}, {entry.get("for")}'
            yield finding(UNVERIFIED, mark, message)


def _mark(file: Path, entry: CommentedMap) -> Mark:
    return Mark(str(file), entry.lc.line + 1, entry.lc.col + 1)
