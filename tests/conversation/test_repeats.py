"""A message that is delivered again changes nothing, wherever its sender's number leads by then."""

from __future__ import annotations

from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import update
from sqlalchemy.exc import IntegrityError

from ccmm_bot.casework.access.policy import Reader
from ccmm_bot.casework.caseload.ways import let_go
from ccmm_bot.messages import InboundMessage
from ccmm_bot.runtime import Runtime
from ccmm_bot.store import migrations
from ccmm_bot.store.tables import ContactPoint, Inbound, Outbox, Person, Role, Staff
from ccmm_bot.store.types import uuid7
from tests.conversation.support import MONDAY_NOON, Phone, rows, service, settings

FIRST, SECOND = "+16045550111", "+16045550122"


async def again(runtime: Runtime, message: InboundMessage) -> None:
    """Deliver it once more; nothing may come of it."""
    before = len(rows(runtime, Inbound)), len(rows(runtime, Outbox)), len(rows(runtime, Person))
    receipt = await runtime.receiver.receive(message)
    assert receipt.duplicate
    assert receipt.outbound == ()
    assert (len(rows(runtime, Inbound)), len(rows(runtime, Outbox)), len(rows(runtime, Person))) == before


async def test_a_number_that_was_let_go_starts_nothing_with_what_was_said_before(phone: Phone, runtime: Runtime) -> None:
    message = phone.message("hello")
    await phone.send(message)
    (point,) = rows(runtime, ContactPoint)
    with runtime.store.writing(runtime.agency_id) as session:
        staff = Staff(
            agency_id=runtime.agency_id, name="A. B.", email="s@example.org", role=Role.SUPERVISOR, password_hash="x", languages=[]
        )
        session.add(staff)
        reader = Reader(staff_id=staff.id, agency_id=runtime.agency_id, role=Role.SUPERVISOR, name="A. B.")
    let_go(runtime.store, reader, point.id, MONDAY_NOON)
    await again(runtime, message)
    await phone.say("hello")  # whoever has the number now is a stranger
    assert len(rows(runtime, Person)) == 2
    await again(runtime, message)


async def test_a_number_that_changed_is_known_under_the_old_one(phone: Phone, runtime: Runtime) -> None:
    message = phone.message("hello", external_user_id="US.1")
    await phone.send(message)
    changed = phone.message("1", sender=SECOND, external_user_id="US.1")
    await phone.send(changed)
    for each in (message, changed):
        await again(runtime, each)
        # A provider's list of what came names no business-scoped ids.
        await again(runtime, phone.message("?", sender=each.sender, provider_message_id=each.provider_message_id))


async def test_a_number_of_two_is_known_with_the_one_who_wrote(phone: Phone, runtime: Runtime) -> None:
    await phone.send(phone.message("hello", sender=FIRST, external_user_id="US.1"))
    await phone.send(phone.message("hello", sender=SECOND))
    hers = phone.message("1", sender=SECOND, external_user_id="US.1")
    await phone.send(hers)
    await phone.send(phone.message("1", sender=SECOND, external_user_id="US.1"))
    await again(runtime, hers)
    await again(runtime, phone.message("1", sender=SECOND, provider_message_id=hers.provider_message_id))


async def test_what_came_before_the_id_was_known_is_told_with_it(phone: Phone, runtime: Runtime) -> None:
    await phone.send(phone.message("hello", sender=FIRST, external_user_id="US.1"))
    message = phone.message("hello", sender=SECOND)
    await phone.send(message)
    await again(
        runtime, phone.message("hello", sender=SECOND, external_user_id="US.1", provider_message_id=message.provider_message_id)
    )


async def test_one_conversation_cannot_hold_a_message_twice(phone: Phone, runtime: Runtime) -> None:
    """The promise is the database's, whoever looked before and saw nothing."""
    await phone.say("hello")
    (kept,) = rows(runtime, Inbound)
    with pytest.raises(IntegrityError), runtime.store.writing(runtime.agency_id) as session:
        session.add(Inbound.model_validate(kept.model_dump() | {"id": uuid7()}))


async def test_a_store_of_before_keeps_its_messages_and_what_refers_to_them(sqlite_url: str, tmp_path: Path) -> None:
    """SQLite copies the table to take a constraint off it (migration 0025). References count again afterwards."""
    async with service(settings(sqlite_url, tmp_path)) as runtime:
        phone = Phone(runtime)
        messages = [phone.message("hello"), phone.message("1")]
        for message in messages:
            await phone.send(message)
        kept, sent = rows(runtime, Inbound), rows(runtime, Outbox)
        engine = runtime.store.engine
        with migrations.rebuilding(engine) as connection:
            command.downgrade(migrations.config(connection), "0024")
        migrations.upgrade(engine)
        assert migrations.differences(engine) == []
        assert rows(runtime, Inbound) == kept
        assert rows(runtime, Outbox) == sent
        for message in messages:
            await again(runtime, message)
        with pytest.raises(IntegrityError), runtime.store.writing(runtime.agency_id) as session:
            session.exec(update(Outbox).values(in_reply_to=uuid7()))
