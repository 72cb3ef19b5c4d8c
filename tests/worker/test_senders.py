"""Who writes, through the webhooks: people without a number, corrections, groups, a new number."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from ccmm_bot.casework.conversations.thread import thread
from ccmm_bot.channels.telegram.intake import TelegramIntake
from ccmm_bot.messages import ContentKind
from ccmm_bot.runtime import Runtime
from ccmm_bot.store.tables import ContactPoint, Conversation, Inbound, Outbox, Person, Quarantine
from tests.conversation.support import rows
from tests.standins.fixtures import WHATSAPP_FROM
from tests.standins.telegram_api import TelegramStandin
from tests.standins.twilio_webhooks import TwilioCaller

OURS = f"whatsapp:{WHATSAPP_FROM}"
BSUID = "CA.1234567890AbCd"
NUMBER = "+16045550111"


async def write(web: httpx.AsyncClient, caller: TwilioCaller, sender: str, body: str, **more: str) -> None:
    call = caller.message(sender=f"whatsapp:{sender}", to=OURS, body=body, **more)
    assert (await web.post(call.path, content=call.body, headers=call.headers)).status_code == 200


async def test_somebody_without_a_number_is_the_same_person_once_the_number_is_seen(
    web: httpx.AsyncClient, runtime: Runtime, caller: TwilioCaller
) -> None:
    await write(web, caller, BSUID, "hello", ExternalUserId=BSUID, WaId="")
    await write(web, caller, NUMBER, "1", ExternalUserId=BSUID)
    (contact,) = rows(runtime, ContactPoint)
    assert contact.address == NUMBER
    assert (len(rows(runtime, Person)), len(rows(runtime, Inbound))) == (1, 2)
    await write(web, caller, BSUID, "words", ExternalUserId=BSUID, WaId="")  # Meta hides the number again after 30 days
    assert (len(rows(runtime, Person)), rows(runtime, ContactPoint)[0].address) == (1, BSUID)


async def update(runtime: Runtime, document: dict[str, Any]) -> None:
    bot = runtime.channels.bots()[0]
    receiver = runtime.receiver
    intake = TelegramIntake(bot, receive=receiver.receive, quarantine=receiver.quarantine, now=runtime.clock.now)
    await intake.handle(document)
    await intake.aclose()


async def test_an_edit_is_kept_as_a_correction_that_staff_see_and_changes_no_answer(
    runtime: Runtime, telegram: TelegramStandin
) -> None:
    ana = telegram.person(7_000_000_001)
    first = ana.writes("hello")
    await update(runtime, first)
    await update(runtime, ana.edits(first, "I meant something else"))
    said = rows(runtime, Inbound)
    assert [(row.kind, row.text) for row in said] == [
        (ContentKind.TEXT, "hello"),
        (ContentKind.CORRECTION, "I meant something else"),
    ]
    assert len(rows(runtime, Outbox)) == 1
    with runtime.store.reading(runtime.agency_id) as session:
        lines, _ = thread(session, rows(runtime, Conversation)[0].id)
    assert (ContentKind.CORRECTION, "I meant something else") in [(line.kind, line.text) for line in lines]


async def test_an_edit_that_says_stop_is_a_stop(runtime: Runtime, telegram: TelegramStandin) -> None:
    ana = telegram.person(7_000_000_001)
    first = ana.writes("hello")
    await update(runtime, first)
    await update(runtime, ana.edits(first, "STOP"))
    assert rows(runtime, ContactPoint)[0].opted_out_at is not None


async def test_a_group_is_left_and_nothing_of_it_is_kept(runtime: Runtime, telegram: TelegramStandin) -> None:
    ana = telegram.person(7_000_000_001)
    await update(runtime, ana.adds_bot_to_group(-100_123))
    await update(runtime, ana.writes_in_group(-100_123, "hello everybody"))
    assert telegram.left == [-100_123, -100_123]
    assert rows(runtime, Inbound) == []


@pytest.mark.parametrize(
    "odd",
    [
        {"update_of_the_future": {"x": 1}},
        {"message": {"message_id": 1, "date": "yesterday", "chat": 5}},
        {"message": []},
        {"callback_query": {"id": "1", "from": {"id": 1, "is_bot": False, "first_name": "A"}, "chat_instance": "1"}},
    ],
)
async def test_an_update_of_a_shape_we_do_not_know_is_set_aside(runtime: Runtime, odd: dict[str, Any]) -> None:
    await update(runtime, {"update_id": 1, **odd})
    assert len(rows(runtime, Quarantine)) == 1
