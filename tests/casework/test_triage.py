"""What a flag is worth: every reason has a rule, and the rules say what they are meant to."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Any

import pytest

from ccmm_bot.casework.desk.flags import OPENED_WITH_REASON
from ccmm_bot.casework.triage import read_rules, triage
from ccmm_bot.conversation import apply, crisis, not_live, pace
from ccmm_bot.dialogue.effects import Flag
from ccmm_bot.dialogue.loader import load_program
from ccmm_bot.dialogue.model import RaiseFlag, Severity
from ccmm_bot.store import alarms
from ccmm_bot.web.words import WORDS
from tests.house.conftest import ROOT

DEADLINES: dict[str, Any] = {"urgent": {"hours": 1}, "high": {"days": 1}, "normal": {"days": 3}}


def raised_by_dialogues() -> set[tuple[str, Severity]]:
    """Every flag a dialogue of ours can raise, and as what."""
    states = [state for each in load_program(ROOT / "dialogues").dialogues.values() for state in each.states.values()]
    transitions = [one for state in states for one in (*state.next, state.on_timeout) if one is not None]
    actions = [action for state in states for action in state.actions] + [action for one in transitions for action in one.actions]
    return {(action.reason, action.severity) for action in actions if isinstance(action, RaiseFlag)}


def raised_by_code() -> Iterator[str]:
    """Reasons that are written in the code: at a ``Flag(…, reason="…")``, and in the tables the code takes them from."""
    for path in (ROOT / "src").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == Flag.__name__:
                for keyword in node.keywords:
                    if keyword.arg == "reason" and isinstance(keyword.value, ast.Constant):
                        yield str(keyword.value.value)
    yield from apply._HUMAN_FLAGS.values()
    yield from (heard.value for heard in pace.Heard if heard is not pace.Heard.NORMAL)
    yield from (alarms.NOT_SENT, alarms.NOT_KNOWN, alarms.SET_UP, not_live.REASON, crisis.REASON)
    yield from ("unreachable", OPENED_WITH_REASON)


def test_every_reason_in_a_dialogue_has_a_rule() -> None:
    raised = raised_by_dialogues()
    assert len(raised) > 20, "the flags were not found"
    assert {reason for reason, _ in raised} - triage().rules.keys() == set()


def test_every_reason_in_the_code_has_a_rule() -> None:
    raised = set(raised_by_code())
    assert {"content_for_staff", "crisis_words"} <= raised
    assert raised - triage().rules.keys() == set()


def test_no_rule_is_for_a_reason_that_nobody_raises() -> None:
    assert triage().rules.keys() - {reason for reason, _ in raised_by_dialogues()} - set(raised_by_code()) == set()


def test_a_dialogue_says_itself_what_its_flags_are_worth() -> None:
    # What an author reads in a dialogue is what staff see: no rule has to correct it.
    lifted = {(reason, raised) for reason, raised in raised_by_dialogues() if triage().severity(reason, raised) is not raised}
    assert lifted == set()


def test_every_reason_is_in_words_on_the_staff_pages() -> None:
    assert triage().rules.keys() - WORDS["reason"].keys() == set()


@pytest.mark.parametrize("reason", ["safety", "crisis", "crisis_words", "child_not_safe"])
def test_safety_and_crisis_are_urgent_however_they_are_raised(reason: str) -> None:
    assert triage().severity(reason, Severity.NORMAL) is Severity.URGENT


@pytest.mark.parametrize("reason", ["no_safe_housing", "not_enough_food", "no_basic_income", "mental_health_affected"])
def test_a_lost_basis_of_life_is_high_and_a_need_at_the_start_may_be_normal(reason: str) -> None:
    assert triage().rules[reason].severity is Severity.HIGH
    assert triage().severity(reason, Severity.HIGH) is Severity.HIGH
    assert triage().severity(reason, Severity.NORMAL) is Severity.NORMAL


@pytest.mark.parametrize("reason", ["new_needs", "asked_for_contact", "referral_not_received", "unreachable"])
def test_new_needs_and_wishes_are_normal(reason: str) -> None:
    assert triage().rules[reason].severity is Severity.NORMAL


def test_the_deadlines_are_an_hour_a_day_and_three_days() -> None:
    rules = triage()
    spans = {severity: (rules.deadline(severity).hours, rules.deadline(severity).days) for severity in Severity}
    assert spans == {Severity.URGENT: (1, 0), Severity.HIGH: (0, 1), Severity.NORMAL: (0, 3)}


def test_a_reason_of_another_version_stays_what_it_was_raised_as() -> None:
    assert triage().severity("of_tomorrow", Severity.HIGH) is Severity.HIGH


@pytest.mark.parametrize(
    ("entry", "says"),
    [
        ({"severity": "normal", "at_least": "urgent"}, "above the severity"),
        ({"severity": "grave"}, "grave"),
        ({"severity": "high", "until": "high"}, "until"),
    ],
)
def test_rules_that_cannot_be_meant_are_refused(entry: dict[str, str], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        read_rules({"deadlines": DEADLINES, "reasons": {"lost": entry}})
