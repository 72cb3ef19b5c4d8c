"""A flag reaches somebody: at once where it is urgent, and step by step where nobody looks. On both databases."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from ccmm_bot.casework.desk.digest import Digest
from ccmm_bot.casework.desk.notices import GIVE_UP, LEASE, Notices
from ccmm_bot.casework.desk.watch import FlagWatch
from ccmm_bot.clock import BC, FixedClock
from ccmm_bot.dialogue.model import Severity
from ccmm_bot.messages import RefusedFinal, RefusedRetry, Sent, Unknown
from ccmm_bot.runtime import Runtime
from ccmm_bot.store.tables import (
    Agency,
    Flag,
    FlagEscalation,
    FlagStatus,
    Notification,
    NotificationStatus,
    Role,
)
from tests import new
from tests.conversation.support import MONDAY_NOON, rows, service, settings


def bc(text: str) -> datetime:
    """A moment on the clock of British Columbia, in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=BC).astimezone(UTC)


class Desk:
    """An agency with staff, and flags that are raised."""

    def __init__(self, runtime: Runtime, clock: FixedClock) -> None:
        self.runtime = runtime
        self.clock = clock
        self.watch = FlagWatch(runtime.database.runner, clock.now)
        self.notices = Notices(runtime.database.runner, clock.now)
        self.names: dict[str, str] = {"on_call": "on_call"}

    def agency(self, **values: Any) -> None:
        with self.runtime.store.installation(write=True) as session:
            agency = session.get_one(Agency, self.runtime.agency_id)
            for name, value in values.items():
                setattr(agency, name, value)
            session.add(agency)

    def staff(self, name: str, role: Role, **values: Any) -> UUID:
        row = new.staff(self.runtime.store, self.runtime.agency_id, role, name, email=f"{name}@example.org", **values)
        self.names[row.staff_id.hex] = name
        return row.staff_id

    def person(self, manager: UUID | None = None) -> UUID:
        store, agency = self.runtime.store, self.runtime.agency_id
        person = new.person(store, agency)
        if manager is not None:
            new.case(store, agency, person_id=person, case_manager_id=manager, opened_at=self.clock.now())
        return person

    def flag(self, reason: str, severity: Severity, person: UUID | None = None) -> UUID:
        whose = person or self.person()
        return new.flag(self.runtime.store, self.runtime.agency_id, whose, reason, at=self.clock.now(), severity=severity)

    def resolve(self, flag: UUID) -> None:
        with self.runtime.store.writing(self.runtime.agency_id) as session:
            row = session.get_one(Flag, flag)
            row.status = FlagStatus.RESOLVED
            session.add(row)

    def get(self, flag: UUID) -> Flag:
        return next(row for row in rows(self.runtime, Flag) if row.id == flag)

    def told(self, kind: str | None = None) -> list[str]:
        found = rows(self.runtime, Notification)
        return sorted(self.names[row.recipient] for row in found if kind in (None, row.kind))

    async def look(self) -> None:
        await self.watch.triage()
        await self.watch.escalate()


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(MONDAY_NOON)


@pytest.fixture
async def desk(database_url: str, tmp_path: Path, clock: FixedClock) -> AsyncIterator[Desk]:
    async with service(settings(database_url, tmp_path), clock) as runtime:
        yield Desk(runtime, clock)


@pytest.mark.parametrize(
    ("reason", "severity", "due"),
    [
        ("safety", Severity.URGENT, "2026-11-23 13:00"),
        ("no_safe_housing", Severity.HIGH, "2026-11-24 12:00"),
        ("new_needs", Severity.NORMAL, "2026-11-26 12:00"),
    ],
)
async def test_a_flag_gets_the_deadline_of_its_severity(desk: Desk, reason: str, severity: Severity, due: str) -> None:
    flag = desk.flag(reason, severity)
    await desk.look()
    assert desk.get(flag).due_at == bc(due)


