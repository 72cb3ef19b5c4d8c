"""What is done with a follow-up whose moment has come."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest

from ccmm_bot.clock import BC
from ccmm_bot.followup.deciding import PATIENCE, BeginIn, Point, Settle, Situation, Wait, decide, wait_for
from ccmm_bot.followup.hours import SafeHours, next_moment
from ccmm_bot.followup.kinds import KINDS

NOON = datetime(2026, 11, 24, 19, tzinfo=UTC)  # a Tuesday, 12:00 in British Columbia
HERS = Point(conversation="hers", channel="sms", agreed=True, last_inbound_at=NOON - timedelta(days=30))
OLDER = replace(HERS, conversation="older", last_inbound_at=NOON - timedelta(days=300))
FAMILY = replace(HERS, conversation="family", shared=True, last_inbound_at=NOON)


def at(*points: Point, **more: Any) -> Situation:
    values: dict[str, Any] = {
        "id": "f1",
        "kind": KINDS["follow_up_3_month"],
        "status": "due",
        "due_at": NOON,
        "waiting_since": None,
        "reason": None,
        "now": NOON,
        "zone": BC,
        "points": points or (HERS,),
    }
    return Situation(**(values | more))


def test_it_begins_where_she_wrote_last_on_a_phone_of_her_own() -> None:
    assert decide(at(OLDER, FAMILY, HERS)) == BeginIn("hers")


def test_a_shared_phone_comes_first_only_where_there_is_no_other() -> None:
    assert decide(at(FAMILY)) == BeginIn("family")


def test_in_quiet_hours_it_waits_for_the_next_allowed_ones() -> None:
    night = NOON + timedelta(hours=12)
    found = decide(at(now=night))
    assert isinstance(found, Wait)
    assert next_moment(found.until, BC) == found.until > night


def test_safe_hours_are_waited_for() -> None:
    found = decide(at(replace(HERS, safe=SafeHours(time(15), time(16)))))
    assert isinstance(found, Wait)
    assert found.until.astimezone(BC).hour == 15


@pytest.mark.parametrize(("what", "reason"), [({"busy": True}, "busy"), ({"human": True}, "human")])
def test_nobody_gets_two_conversations_at_once(what: dict[str, Any], reason: str) -> None:
    found = decide(at(HERS, replace(OLDER, **what)))
    assert isinstance(found, Wait)
    assert found.reason == reason


def test_waiting_has_a_bound_and_is_reported() -> None:
    long_ago = NOON - PATIENCE - timedelta(hours=1)
    found = decide(at(replace(HERS, busy=True), reason="busy", waiting_since=long_ago))
    assert found == Settle("missed", "busy", flag="follow_up_missed")


def test_a_missing_name_or_dialogue_is_waited_for_and_reported() -> None:
    assert decide(at(named=False)) == Wait(NOON + timedelta(days=1), "no_name")
    assert wait_for(at(), "no_dialogue") == Wait(NOON + timedelta(days=1), "no_dialogue")
    old = at(reason="no_dialogue", waiting_since=NOON - PATIENCE - timedelta(days=1))
    assert decide(old) == Settle("missed", "no_dialogue", flag="follow_up_missed")


def test_a_date_already_past_is_sent_and_one_long_past_is_reported() -> None:
    late = KINDS["follow_up_3_month"].late
    assert decide(at(due_at=NOON - late)) == BeginIn("hers")
    assert decide(at(due_at=NOON - late - timedelta(seconds=1))) == Settle("missed", "too_late", flag="follow_up_missed")


def test_after_silence_one_other_contact_point_of_her_own_that_she_agreed_to() -> None:
    silent = {"status": "unreachable", "tried": {"hers"}}
    assert decide(at(HERS, OLDER, **silent)) == BeginIn("older")
    for unfit in (
        replace(OLDER, shared=True),
        replace(OLDER, agreed=False),
        replace(OLDER, never=True),
        replace(OLDER, opted_out=True),
    ):
        assert decide(at(HERS, unfit, **silent)) == Settle("unreachable", "no_answer", flag="unreachable")


def test_after_two_contact_points_a_human_takes_over() -> None:
    third = replace(OLDER, conversation="third")
    found = decide(at(HERS, OLDER, third, status="unreachable", tried={"hers", "older"}))
    assert found == Settle("unreachable", "no_answer", flag="unreachable")


@pytest.mark.parametrize("status", ["answered", "partly_answered", "declined"])
def test_an_answer_clears_its_group(status: str) -> None:
    assert decide(at(status=status)) == Settle(None, None, clears=True)


@pytest.mark.parametrize(
    ("points", "reason"),
    [((), "no_contact"), ((replace(HERS, opted_out=True),), "opted_out"), ((replace(HERS, never=True),), "not_safe")],
)
def test_who_cannot_be_written_to_is_reported_with_the_reason(points: tuple[Point, ...], reason: str) -> None:
    assert decide(replace(at(), points=points)) == Settle("unreachable", reason, flag="unreachable")


def test_no_consent_to_contact_ends_it() -> None:
    found = decide(at(refused=True))
    assert isinstance(found, Settle)
    assert (found.status, found.reason) == ("cancelled", "no_consent")


@pytest.mark.parametrize("kind", ["entry_survey", "quarterly_check_in"])
def test_what_is_about_the_service_is_not_begun_once_the_service_has_ended(kind: str) -> None:
    waited = at(kind=KINDS[kind], exited=True, reason="busy", waiting_since=NOON - timedelta(days=3))
    assert decide(waited) == Settle("cancelled", "exited")
    assert decide(at(kind=KINDS["exit_survey"], exited=True)) == BeginIn("hers")
    assert decide(at(kind=KINDS["follow_up_3_month"], exited=True)) == BeginIn("hers")


def test_nobody_is_asked_on_another_phone_about_a_service_that_has_ended() -> None:
    silent = {"kind": KINDS["entry_survey"], "status": "unreachable", "tried": {"hers"}}
    assert decide(at(HERS, OLDER, **silent)) == BeginIn("older")
    assert decide(at(HERS, OLDER, exited=True, **silent)) == Settle("unreachable", "no_answer", flag="unreachable")
