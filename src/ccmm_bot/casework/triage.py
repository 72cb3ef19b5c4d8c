"""What a flag is worth and until when a human should have looked: the rules of ``triage.toml``."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any, Final

from ccmm_bot.dialogue.model import Severity
from ccmm_bot.followup.deadlines import Deadline

_RANK: Final = {Severity.NORMAL: 0, Severity.HIGH: 1, Severity.URGENT: 2}


@dataclass(frozen=True, slots=True)
class Rule:
    """What one reason is worth. ``at_least``: as low as a dialogue may raise it."""

    severity: Severity
    at_least: Severity


@dataclass(frozen=True, slots=True, kw_only=True)
class Triage:
    """All rules."""

    rules: Mapping[str, Rule]
    deadlines: Mapping[Severity, Deadline]

    def severity(self, reason: str, raised: Severity) -> Severity:
        """What a flag raised as ``raised`` is worth. A reason without a rule (of an older version) stays as it was raised."""
        rule = self.rules.get(reason)
        return raised if rule is None else max(raised, rule.at_least, key=_RANK.__getitem__)

    def deadline(self, severity: Severity) -> Deadline:
        """How long somebody may take to look, and each time again before the next one up is told."""
        return self.deadlines[severity]


@cache
def triage() -> Triage:
    """The rules of this version."""
    text = (resources.files("ccmm_bot.casework") / "triage.toml").read_text(encoding="utf-8")
    return read_rules(tomllib.loads(text))


def read_rules(data: Mapping[str, Any]) -> Triage:
    """Rules out of a parsed file. Raises ``ValueError`` for an ``at_least`` above the severity, or a word that is not known."""
    rules = {reason: _rule(reason, entry) for reason, entry in data["reasons"].items()}
    deadlines = {severity: Deadline(**data["deadlines"][severity.value]) for severity in Severity}
    return Triage(rules=rules, deadlines=deadlines)


def _rule(reason: str, entry: Mapping[str, str]) -> Rule:
    if unknown := entry.keys() - {"severity", "at_least"}:
        raise ValueError(f"{reason}: {', '.join(sorted(unknown))} is not known here")
    severity = Severity(entry["severity"])
    rule = Rule(severity, Severity(entry.get("at_least", severity)))
    if _RANK[rule.at_least] > _RANK[rule.severity]:
        raise ValueError(f"{reason}: at_least is above the severity")
    return rule
