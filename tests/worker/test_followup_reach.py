"""Where a follow-up begins: the person's own contact points, never another's, and only where something may be said."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from itertools import count
from uuid import UUID

from sqlmodel import select

from ccmm_bot.casework.followups.due import look
from ccmm_bot.clock import BC
from ccmm_bot.dialogue.session import Status
from ccmm_bot.followup.deciding import BeginIn
from ccmm_bot.messages import ChannelKind, InboundMessage
from ccmm_bot.runtime import Runtime
from ccmm_bot.store.tables import Case, Consent, ContactPoint, Conversation, FollowUp, FollowUpStatus, Person, PersonContactPoint
from tests.conversation.support import rows
from tests.standins.fixtures import SMS_FROM, WHATSAPP_FROM
from tests.worker.conftest import ShiftedClock

PERSON = "+16045550111"
_numbers = count(1)


async def wrote(runtime: Runtime, channel: ChannelKind, account: str) -> str:
    message = InboundMessage(
        channel=channel,
        account=account,
        provider_message_id=f"re-{next(_numbers)}",
        sender=PERSON,
        received_at=runtime.clock.now(),
        text="hello",
    )
    return (await runtime.receiver.receive(message)).conversation_id


async def on_two_channels(runtime: Runtime, clock: ShiftedClock) -> tuple[UUID, str, str]:
    """One person who wrote by SMS and later by WhatsApp; days have gone by. (person, by SMS, by WhatsApp)"""
    by_sms = await wrote(runtime, ChannelKind.SMS, SMS_FROM)
    clock.shift += timedelta(minutes=1)
    by_whatsapp = await wrote(runtime, ChannelKind.WHATSAPP, WHATSAPP_FROM)
    clock.shift += timedelta(days=3)
    person = next(row.person_id for row in rows(runtime, Conversation) if str(row.id) == by_sms)
    with runtime.store.writing(runtime.agency_id) as session:
        other = session.get(Conversation, UUID(by_whatsapp))
        assert other is not None
        other.person_id = person
        session.add(other)
        session.add(PersonContactPoint(agency_id=runtime.agency_id, person_id=person, contact_point_id=other.contact_point_id))
        for link in rows(runtime, PersonContactPoint):
            if link.contact_point_id == other.contact_point_id and link.person_id != person:
                found = session.get(PersonContactPoint, link.id)
                assert found is not None
                found.current = False
                session.add(found)
    return person, by_sms, by_whatsapp


async def decided(
    runtime: Runtime, person: UUID, *, kind: str = "follow_up_3_month", exit_in: timedelta | None = None
) -> str | None:
    """The conversation a follow-up that is due now begins in, or why in none. ``exit_in``: how far the exit of the case is away."""
    now = runtime.clock.now()
    with runtime.store.writing(runtime.agency_id) as session:
        known = session.get(Person, person)
        assert known is not None
        known.name = "A. M."
        session.add(known)
        for row in session.exec(select(Conversation)):
            row.status = Status.IDLE  # what she wrote a while ago has run out
            session.add(row)
        exit_date = None if exit_in is None else (now + exit_in).astimezone(BC).date()
        case = Case(agency_id=runtime.agency_id, person_id=person, opened_at=now, exit_date=exit_date)
        session.add(case)
        session.flush()
        follow_up = FollowUp(
            agency_id=runtime.agency_id,
            case_id=case.id,
            person_id=person,
            kind=kind,
            due_at=now,
            status=FollowUpStatus.DUE,
        )
        session.add(follow_up)
        key = follow_up.id
    for _ in range(3):
        decision = await runtime.database.runner.across(partial(look, key.hex, now))
        if isinstance(decision, BeginIn):
            return str(UUID(hex=decision.conversation))
        waiting = next(each for each in rows(runtime, FollowUp) if each.id == key)
        if waiting.reason is not None or waiting.wake_at is None:
            return waiting.reason
        now = waiting.wake_at  # only the hour was not right
    return "never decided"


def agree(runtime: Runtime, person: UUID, *, given: bool = True) -> None:
    with runtime.store.writing(runtime.agency_id) as session:
        session.add(Consent(agency_id=runtime.agency_id, person_id=person, kind="contact", given=given, at=runtime.clock.now()))


async def test_where_whatsapp_is_shut_it_is_the_next_contact_point_of_the_same_person_with_her_consent(
    runtime: Runtime, clock: ShiftedClock
) -> None:
    person, by_sms, _ = await on_two_channels(runtime, clock)
    assert await decided(runtime, person) == "no_template"
    agree(runtime, person)
    assert await decided(runtime, person) == by_sms


async def test_inside_the_window_it_is_where_she_wrote_last(runtime: Runtime, clock: ShiftedClock) -> None:
    person, _, by_whatsapp = await on_two_channels(runtime, clock)
    await wrote(runtime, ChannelKind.WHATSAPP, WHATSAPP_FROM)
    assert await decided(runtime, person) == by_whatsapp


async def test_nobody_who_refused_is_written_to(runtime: Runtime, clock: ShiftedClock) -> None:
    person, _, _ = await on_two_channels(runtime, clock)
    agree(runtime, person, given=False)
    assert await decided(runtime, person) == "no_consent"


async def test_a_phone_that_somebody_else_uses_as_well_is_never_taken(runtime: Runtime, clock: ShiftedClock) -> None:
    person, by_sms, _ = await on_two_channels(runtime, clock)
    agree(runtime, person)
    point = next(row.contact_point_id for row in rows(runtime, Conversation) if str(row.id) == by_sms)
    with runtime.store.writing(runtime.agency_id) as session:
        parent = Person(agency_id=runtime.agency_id, code="C2-CCCC", created_at=runtime.clock.now())
        session.add(parent)
        session.flush()
        session.add(PersonContactPoint(agency_id=runtime.agency_id, person_id=parent.id, contact_point_id=point))
    assert await decided(runtime, person) == "no_template"


async def test_one_who_opted_out_there_is_not_written_to_there(runtime: Runtime, clock: ShiftedClock) -> None:
    person, by_sms, _ = await on_two_channels(runtime, clock)
    agree(runtime, person)
    point = next(row.contact_point_id for row in rows(runtime, Conversation) if str(row.id) == by_sms)
    with runtime.store.writing(runtime.agency_id) as session:
        found = session.get(ContactPoint, point)
        assert found is not None
        found.opted_out_at = runtime.clock.now()
        session.add(found)
    assert await decided(runtime, person) == "opted_out"


async def test_nobody_is_asked_how_the_service_begins_once_it_has_ended(runtime: Runtime, clock: ShiftedClock) -> None:
    person, _, by_whatsapp = await on_two_channels(runtime, clock)
    await wrote(runtime, ChannelKind.WHATSAPP, WHATSAPP_FROM)
    assert await decided(runtime, person, kind="entry_survey", exit_in=timedelta(days=20)) == by_whatsapp
    assert await decided(runtime, person, kind="entry_survey", exit_in=timedelta()) == "exited"
    assert await decided(runtime, person, kind="exit_survey", exit_in=timedelta()) == by_whatsapp
