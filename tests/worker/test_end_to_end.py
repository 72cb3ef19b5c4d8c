"""From a provider's request to its API and back: the application, a database, the worker, and the stand-ins."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace

import httpx
import pytest
from starlette.applications import Starlette

from ccmm_bot.channels.rates import UNPACED
from ccmm_bot.channels.registry import Channels
from ccmm_bot.channels.telegram.send import TelegramChannel
from ccmm_bot.messages import ContentKind, DeliveryStatus
from ccmm_bot.runtime import Runtime
from ccmm_bot.store.tables import ContactPoint, Conversation, Inbound, Outbox, Quarantine
from ccmm_bot.web.webhooks import mount_webhooks
from ccmm_bot.worker.running import Worker
from tests.conversation.support import rows
from tests.standins.faults import Fault
from tests.standins.fixtures import PATIENCE_S, SMS_FROM, WHATSAPP_FROM, telegram_account
from tests.standins.telegram_api import TelegramStandin
from tests.standins.twilio_api import Message, TwilioStandin
from tests.standins.twilio_webhooks import Call, TwilioCaller
from tests.waiting import until

PERSON = "+16045550111"
ANA = 7_000_000_001


@pytest.fixture
def web(web: httpx.AsyncClient, at_work: None) -> httpx.AsyncClient:
    """The application behind a proxy, with its worker."""
    return web


async def call(web: httpx.AsyncClient, call: Call) -> int:
    return (await web.post(call.path, content=call.body, headers=call.headers)).status_code


def statuses(runtime: Runtime) -> set[DeliveryStatus]:
    return {row.status for row in rows(runtime, Outbox)}


def answered(runtime: Runtime) -> bool:
    """Whether everything written was taken by its provider."""
    found = rows(runtime, Outbox)
    return bool(found) and all(row.status.rank >= DeliveryStatus.SENT.rank for row in found)


class TestSms:
    async def test_a_message_comes_in_and_its_answer_goes_out(
        self, web: httpx.AsyncClient, runtime: Runtime, twilio: TwilioStandin, caller: TwilioCaller
    ) -> None:
        assert await call(web, caller.message(sender=PERSON, to=SMS_FROM, body="hello")) == 200
        await until(lambda: answered(runtime))
        assert twilio.to(PERSON)
        assert twilio.to(PERSON)[0].form["From"] == SMS_FROM

    async def test_a_retried_webhook_changes_nothing(
        self, web: httpx.AsyncClient, runtime: Runtime, twilio: TwilioStandin, caller: TwilioCaller
    ) -> None:
        request = caller.message(sender=PERSON, to=SMS_FROM, body="hello")
        assert [await call(web, request) for _ in range(3)] == [200, 200, 200]
        await until(lambda: answered(runtime))
        sent = len(twilio.messages)
        assert await call(web, request) == 200
        assert (len(rows(runtime, Inbound)), len(rows(runtime, Conversation)), len(twilio.messages)) == (1, 1, sent)

    @pytest.mark.parametrize("seed", range(5))
    async def test_receipts_shuffled_and_repeated_only_ever_advance(
        self, web: httpx.AsyncClient, runtime: Runtime, twilio: TwilioStandin, caller: TwilioCaller, seed: int
    ) -> None:
        await call(web, caller.message(sender=PERSON, to=SMS_FROM, body="hello"))
        await until(lambda: answered(runtime))
        reached: list[int] = []
        for receipt in _receipts(caller, twilio.messages, ("queued", "sent", "delivered"), seed):
            assert await call(web, receipt) == 204
            reached.append(sum(row.status.rank for row in rows(runtime, Outbox)))
        assert reached == sorted(reached)
        assert statuses(runtime) == {DeliveryStatus.DELIVERED}

    async def test_a_receipt_settles_what_a_lost_answer_left_open(
        self, web: httpx.AsyncClient, runtime: Runtime, twilio: TwilioStandin, caller: TwilioCaller
    ) -> None:
        twilio.list_lag_s = 60  # the list does not help
        twilio.faults.script(Fault.RESET_AFTER)
        await call(web, caller.message(sender=PERSON, to=SMS_FROM, body="hello"))
        await until(lambda: DeliveryStatus.UNKNOWN in statuses(runtime))
        for receipt in _receipts(caller, twilio.messages, ("delivered",), 0):
            assert await call(web, receipt) == 204
        await until(lambda: statuses(runtime) == {DeliveryStatus.DELIVERED})
        assert rows(runtime, Outbox)[0].provider_message_id == twilio.messages[0].sid

    async def test_a_stop_twilio_has_answered_is_not_answered_again(
        self, web: httpx.AsyncClient, runtime: Runtime, twilio: TwilioStandin, caller: TwilioCaller
    ) -> None:
        await call(web, caller.message(sender=PERSON, to=SMS_FROM, body="hello"))
        await until(lambda: answered(runtime))
        before = len(twilio.messages)
        await call(web, caller.message(sender=PERSON, to=SMS_FROM, body="STOP", OptOutType="STOP"))
        await call(web, caller.message(sender=PERSON, to=SMS_FROM, body="are you there?"))
        await until(lambda: len(rows(runtime, Inbound)) == 3)
        assert rows(runtime, ContactPoint)[0].opted_out_at is not None
        assert len(twilio.messages) == before

    async def test_a_signed_message_nobody_can_read_is_kept(
        self, web: httpx.AsyncClient, runtime: Runtime, caller: TwilioCaller
    ) -> None:
        assert await call(web, caller.message(sender="odd", to=SMS_FROM, body="hello")) == 400
        assert len(rows(runtime, Quarantine)) == 1
        assert rows(runtime, Inbound) == []


async def test_whatsapp_buttons_come_back_as_taps(
    web: httpx.AsyncClient, runtime: Runtime, twilio: TwilioStandin, caller: TwilioCaller
) -> None:
    sender, ours = f"whatsapp:{PERSON}", f"whatsapp:{WHATSAPP_FROM}"
    await call(web, caller.message(sender=sender, to=ours, body="hello"))
    await until(lambda: answered(runtime))
    rich = [message for message in twilio.to(sender) if "ContentSid" in message.form]
    assert rich, "the first question has so few choices that they fit on buttons"
    form = rich[-1].form
    label, payload = twilio.contents.buttons(form["ContentSid"], json.loads(form["ContentVariables"]))[0]
    before = len(twilio.messages)
    assert await call(web, caller.tap(sender=sender, to=ours, label=label, payload=payload)) == 200
    await until(lambda: len(twilio.messages) > before)
    assert rows(runtime, Inbound)[-1].kind is ContentKind.TAP


class TestTelegram:
    async def test_by_polling(self, web: httpx.AsyncClient, runtime: Runtime, telegram: TelegramStandin) -> None:
        ana = telegram.person(ANA)
        ana.writes("/start")
        await until(lambda: ana.got and answered(runtime))
        keyboard = next(message for message in reversed(ana.got) if message.buttons)
        before = len(ana.got)
        ana.taps(keyboard, keyboard.buttons[0][1])
        await until(lambda: len(ana.got) > before and telegram.answered)
        await until(lambda: not telegram.waiting)

    async def test_by_webhook(self, runtime: Runtime, telegram: TelegramStandin) -> None:
        bot = TelegramChannel(
            telegram_account(telegram.url, webhook=True), connect_timeout=PATIENCE_S, read_timeout=PATIENCE_S, rates=UNPACED
        )
        runtime.channels.add(bot)  # in place of the one that polls
        app = Starlette()
        mount_webhooks(app, runtime)
        worker = Worker(runtime)
        await worker.start()
        ana = telegram.person(ANA)
        await until(lambda: telegram.webhook["url"])
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://127.0.0.1:8000") as client:
            update = ana.writes("/start")
            for _ in range(2):  # an answer that got lost: the same update comes again
                answer = await client.post(
                    httpx.URL(telegram.webhook["url"]).path, content=json.dumps(update), headers=telegram.webhook_headers()
                )
                assert (answer.status_code, answer.content) == (200, b"")
            telegram.delivered(update)
            await until(lambda: ana.got and answered(runtime))
        await worker.stop()
        await bot.aclose()
        assert len(rows(runtime, Inbound)) == 1
        assert len(ana.got) == len(rows(runtime, Outbox))

    async def test_somebody_who_blocks_the_bot_is_never_written_to_again(
        self, web: httpx.AsyncClient, runtime: Runtime, telegram: TelegramStandin
    ) -> None:
        ana = telegram.person(ANA)
        ana.writes("/start")
        await until(lambda: ana.got and answered(runtime))
        ana.blocks()
        await until(lambda: not telegram.waiting)
        assert rows(runtime, ContactPoint)[0].opted_out_at is not None


async def test_a_service_without_channels_starts_and_stops(runtime: Runtime) -> None:
    worker = Worker(replace(runtime, channels=Channels()))
    await worker.start()
    await worker.stop()


def _receipts(caller: TwilioCaller, messages: Iterable[Message], statuses: tuple[str, ...], seed: int) -> list[Call]:
    return [
        receipt
        for message in messages
        for receipt in caller.receipts(
            message.form["StatusCallback"], sid=message.sid, to=message.to, statuses=statuses, seed=seed, copies=2
        )
    ]
