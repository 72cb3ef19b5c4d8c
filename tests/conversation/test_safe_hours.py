"""Safe hours of a contact point: what we start goes out inside both them and the sending hours; an answer goes out at any hour."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlmodel import select

from ccmm_bot.clock import FixedClock
from ccmm_bot.messages import DeliveryStatus, Sent
from ccmm_bot.runtime import Runtime
from ccmm_bot.store.tables import ContactPoint, Outbox
from tests.conversation.support import Phone, claim, rows
from tests.transcripts.scripts import FOLDER, Move, read
from tests.transcripts.stage import open_stage

#: 15:00 on the Monday in British Columbia; the clock stands at 12:00.
THREE = datetime(2026, 11, 23, 22, 0, tzinfo=UTC)


def safe(runtime: Runtime, start: int, end: int) -> None:
    """Somebody writes down the hours, on the person's clock."""
    with runtime.store.writing(runtime.agency_id) as session:
        point = session.exec(select(ContactPoint)).one()
        point.safe_from, point.safe_until = start * 60, end * 60
        session.add(point)


async def talked(phone: Phone, runtime: Runtime) -> None:
    """A conversation that has come to its end, with everything said in it sent."""
    await phone.say("hello", "1", "words", "1", "1")
    for receipt in phone.receipts:
        for message in await claim(runtime, receipt.outbound):
            await runtime.outbox.mark(message.id, Sent(provider_message_id=message.id))


async def test_what_was_begun_before_somebody_wrote_them_down_waits_for_them(
    phone: Phone, runtime: Runtime, clock: FixedClock
) -> None:
    await talked(phone, runtime)
    receipt = await runtime.receiver.begin(phone.conversation_id, "check_in", {})
    safe(runtime, 15, 17)
    assert await claim(runtime, receipt.outbound) == []
    assert rows(runtime, Outbox)[-1].not_before == THREE
    clock.set(THREE)
    assert len(await claim(runtime, receipt.outbound)) == 1


async def test_what_is_begun_outside_of_them_waits_for_them(phone: Phone, runtime: Runtime, clock: FixedClock) -> None:
    await talked(phone, runtime)
    safe(runtime, 15, 17)
    receipt = await runtime.receiver.begin(phone.conversation_id, "check_in", {})
    assert (receipt.outbound, receipt.rejected) == ((), None)
    assert rows(runtime, Outbox)[-1].not_before == THREE
    clock.set(THREE + timedelta(hours=2))
    assert await runtime.outbox.claim([str(rows(runtime, Outbox)[-1].id)], "test", 60) == []


async def test_hours_that_leave_us_none_stop_what_we_start_and_no_answer(phone: Phone, runtime: Runtime) -> None:
    await talked(phone, runtime)
    receipt = await runtime.receiver.begin(phone.conversation_id, "check_in", {})
    safe(runtime, 1, 3)
    assert await claim(runtime, receipt.outbound) == []
    stopped = rows(runtime, Outbox)[-1]
    assert (stopped.status, stopped.error_code) == (DeliveryStatus.SUPPRESSED, "not_safe")
    await phone.say("hello")
    answer = phone.receipts[-1].outbound
    assert len(await claim(runtime, answer)) == len(answer) > 0


@pytest.mark.parametrize(
    ("said", "before", "after"),
    [(["yes"], False, True), (["no"], False, False), (["yes", "back", "no"], False, False), (["no"], True, True)],
)
async def test_who_says_that_others_use_the_phone_has_a_shared_one(
    database_url: str, tmp_path: Path, said: list[str], before: bool, after: bool
) -> None:
    script = read(FOLDER / "en" / "household.txt")
    asked = next(number for number, move in enumerate(script.moves) if move.line == "> yes")
    script.moves[asked:] = [Move(line=f"> {word}", number=0) for word in said]
    async with open_stage(tmp_path, database_url, script) as stage:
        with stage.runtime.store.writing(stage.runtime.agency_id) as session:
            point = session.exec(select(ContactPoint)).one()
            point.shared = before
            session.add(point)
        await stage.play()
        assert [point.shared for point in rows(stage.runtime, ContactPoint)] == [after]
