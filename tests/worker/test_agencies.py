"""Two agencies in one installation, each with its own Twilio account and its own bot: nothing of one reaches the other."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
from pydantic import SecretStr

from ccmm_bot.messages import ChannelKind, DeliveryStatus
from ccmm_bot.runtime import Runtime, open_runtime
from ccmm_bot.store.tables import Agency, Audit, ChannelAccount, ContactPoint, Conversation, Inbound, Outbox, Quarantine
from tests.conversation.support import rows, settings
from tests.standins.fixtures import PUBLIC
from tests.standins.server import Server
from tests.standins.telegram_api import TelegramStandin
from tests.standins.twilio_api import TwilioStandin
from tests.standins.twilio_webhooks import Call, TwilioCaller
from tests.waiting import until

PERSON = "+16045550111"
ANA = 7_000_000_001


@dataclass
class Side:
    """One agency's providers, and what it is called there."""

    name: str
    number: str
    twilio: TwilioStandin
    telegram: TelegramStandin
    caller: TwilioCaller

    @property
    def bot(self) -> str:
        return self.telegram.token.partition(":")[0]


@pytest.fixture
def sides() -> Iterator[tuple[Side, Side]]:
    """Harbour House, set up by settings, and Hillside, set up on the command line."""
    with ExitStack() as stack:
        made = []
        for n, name in enumerate(("Harbour House", "Hillside"), 1):
            sid, token = "AC" + f"{n}" * 32, f"auth-token-of-agency-{n}"
            twilio = TwilioStandin(account_sid=sid, auth_token=token)
            telegram = TelegramStandin(token=f"500000000{n}:AAtoken_of_the_bot_of_agency_{n}")
            for standin in (twilio, telegram):
                standin.url = stack.enter_context(Server(standin.app)).url
            caller = TwilioCaller(account_sid=sid, auth_token=token, public_base_url=PUBLIC)
            made.append(Side(name, f"+1604555010{n}", twilio, telegram, caller))
        yield made[0], made[1]


