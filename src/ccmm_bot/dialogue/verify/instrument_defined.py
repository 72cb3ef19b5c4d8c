"""An instrument that a dialogue names is defined."""

from __future__ import annotations

from collections.abc import Iterator

from ccmm_bot.dialogue.findings import Finding, Rule, did_you_mean, finding
from ccmm_bot.dialogue.verify.scope import Scope

RULE = Rule(
    code="D307",
    title="An instrument that a dialogue names is defined, in the version it asks",
    why="Whoever counts the answers has to know what was asked, and how it is scored (CCMM report, evaluation).",
    fix="Write instruments/<name>.yaml beside the dialogues, and count both versions up together.",
)


def check(scope: Scope) -> Iterator[Finding]:
    """Only in a folder that defines instruments at all."""
    for dialogue in scope.examined if scope.instrument_files else ():
        name = dialogue.instrument
        if name is None or (name in scope.instrument_files and name not in scope.instruments):
            continue
        defined = scope.instruments.get(name)
        if defined is None:
            yield finding(RULE, dialogue.mark, f'the instrument "{name}" is not defined', did_you_mean(name, scope.instruments))
        elif dialogue.instrument_version != defined.version:
            message = f'"{name}" is asked in version {dialogue.instrument_version} and defined in version {defined.version}'
            yield finding(
                RULE, dialogue.mark, message, 'Write the same version; "instrument_version:" where the dialogue has another.'
            )