async def test_a_deadline_runs_in_the_hours_of_the_agency(desk: Desk) -> None:
    desk.agency(office_hours="tue 10:00-12:00")
    flag = desk.flag("safety", Severity.URGENT)
    await desk.look()
    assert desk.get(flag).due_at == bc("2026-11-24 11:00")


async def test_a_rule_lifts_a_flag_that_was_raised_too_low(desk: Desk) -> None:
    flag = desk.flag("crisis", Severity.NORMAL)
    await desk.look()
    assert desk.get(flag).severity is Severity.URGENT


async def test_a_flag_belongs_to_the_case_manager_of_the_case(desk: Desk) -> None:
    manager = desk.staff("cm", Role.CASE_MANAGER)
    with_case, without = desk.flag("new_needs", Severity.NORMAL, desk.person(manager)), desk.flag("new_needs", Severity.NORMAL)
    await desk.look()
    assert desk.get(with_case).assigned_to == manager
    assert desk.get(with_case).case_id is not None
    assert desk.get(without).assigned_to is None


async def test_a_case_manager_who_has_left_is_assigned_nothing(desk: Desk) -> None:
    gone = desk.staff("gone", Role.CASE_MANAGER, active=False)
    flag = desk.flag("new_needs", Severity.NORMAL, desk.person(gone))
    await desk.look()
    assert desk.get(flag).assigned_to is None


async def test_of_an_urgent_flag_the_on_call_contact_hears_at_any_hour(desk: Desk) -> None:
    desk.agency(on_call_email="night@example.org")
    desk.clock.set(bc("2026-12-25 03:00"))
    manager = desk.staff("cm", Role.CASE_MANAGER)
    desk.flag("safety", Severity.URGENT, desk.person(manager))
    await desk.look()
    assert desk.told() == ["cm", "on_call"]
    assert {notice.to for notice in await desk.notices.claim()} == {"night@example.org", "cm@example.org"}


@pytest.mark.parametrize(
    ("roles", "told"),
    [
        ([Role.SUPERVISOR, Role.SUPERVISOR, Role.ADMINISTRATOR], ["0", "1"]),
        ([Role.ADMINISTRATOR, Role.CASE_MANAGER], ["0"]),
    ],
)
async def test_without_an_on_call_contact_others_stand_in(desk: Desk, roles: Sequence[Role], told: list[str]) -> None:
    for number, role in enumerate(roles):
        desk.staff(str(number), role)
    desk.flag("safety", Severity.URGENT)
    await desk.look()
    assert desk.told() == told


async def test_of_a_normal_flag_nobody_is_told_before_the_digest(desk: Desk) -> None:
    desk.agency(on_call_email="night@example.org")
    desk.staff("boss", Role.SUPERVISOR)
    desk.flag("new_needs", Severity.NORMAL)
    await desk.look()
    assert desk.told() == []


@pytest.mark.parametrize(
    ("raised", "told_at"),
    [
        ("2026-11-23 12:00", "2026-11-23 12:00"),
        ("2026-11-23 20:00", "2026-11-24 09:00"),
        ("2026-12-24 17:30", "2026-12-28 09:00"),  # Christmas, and a weekend
    ],
)
async def test_of_a_high_flag_the_case_manager_hears_as_soon_as_the_office_is_open(desk: Desk, raised: str, told_at: str) -> None:
    desk.agency(on_call_email="night@example.org")
    manager = desk.staff("cm", Role.CASE_MANAGER)
    desk.staff("boss", Role.SUPERVISOR)
    desk.clock.set(bc(raised))
    desk.flag("no_safe_housing", Severity.HIGH, desk.person(manager))
    await desk.look()
    assert desk.told() == ["cm"]
    (notice,) = rows(desk.runtime, Notification)
    assert notice.next_at == bc(told_at)
    desk.clock.set(bc(told_at))
    assert [each.to for each in await desk.notices.claim()] == ["cm@example.org"]


async def test_of_a_high_flag_without_a_case_manager_the_supervisors_hear(desk: Desk) -> None:
    desk.staff("boss", Role.SUPERVISOR)
    desk.flag("no_safe_housing", Severity.HIGH)
    await desk.look()
    assert desk.told() == ["boss"]