def account(url: str, folder: Path, *arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    """``ccmm-bot channel account``, as somebody at a terminal would."""
    environment = {
        **os.environ,
        "CCMM_DATABASE_URL": url,
        "CCMM_SECRET_KEY_FILE": str(folder / "secret.key"),
        "CCMM_AGENCY_NAME": "Harbour House",
    }
    program = "import sys\nfrom ccmm_bot.cli.channel_account import app\nfrom ccmm_bot.errors import CcmmError\n"
    program += "try:\n    app()\nexcept CcmmError as error:\n    sys.exit(f'ccmm-bot: {error}')"
    command = [sys.executable, "-c", program, *arguments]
    return subprocess.run(command, env=environment, input=stdin, capture_output=True, text=True, check=False, cwd=folder)


def set_up(url: str, folder: Path, second: Side) -> None:
    """Give Hillside its number and its bot."""
    new = ("--agency", second.name, "--new-agency", "--service-name", "Hill")
    sms = ("--channel", "sms", "--sender", second.number, "--account-sid", second.twilio.account_sid)
    bot = ("--channel", "telegram", "--agency", second.name)
    for options, secret, base in (
        ((*sms, *new), second.twilio.auth_token, second.twilio.url),
        (bot, second.telegram.token, second.telegram.url),
    ):
        made = account(url, folder, "add", *options, "--api-base-url", base, stdin=f"{secret}\n")
        assert made.returncode == 0, made.stderr
        assert secret not in made.stdout + made.stderr


@pytest.fixture
async def runtime(sides: tuple[Side, Side], sqlite_url: str, tmp_path: Path) -> AsyncIterator[Runtime]:
    first, second = sides
    await asyncio.to_thread(set_up, sqlite_url, tmp_path, second)
    more: dict[str, Any] = {
        "agency_name": first.name,
        "public_base_url": PUBLIC,
        "twilio_account_sid": first.twilio.account_sid,
        "twilio_auth_token": SecretStr(first.twilio.auth_token),
        "twilio_sms_from": first.number,
        "twilio_api_base_url": first.twilio.url,
        "telegram_token": SecretStr(first.telegram.token),
        "telegram_webhook_secret": SecretStr("secret-of-the-first"),
        "telegram_api_base_url": first.telegram.url,
    }
    async with open_runtime(settings(sqlite_url, tmp_path, **more)) as opened:
        yield opened


@pytest.fixture
def web(web: httpx.AsyncClient, at_work: None) -> httpx.AsyncClient:
    """The application behind a proxy, with its worker."""
    return web


async def call(web: httpx.AsyncClient, call: Call) -> int:
    return (await web.post(call.path, content=call.body, headers=call.headers)).status_code


def agencies(runtime: Runtime) -> dict[str, UUID]:
    return {agency.name: agency.id for agency in rows(runtime, Agency)}


async def test_the_channels_of_every_agency_are_open(runtime: Runtime, sides: tuple[Side, Side]) -> None:
    first, second = sides
    for side in sides:
        assert runtime.channels.get(ChannelKind.SMS, side.number) is not None
        assert side.telegram.webhook["url"] == f"{PUBLIC}/webhooks/telegram/{side.bot}"
        assert side.telegram.webhook["secret_token"]
    assert first.telegram.webhook["secret_token"] != second.telegram.webhook["secret_token"]
    owners = {(row.channel, row.account): row.agency_id for row in rows(runtime, ChannelAccount)}
    known = agencies(runtime)
    assert {owners[ChannelKind.SMS, side.number] == known[side.name] for side in sides} == {True}
    assert not any(secret in line for line in runtime.channel_lines for secret in (second.twilio.auth_token, second.telegram.token))


async def test_the_same_person_writes_to_both_and_is_two_people(
    web: httpx.AsyncClient, runtime: Runtime, sides: tuple[Side, Side]
) -> None:
    for side in sides:
        path = f"/webhooks/twilio/{side.twilio.account_sid}"
        assert await call(web, side.caller.message(sender=PERSON, to=side.number, body="hello", path=path)) == 200
        ana = side.telegram.person(ANA)
        update, headers = ana.writes("/start"), side.telegram.webhook_headers()
        assert (await web.post(f"/webhooks/telegram/{side.bot}", content=json.dumps(update), headers=headers)).status_code == 200
    await until(lambda: all(side.twilio.to(PERSON) and side.telegram.to(ANA) for side in sides))
    known = agencies(runtime)
    for table in (ContactPoint, Conversation, Inbound, Outbox):
        found = [row.agency_id for row in rows(runtime, table)]
        assert sorted(map(str, found)) == sorted(str(known[side.name]) for side in sides for _ in range(2))
    for side in sides:
        assert {message.form["From"] for message in side.twilio.messages} == {side.number}


async def test_a_request_for_one_agency_is_no_use_at_the_other(
    web: httpx.AsyncClient, runtime: Runtime, sides: tuple[Side, Side]
) -> None:
    first, second = sides
    theirs = f"/webhooks/twilio/{second.twilio.account_sid}"
    # Signed by the first agency's account: for the second one's path, for its number, and under its name.
    assert await call(web, first.caller.message(sender=PERSON, to=second.number, body="x", path=theirs)) == 403
    assert await call(web, first.caller.message(sender=PERSON, to=second.number, body="x")) == 400
    assert await call(web, first.caller.message(sender=PERSON, to=first.number, AccountSid=second.twilio.account_sid)) == 400
    update, headers = first.telegram.person(ANA).writes("hello"), first.telegram.webhook_headers()
    assert (await web.post(f"/webhooks/telegram/{second.bot}", content=json.dumps(update), headers=headers)).status_code == 403
    assert rows(runtime, Inbound) == []
    assert len(rows(runtime, Quarantine)) == 2


async def test_a_receipt_speaks_of_its_own_agencys_messages_only(
    web: httpx.AsyncClient, runtime: Runtime, sides: tuple[Side, Side]
) -> None:
    first, second = sides
    path = f"/webhooks/twilio/{second.twilio.account_sid}"
    await call(web, second.caller.message(sender=PERSON, to=second.number, body="hello", path=path))
    await until(lambda: [row.status for row in rows(runtime, Outbox)] == [DeliveryStatus.SENT])
    message, (row,) = second.twilio.messages[0], rows(runtime, Outbox)
    forged = f"{PUBLIC}/webhooks/twilio/status/{first.twilio.account_sid}?outbox={row.id}"
    assert await call(web, first.caller.receipt(forged, sid=message.sid, to=PERSON, status="failed", error=21610)) == 204
    assert [each.status for each in rows(runtime, Outbox)] == [DeliveryStatus.SENT]
    assert [each.opted_out_at for each in rows(runtime, ContactPoint)] == [None]
    own = second.caller.receipt(message.form["StatusCallback"], sid=message.sid, to=PERSON, status="delivered")
    form = {**dict(httpx.QueryParams(own.body.decode())), "From": second.number}
    from tests.standins.twilio_webhooks import form_call

    assert await call(web, form_call(second.twilio.auth_token, message.form["StatusCallback"], form)) == 204
    assert [each.status for each in rows(runtime, Outbox)] == [DeliveryStatus.DELIVERED]


async def test_a_disabled_sender_is_closed_at_the_next_start_and_its_secret_is_gone(
    sides: tuple[Side, Side], sqlite_url: str, tmp_path: Path
) -> None:
    _, second = sides
    await asyncio.to_thread(set_up, sqlite_url, tmp_path, second)
    listed = account(sqlite_url, tmp_path, "list").stdout
    assert f"Hillside  sms  {second.number}  active  credentials in the database" in listed
    assert second.twilio.auth_token not in listed
    off = account(sqlite_url, tmp_path, "disable", "--channel", "sms", "--sender", second.number)
    assert off.returncode == 0, off.stderr
    async with open_runtime(settings(sqlite_url, tmp_path, public_base_url=PUBLIC)) as runtime:
        assert runtime.channels.get(ChannelKind.SMS, second.number) is None
        assert runtime.channels.twilio(second.twilio.account_sid) == ()
        assert f"SMS {second.number} of Hillside: off (disabled)" in runtime.channel_lines
        (row,) = [each for each in rows(runtime, ChannelAccount) if each.channel is ChannelKind.SMS]
        assert (row.active, row.credentials) == (False, None)
        assert [each.action for each in rows(runtime, Audit)] == ["sender.added", "sender.added", "sender.disabled"]


@pytest.mark.parametrize(
    ("arguments", "secret", "why"),
    [
        (("--channel", "sms", "--sender", "+16045550100", "--account-sid", "AC1"), "token", "AC and 32 hexadecimal digits"),
        (("--channel", "sms", "--sender", "604", "--account-sid", "AC" + "1" * 32), "token", "a number like"),
        (("--channel", "whatsapp", "--sender", "+16045550100", "--account-sid", "AC" + "1" * 32), "", "auth token is empty"),
        (
            (
                "--channel",
                "telegram",
            ),
            "not a token",
            "shape of a bot's token",
        ),
        (
            ("--channel", "sms", "--agency", "Nobody", "--sender", "+16045550100", "--account-sid", "AC" + "1" * 32),
            "t",
            "no agency of that name",
        ),
    ],
)
def test_what_cannot_be_is_refused_in_one_line(
    sqlite_url: str, tmp_path: Path, arguments: tuple[str, ...], secret: str, why: str
) -> None:
    refused = account(sqlite_url, tmp_path, "add", *arguments, stdin=f"{secret}\n")
    assert refused.returncode != 0
    assert why in refused.stderr
    assert "Traceback" not in refused.stderr
    assert not secret or secret not in refused.stderr.replace("a bot's token", "").replace("auth token", "") or len(secret) < 6


def test_a_sender_of_another_agency_cannot_be_taken_over(sides: tuple[Side, Side], sqlite_url: str, tmp_path: Path) -> None:
    _, second = sides
    set_up(sqlite_url, tmp_path, second)
    options = ("--channel", "sms", "--sender", second.number, "--account-sid", "AC" + "1" * 32, "--agency", "Harbour House")
    refused = account(sqlite_url, tmp_path, "add", *options, stdin="token\n")
    assert "belongs to another agency" in refused.stderr
