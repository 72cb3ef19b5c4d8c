"""What is wrong with an author's files, said so that the author can put it right.

A :class:`Rule` is a promise every dialogue keeps, with its code, the reason for it and the way to mend a breach. A
:class:`Finding` is one breach at one place. Finding nothing is the only way a dialogue gets to run.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from ccmm_bot.dialogue.model import Mark
from ccmm_bot.errors import CcmmError


class Level(StrEnum):
    """An error keeps a dialogue from running; a warning is for the author to judge."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One promise. ``code`` never changes its meaning, so that a code found in an old log can still be looked up."""

    code: str  # "D" and three digits; the hundreds say which kind: see docs/dialogues.md
    title: str  # what every dialogue keeps to, in one line
    why: str  # what would happen to a person otherwise
    fix: str  # what the author does about it, when the finding itself knows no better
    level: Level = Level.ERROR


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One breach of a rule. Its text is ``file:line:column: CODE message. fix``, which editors turn into a link."""

    code: str
    severity: Level
    mark: Mark
    message: str
    fix: str

    def __str__(self) -> str:
        warning = "warning: " if self.severity is Level.WARNING else ""
        return f"{self.mark}: {self.code} {warning}{self.message}. {self.fix}"


def finding(rule: Rule, mark: Mark | None, message: str, fix: str | None = None) -> Finding:
    """A breach of ``rule`` at ``mark``; ``fix`` where more can be said than the rule's own."""
    place = mark or Mark("program.yaml", 1, 1)
    return Finding(code=rule.code, severity=rule.level, mark=place, message=message.rstrip("."), fix=fix or rule.fix)


def in_order(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Each finding once, by file, line and column."""
    return tuple(sorted(set(findings), key=lambda one: (one.mark.file, one.mark.line, one.mark.column, one.code, one.message)))


def did_you_mean(wrong: str, known: Iterable[str]) -> str:
    """`` Did you mean "housing"?`` when something known is close to ``wrong``, else what there is to choose from."""
    names = sorted(known) if isinstance(known, (set, frozenset)) else list(dict.fromkeys(known))
    close = difflib.get_close_matches(wrong, names, n=1, cutoff=0.6)
    if close:
        return f'Did you mean "{close[0]}"?'
    if not names:
        return "There is none here yet."
    shown = ", ".join(names[:12])
    return f"There is: {shown}{' …' if len(names) > 12 else ''}."


class DialogueErrors(CcmmError):
    """Dialogues that cannot run. ``findings`` holds everything that is wrong, not just the first thing."""

    def __init__(self, findings: Iterable[Finding]) -> None:
        self.findings = in_order(findings)
        super().__init__("\n".join(str(one) for one in self.findings))
