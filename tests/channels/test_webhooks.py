"""The webhook endpoints over HTTP: who gets in, what they are told, and that nothing bad becomes a 5xx."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import ClassVar

import httpx
import pytest
from starlette.applications import Starlette

from ccmm_bot.channels.registry import Channels
from ccmm_bot.channels.telegram.send import TelegramChannel
from ccmm_bot.messages import ChannelKind, InboundMessage, OptOutKind, StatusUpdate
from ccmm_bot.web.entrance import MAX_BODY
from ccmm_bot.web.webhooks import Webhooks
from tests.channels.support import NOW
from tests.standins.fixtures import ACCOUNT_SID, AUTH_TOKEN, PUBLIC, SECRET, SMS_FROM, telegram_account, twilio_account
from tests.standins.telegram_api import TelegramStandin
from tests.standins.twilio_webhooks import Call, TwilioCaller, json_call

PERSON = "+16045550111"
ANA = 7_000_000_001


@dataclass
class Door:
    """A door that remembers what came through."""

    received: list[InboundMessage] = field(default_factory=list)
    updates: list[StatusUpdate] = field(default_factory=list)
    kept: list[tuple[str, bytes, str]] = field(default_factory=list)

    async def receive(self, message: InboundMessage, /) -> None:
        self.received.append(message)

    async def status(self, update: StatusUpdate, /) -> None:
        self.updates.append(update)

    async def quarantine(self, channel: ChannelKind, account: str, raw: bytes, reason: str, /) -> None:
        self.kept.append((account, raw, reason))


@pytest.fixture
def door() -> Door:
    return Door()


@pytest.fixture
async def client(door: Door, telegram: TelegramStandin) -> AsyncIterator[httpx.AsyncClient]:
    """Our application as it stands behind a proxy: its own address is not the public one."""
    bot = TelegramChannel(telegram_account(telegram.url, webhook=True))
    channels = Channels([bot])
    channels.add_twilio(twilio_account(""))
    app = Starlette()
    webhooks = Webhooks(channels=channels, door=door, now=lambda: NOW)
    webhooks.mount(app)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://127.0.0.1:8000") as client:
        yield client
    for intake in webhooks.intakes.values():
        await intake.aclose()
    await bot.aclose()


async def post(client: httpx.AsyncClient, call: Call, **headers: str | None) -> httpx.Response:
    merged = call.headers | headers
    raw = [(name.encode(), value.encode("latin-1")) for name, value in merged.items() if value is not None]
    return await client.post(call.path, content=call.body, headers=raw)


class TestTwilioMessages:
    @pytest.mark.parametrize("path", ["/webhooks/twilio", f"/webhooks/twilio/{ACCOUNT_SID}"])
    async def test_a_signed_message_is_received_and_answered_with_nothing(
        self, client: httpx.AsyncClient, door: Door, caller: TwilioCaller, path: str
    ) -> None:
        answer = await post(client, caller.message(sender=PERSON, to=SMS_FROM, body="Hello", path=path))
        assert (answer.status_code, answer.headers["content-type"]) == (200, "text/xml; charset=utf-8")
        assert answer.text == '<?xml version="1.0" encoding="UTF-8"?><Response/>'
        assert [message.text for message in door.received] == ["Hello"]

    @pytest.mark.parametrize("signature", [None, "", "AAAA", "ሰላም".encode().decode("latin-1")])
    async def test_without_the_right_signature_nothing_happens(
        self, client: httpx.AsyncClient, door: Door, caller: TwilioCaller, signature: str | None
    ) -> None:
        answer = await post(client, caller.message(sender=PERSON, to=SMS_FROM), **{"X-Twilio-Signature": signature})
        assert answer.status_code == 403
        assert "X-Twilio-Signature" in answer.text
        assert (door.received, door.kept) == ([], [])

    async def test_a_message_signed_for_the_address_behind_the_proxy_is_refused(
        self, client: httpx.AsyncClient, door: Door, caller: TwilioCaller
    ) -> None:
        inside = TwilioCaller(account_sid=ACCOUNT_SID, auth_token=AUTH_TOKEN, public_base_url="http://127.0.0.1:8000")
        assert (await post(client, inside.message(sender=PERSON, to=SMS_FROM))).status_code == 403

    async def test_query_and_encoded_path_belong_to_what_is_signed(
        self, client: httpx.AsyncClient, door: Door, caller: TwilioCaller
    ) -> None:
        answer = await post(client, caller.message(sender=PERSON, to=SMS_FROM, path="/webhooks/twilio?a=%20b&c=%2B"))
        assert answer.status_code == 200

    async def test_a_signed_json_message_is_received_too(self, client: httpx.AsyncClient, door: Door, caller: TwilioCaller) -> None:
        fields = caller.message_fields(sender=PERSON, to=SMS_FROM, body="as JSON")
        call = json_call(AUTH_TOKEN, f"{PUBLIC}/webhooks/twilio", fields)
        assert (await post(client, call)).status_code == 200
        assert door.received[0].text == "as JSON"
        changed = Call(url=call.url, headers=call.headers, body=call.body.replace(b"as JSON", b"changed"))
        assert (await post(client, changed)).status_code == 403

    async def test_a_signed_message_of_the_wrong_shape_is_kept_for_staff_and_refused(
        self, client: httpx.AsyncClient, door: Door, caller: TwilioCaller
    ) -> None:
        answer = await post(client, caller.message(sender="nobody", to=SMS_FROM, body="Hello?"))
        assert (answer.status_code, answer.text) == (400, "From is not an address of this channel\n")
        assert door.received == []
        assert [reason for _, _, reason in door.kept] == ["From is not an address of this channel"]

    @pytest.mark.parametrize(
        ("body", "status"),
        [(b"", 403), (b"Body=%ff", 400), (b"\x00\xff\xfe", 400), (b"a=1&" * 600, 400), (b"x" * (MAX_BODY + 1), 413)],
    )
    async def test_rubbish_is_refused_with_a_reason(self, client: httpx.AsyncClient, door: Door, body: bytes, status: int) -> None:
        answer = await client.post(
            "/webhooks/twilio",
            content=body,
            headers={"Content-Type": "application/x-www-form-urlencoded", "X-Twilio-Signature": "x"},
        )
        assert answer.status_code == status
        assert len(answer.text) > 10
        assert (door.received, door.kept) == ([], [])

    async def test_a_body_without_a_length_is_cut_off_at_the_limit(self, client: httpx.AsyncClient) -> None:
        async def endless() -> AsyncIterator[bytes]:
            for _ in range(100):
                yield b"x" * 65536

        assert (await client.post("/webhooks/twilio", content=endless())).status_code == 413

    async def test_an_account_that_is_not_ours_has_no_address(self, client: httpx.AsyncClient) -> None:
        assert (await client.post(f"/webhooks/twilio/AC{'f' * 32}", content=b"")).status_code == 404
        assert (await client.get("/webhooks/twilio")).status_code == 405


class TestTwilioReceipts:
    async def test_a_signed_receipt_is_taken(self, client: httpx.AsyncClient, door: Door, caller: TwilioCaller) -> None:
        url = f"{PUBLIC}/webhooks/twilio/status/{ACCOUNT_SID}?outbox=0190-ab"
        answer = await post(client, caller.receipt(url, sid="SM" + "1" * 32, to=PERSON, status="delivered"))
        assert answer.status_code == 204
        assert [(update.outbox_id, update.status.value) for update in door.updates] == [("0190-ab", "delivered")]

    async def test_our_id_cannot_be_changed_on_the_way(self, client: httpx.AsyncClient, door: Door, caller: TwilioCaller) -> None:
        call = caller.receipt(f"{PUBLIC}/webhooks/twilio/status?outbox=1", sid="SM" + "1" * 32, to=PERSON, status="delivered")
        forged = Call(url=call.url.replace("outbox=1", "outbox=2"), headers=call.headers, body=call.body)
        assert (await post(client, forged)).status_code == 403
        assert door.updates == []

    async def test_a_status_of_the_future_is_no_error(self, client: httpx.AsyncClient, door: Door, caller: TwilioCaller) -> None:
        call = caller.receipt(f"{PUBLIC}/webhooks/twilio/status", sid="SM" + "1" * 32, to=PERSON, status="teleported")
        assert (await post(client, call)).status_code == 204
        assert door.updates == []


class TestTelegram:
    headers: ClassVar = {"X-Telegram-Bot-Api-Secret-Token": SECRET, "Content-Type": "application/json"}

    @pytest.mark.parametrize("path", ["/webhooks/telegram", "/webhooks/telegram/5000000001"])
    async def test_an_update_with_the_secret_is_received_and_answered_with_an_empty_body(
        self, client: httpx.AsyncClient, door: Door, telegram: TelegramStandin, path: str
    ) -> None:
        answer = await client.post(path, content=json.dumps(telegram.person(ANA).writes("Hello")), headers=self.headers)
        assert (answer.status_code, answer.content) == (200, b"")
        assert [message.text for message in door.received] == ["Hello"]

    @pytest.mark.parametrize("secret", [None, "", "wrong", SECRET + "x", "é"])
    async def test_without_the_secret_nothing_happens(
        self, client: httpx.AsyncClient, door: Door, telegram: TelegramStandin, secret: str | None
    ) -> None:
        headers = {} if secret is None else {"X-Telegram-Bot-Api-Secret-Token": secret.encode("latin-1").decode("latin-1")}
        raw = [(name.encode(), value.encode("latin-1")) for name, value in headers.items()]
        answer = await client.post("/webhooks/telegram", content=json.dumps(telegram.person(ANA).writes("x")), headers=raw)
        assert answer.status_code == 403
        assert (door.received, door.kept) == ([], [])

    async def test_an_update_nobody_can_read_is_kept_and_answered_with_200(self, client: httpx.AsyncClient, door: Door) -> None:
        body = b'{"update_id": 5, "update_of_the_future": {"x": 1}}'
        answer = await client.post("/webhooks/telegram", content=body, headers=self.headers)
        assert (answer.status_code, answer.content) == (200, b"")
        assert door.kept == [("5000000001", body, "an update of a kind that is new to us")]

    @pytest.mark.parametrize("body", [b"", b"[]", b"{", b'{"message": {}}', b"\xff\x00", b"[" * 100_000])
    async def test_what_is_not_an_update_at_all_is_kept_and_holds_no_later_one_back(
        self, client: httpx.AsyncClient, door: Door, body: bytes
    ) -> None:
        """It carries the secret, and Telegram would repeat whatever is not answered with 2xx."""
        answer = await client.post("/webhooks/telegram", content=body, headers=self.headers)
        assert (answer.status_code, answer.content) == (200, b"")
        assert (door.received, [raw for _, raw, _ in door.kept]) == ([], [body])

    async def test_blocking_the_bot_comes_through_as_an_opt_out(
        self, client: httpx.AsyncClient, door: Door, telegram: TelegramStandin
    ) -> None:
        await client.post("/webhooks/telegram", content=json.dumps(telegram.person(ANA).blocks()), headers=self.headers)
        assert [message.opt_out for message in door.received] == [OptOutKind.STOP]

    async def test_another_bot_has_no_address(self, client: httpx.AsyncClient) -> None:
        assert (await client.post("/webhooks/telegram/6", content=b"{}", headers=self.headers)).status_code == 404


async def test_a_channel_that_is_off_has_no_address(door: Door, telegram: TelegramStandin) -> None:
    polling = TelegramChannel(telegram_account(telegram.url))
    app = Starlette()
    Webhooks(channels=Channels([polling]), door=door, now=lambda: NOW).mount(app)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://x") as client:
        for path in ("/webhooks/twilio", "/webhooks/twilio/status", "/webhooks/telegram"):
            assert (await client.post(path, content=b"{}")).status_code == 404
    await polling.aclose()
