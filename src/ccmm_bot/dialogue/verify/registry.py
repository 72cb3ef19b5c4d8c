"""All checks, by the stage they belong to. A check is one module with a ``RULE`` and a ``check``."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final, Protocol, cast

from ccmm_bot.dialogue import rules
from ccmm_bot.dialogue.findings import Finding, Rule
from ccmm_bot.dialogue.verify import (
    assigned,
    calls_end,
    calls_exist,
    can_be_skipped,
    commands_work,
    consent_asked,
    consent_dominates,
    consent_works,
    dialogues_used,
    directories_exist,
    ends,
    fits,
    gate_closed,
    gate_shape,
    identity_first,
    instrument_agrees,
    instrument_asked,
    instrument_defined,
    instruments_alike,
    items_used,
    last_unguarded,
    neutral_opening,
    nothing_after_unguarded,
    one_definition,
    operators_fit,
    options_apart,
    options_no_commands,
    program_roles,
    reachable,
    report_guarded,
    shared_used,
    slots_equal,
    slots_known,
    subjects_known,
    taken,
    targets_exist,
    text_clean,
    times_out,
    titled,
    translated,
    values_fit,
    visits_needed,
    walked,
    why_told,
)
from ccmm_bot.dialogue.verify.scope import Scope


class _Module(Protocol):
    RULE: Rule

    @staticmethod
    def check(scope: Scope) -> Iterator[Finding]:
        """Every breach of the rule."""


@dataclass(frozen=True, slots=True)
class Check:
    """One check as the registry knows it."""

    rule: Rule
    check: Callable[[Scope], Iterator[Finding]]


def _stage(*modules: object) -> tuple[Check, ...]:
    return tuple(Check(cast("_Module", module).RULE, cast("_Module", module).check) for module in modules)


#: A dialogue that fails a stage is not looked at by the next: a wrong name makes every proof about paths meaningless.
STAGES: Final = (
    _stage(
        targets_exist,
        calls_exist,
        subjects_known,
        directories_exist,
        last_unguarded,
        nothing_after_unguarded,
        one_definition,
        instrument_defined,
        program_roles,
    ),
    _stage(instrument_agrees, instruments_alike, reachable, ends, calls_end, operators_fit, values_fit, gate_shape, consent_asked),
    _stage(instrument_asked, visits_needed, times_out, assigned, taken, items_used, dialogues_used, shared_used),
    _stage(
        consent_dominates,
        gate_closed,
        identity_first,
        neutral_opening,
        why_told,
        can_be_skipped,
        commands_work,
        consent_works,
        report_guarded,
        titled,
    ),
)

#: These need nothing but well-formed texts.
TEXTS: Final = _stage(text_clean, slots_known, slots_equal, translated, fits, options_apart, options_no_commands)

CHECKS: Final = (*(one for stage in STAGES for one in stage), *TEXTS)

#: Every rule there is, of form and of meaning and of the walk, by code.
RULES: Final[dict[str, Rule]] = {
    rule.code: rule for rule in sorted((*rules.FORM, *(one.rule for one in CHECKS), walked.RULE), key=lambda rule: rule.code)
}
