"""What WhatsApp does not take goes to the same person by another way of hers, with her consent, once and in order."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from itertools import count
from pathlib import Path
from uuid import UUID

import pytest
from sqlmodel import select

from ccmm_bot.channels.registry import Channels
from ccmm_bot.channels.twilio.send import TwilioChannel
from ccmm_bot.messages import ChannelKind, DeliveryStatus, InboundMessage
from ccmm_bot.runtime import Runtime, open_runtime
from ccmm_bot.store.moving import MOVE_AFTER
from ccmm_bot.store.tables import (
    Audit,
    ChannelAccount,
    Consent,
    ContactPoint,
    ContactSafety,
    Conversation,
    Outbox,
    Person,
    PersonContactPoint,
    Purpose,
)
from ccmm_bot.worker.sender import Sender
from tests.conversation.support import PROGRAM, rows, settings
from tests.standins.fixtures import SMS_FROM, WHATSAPP_FROM, twilio_account
from tests.standins.twilio_api import TwilioStandin
from tests.worker.conftest import ShiftedClock, noon
from tests.worker.test_sender import staff
from tests.worker.test_window import approve

WHATSAPP, SMS = "+16045550111", "+16045550122"
_numbers = count(1)


@pytest.fixture
def clock() -> ShiftedClock:
    return noon()


@pytest.fixture
def dialogues() -> Path:
    """A test's may be others."""
    return PROGRAM


@pytest.fixture
async def runtime(
    twilio: TwilioStandin,
    sms: TwilioChannel,
    whatsapp: TwilioChannel,
    database_url: str,
    tmp_path: Path,
    clock: ShiftedClock,
    dialogues: Path,
) -> AsyncIterator[Runtime]:
    channels = Channels([sms, whatsapp])
    channels.add_twilio(twilio_account(twilio.url))
    async with open_runtime(settings(database_url, tmp_path, dialogues), clock=clock, channels=channels) as opened:
        yield opened


@pytest.fixture
async def sender(runtime: Runtime) -> AsyncIterator[Sender]:
    sender = Sender(runtime.outbox, runtime.channels, runtime.clock.now, sweep_every_s=3600)
    await sender.start()
    runtime.receiver.on_commit = sender.on_commit
    yield sender
    await sender.stop()


async def write(runtime: Runtime, sender: Sender, channel: ChannelKind, text: str = "hello") -> UUID:
    """She writes; her conversation there."""
    on_whatsapp = channel is ChannelKind.WHATSAPP
    receipt = await runtime.receiver.receive(
        InboundMessage(
            channel=channel,
            account=WHATSAPP_FROM if on_whatsapp else SMS_FROM,
            provider_message_id=f"in-{next(_numbers)}",
            sender=WHATSAPP if on_whatsapp else SMS,
            received_at=runtime.clock.now(),
            text=text,
        )
    )
    await sender.idle()
    return UUID(receipt.conversation_id)


def consent(
    runtime: Runtime, person: UUID, clock: ShiftedClock, kind: str, *, given: bool, conversation: UUID | None = None
) -> Consent:
    """What she said."""
    at = clock.now()
    return Consent(agency_id=runtime.agency_id, person_id=person, conversation_id=conversation, kind=kind, given=given, at=at)


class Ways:
    """One person with WhatsApp and a phone for text messages; both were used days ago, and WhatsApp's window is shut."""

    def __init__(self, runtime: Runtime, sender: Sender, whatsapp: UUID, sms: UUID) -> None:
        self.runtime, self.sender, self.whatsapp, self.sms = runtime, sender, whatsapp, sms

    async def staff_write(self, *texts: str) -> None:
        for text in texts:
            await self.runtime.receiver.reply_as_human(str(self.whatsapp), text, str(staff(self.runtime)))
        await self.sender.idle()

    async def look(self) -> None:
        """The next two looks of any process: the first moves, the second sends."""
        await self.sender.sweep()
        await self.sender.idle()

    def written(self, conversation: UUID) -> list[Outbox]:
        by_staff = [row for row in rows(self.runtime, Outbox) if row.conversation_id == conversation and row.written_by is not None]
        return sorted(by_staff, key=lambda row: row.seq)