# --- the digest ---------------------------------------------------------------------------------------------------------------


async def digest(desk: Desk) -> dict[str, int]:
    """Whom the digest of now tells, and of how many flags."""
    await Digest(desk.runtime.database.runner, desk.clock.now).write()
    claimed = await desk.notices.claim()
    for notice in claimed:
        await desk.notices.settle(notice, Sent(provider_message_id="x"))
    return {notice.to.removesuffix("@example.org"): notice.flags for notice in claimed}


async def test_a_digest_counts_what_waits_for_each_reader_once_a_day(desk: Desk) -> None:
    manager, _other = desk.staff("cm", Role.CASE_MANAGER), desk.staff("other", Role.CASE_MANAGER)
    desk.staff("boss", Role.SUPERVISOR)
    person = desk.person(manager)
    flags = [desk.flag(reason, Severity.NORMAL, person) for reason in ("new_needs", "unreachable")]
    desk.flag("new_needs", Severity.NORMAL)  # nobody's
    await desk.look()
    desk.clock.set(bc("2026-11-24 08:59"))
    assert await digest(desk) == {}
    desk.clock.set(bc("2026-11-24 09:00"))
    assert await digest(desk) == {"cm": 2, "boss": 1}
    desk.resolve(flags[0])
    desk.clock.set(bc("2026-11-24 15:00"))
    assert await digest(desk) == {}, "once a day, whatever happens meanwhile"
    desk.clock.set(bc("2026-11-25 10:15"))
    assert await digest(desk) == {"cm": 1, "boss": 1}


async def test_a_digest_is_dropped_where_nothing_waits_any_more_when_it_goes_out(desk: Desk) -> None:
    manager = desk.staff("cm", Role.CASE_MANAGER)
    flag = desk.flag("new_needs", Severity.NORMAL, desk.person(manager))
    await desk.look()
    assert await Digest(desk.runtime.database.runner, desk.clock.now).write() == 1
    desk.resolve(flag)
    assert await desk.notices.claim() == []
    assert state(desk) is NotificationStatus.DROPPED


async def test_an_agency_whose_flags_are_all_resolved_gets_none(desk: Desk) -> None:
    desk.staff("boss", Role.SUPERVISOR)
    desk.resolve(desk.flag("new_needs", Severity.NORMAL))
    assert await digest(desk) == {}


async def test_when_nobody_looks_the_supervisors_hear_and_then_the_administrators_each_once(desk: Desk) -> None:
    desk.staff("boss", Role.SUPERVISOR)
    desk.staff("head", Role.ADMINISTRATOR)
    flag = desk.flag("no_safe_housing", Severity.HIGH)
    await desk.look()
    seen = []
    for _hour in range(24 * 7):
        desk.clock.set(desk.clock.now() + timedelta(hours=1))
        await desk.look()
        seen.append((*desk.told("level_1"), *desk.told("level_2")))
    assert list(dict.fromkeys(seen)) == [(), ("boss",), ("boss", "head")]
    steps = sorted(rows(desk.runtime, FlagEscalation), key=lambda row: row.level)
    assert [(row.level, row.missed_at, row.at) for row in steps] == [
        (1, bc("2026-11-24 12:00"), bc("2026-11-24 12:00")),
        (2, bc("2026-11-25 12:00"), bc("2026-11-25 12:00")),
    ]
    assert desk.get(flag).due_at == bc("2026-11-24 12:00"), "the deadline that was missed stays"
    assert desk.get(flag).escalate_at is None


async def test_a_flag_that_was_resolved_goes_no_further(desk: Desk) -> None:
    desk.staff("boss", Role.SUPERVISOR)
    flag = desk.flag("no_safe_housing", Severity.HIGH)
    await desk.look()
    desk.resolve(flag)
    desk.clock.set(desk.clock.now() + timedelta(days=30))
    await desk.look()
    assert desk.told() == ["boss"], "when it was raised, and never again"