@pytest.fixture
async def ways(runtime: Runtime, sender: Sender, twilio: TwilioStandin, clock: ShiftedClock) -> Ways:
    sms = await write(runtime, sender, ChannelKind.SMS)
    whatsapp = await write(runtime, sender, ChannelKind.WHATSAPP)
    with runtime.store.writing(runtime.agency_id) as session:
        here, there = session.get(Conversation, whatsapp), session.get(Conversation, sms)
        assert here is not None
        assert there is not None
        link = session.exec(select(PersonContactPoint).where(PersonContactPoint.contact_point_id == there.contact_point_id)).one()
        link.person_id = there.person_id = here.person_id
        session.add_all([there, link, consent(runtime, here.person_id, clock, "service", given=True, conversation=sms)])
    clock.shift += timedelta(days=2)
    twilio.closed.add(f"whatsapp:{WHATSAPP}")
    return Ways(runtime, sender, whatsapp, sms)


def texts(twilio: TwilioStandin, to: str) -> list[str]:
    return [message.body for message in twilio.to(to)]


async def test_where_we_cannot_even_knock_it_goes_another_way_at_once(
    ways: Ways, runtime: Runtime, twilio: TwilioStandin, clock: ShiftedClock
) -> None:
    await ways.staff_write("First of two.", "Second of two.")
    clock.shift += timedelta(seconds=11)
    await ways.look()
    assert texts(twilio, SMS)[-2:] == ["First of two.", "Second of two."]
    assert [(row.status, row.error_code) for row in ways.written(ways.whatsapp)] == [(DeliveryStatus.SUPPRESSED, "moved")] * 2
    assert {row.purpose for row in ways.written(ways.sms)} == {Purpose.UNPROMPTED}
    assert [entry.action for entry in rows(runtime, Audit)].count("message.moved") == 2
    there = next(row for row in rows(runtime, Conversation) if row.id == ways.sms)
    assert there.human_since is not None, "her answer goes to whoever wrote"


async def test_a_knock_has_a_day_to_be_heard_then_it_goes_another_way_once(
    ways: Ways, runtime: Runtime, twilio: TwilioStandin, whatsapp: TwilioChannel, clock: ShiftedClock
) -> None:
    await approve(runtime, twilio, whatsapp)
    before = len(texts(twilio, SMS))
    await ways.staff_write("First of two.", "Second of two.")
    await ways.look()
    assert len(texts(twilio, SMS)) == before
    clock.shift += MOVE_AFTER + timedelta(minutes=1)
    others = [Sender(runtime.outbox, runtime.channels, clock.now, sweep_every_s=3600) for _ in range(3)]
    for other in others:
        await other.start()
    await asyncio.gather(*(each.sweep() for each in (ways.sender, *others)))
    clock.shift += timedelta(seconds=11)
    await asyncio.gather(*(each.sweep() for each in (ways.sender, *others)))
    for other in (ways.sender, *others):
        await other.idle()
    await asyncio.gather(*(other.stop() for other in others))
    assert texts(twilio, SMS)[before:] == ["First of two.", "Second of two."]
    twilio.closed.clear()
    await write(runtime, ways.sender, ChannelKind.WHATSAPP, "I am here")
    await ways.look()
    assert "First of two." not in texts(twilio, f"whatsapp:{WHATSAPP}")


async def test_who_hears_the_knock_gets_it_there_although_a_human_talks_and_the_bot_is_silent(
    ways: Ways, runtime: Runtime, twilio: TwilioStandin, whatsapp: TwilioChannel, clock: ShiftedClock
) -> None:
    await approve(runtime, twilio, whatsapp)
    await ways.staff_write("First of two.", "Second of two.")
    clock.shift += timedelta(hours=3)
    twilio.closed.clear()
    await write(runtime, ways.sender, ChannelKind.WHATSAPP, "I am here")
    await ways.look()
    assert texts(twilio, f"whatsapp:{WHATSAPP}")[-2:] == ["First of two.", "Second of two."]
    clock.shift += MOVE_AFTER + timedelta(days=1)
    await ways.look()
    assert "First of two." not in texts(twilio, SMS)


@pytest.mark.parametrize("dialogues", [Path(__file__).resolve().parents[2] / "dialogues"])
async def test_nothing_that_waits_goes_to_a_phone_that_she_calls_unsafe_meanwhile(
    ways: Ways, runtime: Runtime, twilio: TwilioStandin, whatsapp: TwilioChannel, clock: ShiftedClock
) -> None:
    await approve(runtime, twilio, whatsapp)
    await ways.staff_write("Are you there?")
    clock.shift += timedelta(hours=3)
    twilio.closed.clear()
    await write(runtime, ways.sender, ChannelKind.WHATSAPP, "quiet")
    clock.shift += MOVE_AFTER + timedelta(days=1)
    await ways.look()
    assert [(row.status, row.error_code) for row in ways.written(ways.whatsapp)] == [(DeliveryStatus.SUPPRESSED, "not_safe")]
    assert not ways.written(ways.sms)


@pytest.mark.parametrize(
    "hindrance",
    ["shared", "somebody else's", "handed on", "unsafe", "opted out", "never agreed", "refused", "sender off", "no safe hour"],
)
async def test_it_never_goes_where_it_may_not(
    ways: Ways, runtime: Runtime, twilio: TwilioStandin, clock: ShiftedClock, hindrance: str
) -> None:
    with runtime.store.writing(runtime.agency_id) as session:
        there = session.get_one(Conversation, ways.sms)
        point = session.get_one(ContactPoint, there.contact_point_id)
        link = session.exec(select(PersonContactPoint).where(PersonContactPoint.contact_point_id == point.id)).one()
        (agreed,) = session.exec(select(Consent)).all()
        account = session.get_one(ChannelAccount, point.account_id)
        match hindrance:
            case "shared":
                point.shared = True
            case "somebody else's":
                other = Person(agency_id=runtime.agency_id, code="K7-0000", created_at=clock.now())
                session.add(other)
                session.flush()
                session.add(PersonContactPoint(agency_id=runtime.agency_id, person_id=other.id, contact_point_id=point.id))
            case "handed on":
                link.current = False
            case "unsafe":
                point.safety = ContactSafety.NEVER
            case "opted out":
                point.opted_out_at = clock.now()
            case "never agreed":
                session.delete(agreed)
            case "refused":
                session.add(consent(runtime, there.person_id, clock, "contact", given=False))
            case "sender off":
                account.active = False
            case _:  # no safe hour
                point.safe_from, point.safe_until = 60, 120  # from one to two at night
        session.add_all([point, link, account])
    before = len(twilio.messages)
    await ways.staff_write("Are you there?")
    clock.shift += timedelta(days=20)
    await ways.look()
    assert len(twilio.messages) == before
    assert [(row.status, row.error_code) for row in ways.written(ways.whatsapp)] == [(DeliveryStatus.SUPPRESSED, "no_template")]


async def test_we_start_there_so_it_waits_for_the_sending_hours(ways: Ways, twilio: TwilioStandin, clock: ShiftedClock) -> None:
    clock.shift += timedelta(hours=12)  # midnight
    await ways.staff_write("Are you there?")
    clock.shift += timedelta(seconds=11)
    await ways.look()
    assert "Are you there?" not in texts(twilio, SMS)
    clock.shift += timedelta(hours=10)
    await ways.look()
    assert texts(twilio, SMS)[-1] == "Are you there?"