async def test_a_flag_that_gets_worse_is_triaged_again(desk: Desk) -> None:
    desk.agency(on_call_email="night@example.org")
    flag = desk.flag("of_tomorrow", Severity.NORMAL)
    await desk.look()
    desk.clock.set(desk.clock.now() + timedelta(hours=2))
    with desk.runtime.store.writing(desk.runtime.agency_id) as session:
        row = session.get_one(Flag, flag)
        row.severity, row.due_at, row.last_at = Severity.URGENT, None, desk.clock.now()  # as the conversation's upsert does
        session.add(row)
    await desk.look()
    assert desk.get(flag).due_at == bc("2026-11-23 15:00")
    assert desk.told("raised") == ["on_call"]


async def test_looking_twice_changes_nothing(desk: Desk) -> None:
    desk.agency(on_call_email="night@example.org")
    desk.flag("safety", Severity.URGENT)
    await desk.look()
    assert (await desk.watch.triage(), await desk.watch.escalate()) == (0, 0)
    assert desk.told() == ["on_call"]


# --- notices on their way out -------------------------------------------------------------------------------------------------


@pytest.fixture
async def urgent(desk: Desk) -> UUID:
    """An urgent flag with one notice."""
    desk.agency(on_call_email="night@example.org")
    flag = desk.flag("safety", Severity.URGENT)
    await desk.look()
    return flag


def state(desk: Desk) -> NotificationStatus:
    return rows(desk.runtime, Notification)[0].status


async def test_a_notice_is_given_to_one_process_and_again_after_a_crash(desk: Desk, urgent: UUID) -> None:
    (first,) = await desk.notices.claim()
    assert await desk.notices.claim() == []
    desk.clock.set(desk.clock.now() + LEASE)
    (again,) = await desk.notices.claim()
    assert (again.id, again.attempts) == (first.id, 2)


async def test_a_notice_that_was_taken_is_done(desk: Desk, urgent: UUID) -> None:
    (notice,) = await desk.notices.claim()
    await desk.notices.settle(notice, Sent(provider_message_id="x"))
    desk.clock.set(desk.clock.now() + timedelta(days=1))
    assert await desk.notices.claim() == []
    assert state(desk) is NotificationStatus.SENT


@pytest.mark.parametrize("outcome", [RefusedRetry(code="451", reason="later", delay_s=1), Unknown(reason="SMTPServerDisconnected")])
async def test_a_notice_is_tried_again_where_it_may_not_have_arrived(
    desk: Desk, urgent: UUID, outcome: RefusedRetry | Unknown
) -> None:
    (notice,) = await desk.notices.claim()
    await desk.notices.settle(notice, outcome)
    desk.clock.set(desk.clock.now() + timedelta(seconds=5))
    (again,) = await desk.notices.claim()
    assert again.id == notice.id


async def test_a_notice_is_given_up_in_the_end(desk: Desk, urgent: UUID) -> None:
    desk.clock.set(desk.clock.now() + GIVE_UP + timedelta(minutes=1))
    (notice,) = await desk.notices.claim()
    await desk.notices.settle(notice, Unknown(reason="x"))
    assert state(desk) is NotificationStatus.FAILED


async def test_a_refusal_is_final(desk: Desk, urgent: UUID) -> None:
    (notice,) = await desk.notices.claim()
    await desk.notices.settle(notice, RefusedFinal(code="550", reason="no such reader"))
    assert state(desk) is NotificationStatus.FAILED
    assert rows(desk.runtime, Notification)[0].error_code == "550"


async def test_a_notice_is_dropped_when_somebody_has_looked_already(desk: Desk, urgent: UUID) -> None:
    desk.resolve(urgent)
    assert await desk.notices.claim() == []
    assert state(desk) is NotificationStatus.DROPPED


async def test_a_reader_without_an_address_is_no_reason_to_stop(desk: Desk, urgent: UUID) -> None:
    desk.agency(on_call_email=None)
    assert await desk.notices.claim() == []
    assert state(desk) is NotificationStatus.FAILED
