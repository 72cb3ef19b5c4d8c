"""Setting channels up: what is set, what is found wrong, and that nothing right is touched."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ccmm_bot.channels import reach
from ccmm_bot.channels.checks import Check, Level, all_well, by_hand, ok, problem
from ccmm_bot.channels.telegram import setup as telegram_setup
from ccmm_bot.channels.telegram.bot import ALLOWED_UPDATES
from ccmm_bot.channels.telegram.front import MOST_ABOUT, MOST_COMMAND, MOST_DESCRIPTION, Front, fronts
from ccmm_bot.channels.telegram.send import TelegramChannel
from ccmm_bot.channels.twilio import setup as twilio_setup
from ccmm_bot.channels.twilio.account import TwilioAccount
from ccmm_bot.dialogue.model import Command
from ccmm_bot.i18n.catalogues import Catalogues
from ccmm_bot.i18n.reading import TypedReader
from ccmm_bot.settings import Settings
from tests.channels.public import Public, service
from tests.standins.fixtures import ACCOUNT_SID, SMS_FROM, WHATSAPP_FROM, telegram_account, twilio_account
from tests.standins.server import free_port_url
from tests.standins.telegram_api import TelegramStandin
from tests.standins.twilio_api import TwilioStandin
from tests.standins.twilio_numbers import SENDER_SID

CATALOGUES = Catalogues.load(Settings(_env_file=None).locales_dir)
FRONTS = fronts(CATALOGUES)
SERVICE = "MG" + "0123456789abcdef" * 2


def now() -> datetime:
    return datetime.now(UTC)


def named(checks: list[Check], name: str) -> Check:
    return next(check for check in checks if check.name == name)


@pytest.fixture
def public(tmp_path: Path, twilio: TwilioStandin, telegram: TelegramStandin, monkeypatch: pytest.MonkeyPatch) -> Iterator[Public]:
    """The service, at an address with a certificate this machine accepts."""
    with service(tmp_path, twilio, telegram) as served:
        monkeypatch.setenv("SSL_CERT_FILE", str(served.certificate))
        yield served


@pytest.fixture
def account(public: Public, twilio: TwilioStandin) -> TwilioAccount:
    """Our account, its numbers bought and pointing nowhere."""
    twilio.numbers.add_phone(SMS_FROM)
    twilio.numbers.add_sender(WHATSAPP_FROM)
    return replace(twilio_account(twilio.url), public_base_url=public.url)


@pytest.fixture
async def webhook_bot(public: Public, telegram: TelegramStandin, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[TelegramChannel]:
    """Our bot, to be called at the public address; its port is one that Telegram would call."""
    monkeypatch.setattr(telegram_setup, "PORTS", (int(public.url.rpartition(":")[2]),))
    channel = TelegramChannel(replace(telegram_account(telegram.url, webhook=True), public_base_url=public.url))
    yield channel
    await channel.aclose()


# --- Telegram -------------------------------------------------------------------------------------------------------------


async def test_a_bot_with_a_public_address_is_set_up_and_nothing_is_wrong(
    webhook_bot: TelegramChannel, telegram: TelegramStandin, public: Public
) -> None:
    checks = await telegram_setup.set_up(webhook_bot, FRONTS, now=now())
    assert {check.level for check in checks} == {Level.OK}, [str(check) for check in checks]
    assert telegram.webhook["url"] == f"{public.url}/webhooks/telegram/{webhook_bot.account}"
    assert telegram.webhook["secret_token"]
    assert named(checks, "webhook").says.endswith("takes requests signed for us")
    assert ALLOWED_UPDATES


async def test_a_second_time_nothing_that_is_right_is_set_again(webhook_bot: TelegramChannel, telegram: TelegramStandin) -> None:
    await telegram_setup.set_up(webhook_bot, FRONTS, now=now())
    before = dict(telegram.front.sets)
    assert before
    await telegram_setup.set_up(webhook_bot, FRONTS, now=now())
    assert dict(telegram.front.sets) == before


async def test_menu_and_description_come_in_every_language_telegram_has_a_code_for(
    webhook_bot: TelegramChannel, telegram: TelegramStandin
) -> None:
    await telegram_setup.set_up(webhook_bot, FRONTS, now=now())
    assert {"", "fr", "ar", "ti"} <= set(telegram.front.commands)
    assert telegram.front.descriptions["ti"] != telegram.front.descriptions[""]
    assert {each["command"] for each in telegram.front.commands["ti"]} == {each["command"] for each in telegram.front.commands[""]}


@pytest.mark.parametrize("front", FRONTS, ids=lambda front: front.code or "en")
def test_every_language_fits_what_telegram_takes(front: Front) -> None:
    assert len(front.code) in (0, 2)
    assert len(front.description) <= MOST_DESCRIPTION
    assert len(front.about) <= MOST_ABOUT
    assert all(1 <= len(description) <= MOST_COMMAND for _, description in front.commands)


@pytest.mark.parametrize("front", FRONTS, ids=lambda front: front.code or "en")
def test_every_command_of_the_menu_is_understood_when_it_is_tapped(front: Front) -> None:
    reader = TypedReader(CATALOGUES)
    for name, _ in front.commands:
        assert reader.command(f"/{name}", front.tag) is Command(name)
        assert reader.command(f"/{name}", None) is Command(name)


def test_dari_is_shown_where_the_app_is_persian_as_long_as_there_is_no_persian() -> None:
    by_code = {front.code: front.tag for front in FRONTS}
    assert by_code.get("fa") in ("prs", "fa")
    assert "prs" not in by_code, "not a two-letter code"


async def test_without_a_public_address_the_bot_polls(bot: TelegramChannel, telegram: TelegramStandin) -> None:
    telegram.webhook = {"url": "https://left.over.example.org/"}
    checks = await telegram_setup.set_up(bot, FRONTS[:1], now=now())
    assert all_well(checks)
    assert telegram.webhook["url"] == ""
    assert "asks for them" in named(checks, "updates").says


async def test_a_wrong_token_is_said_at_once(telegram: TelegramStandin) -> None:
    channel = TelegramChannel(replace(telegram_account(telegram.url), token="5000000001:" + "AAwrong-token_of_a_test_bot_0123456"))
    (check,) = await telegram_setup.set_up(channel, FRONTS, now=now())
    await channel.aclose()
    assert check.level is Level.PROBLEM
    assert "@BotFather" in check.fix
    assert "wrong-token" not in str(check)


async def test_what_only_a_person_can_do_is_said(bot: TelegramChannel, telegram: TelegramStandin) -> None:
    telegram.can_join_groups = True
    groups = named(await telegram_setup.set_up(bot, (), now=now()), "groups")
    assert groups.level is Level.BY_HAND
    assert "/setjoingroups" in groups.fix


async def test_a_delivery_that_failed_lately_is_told(webhook_bot: TelegramChannel, telegram: TelegramStandin) -> None:
    telegram.webhook_error = (int(time.time()) - 60, "Wrong response from the webhook: 502 Bad Gateway")
    last = named(await telegram_setup.set_up(webhook_bot, (), now=now()), "last delivery")
    assert "502 Bad Gateway" in last.says


async def test_a_service_with_another_secret_is_found_out(webhook_bot: TelegramChannel) -> None:
    stranger = TelegramChannel(replace(webhook_bot.settings, webhook_secret="another-secret"))
    check = named(await telegram_setup.set_up(stranger, (), now=now()), "webhook")
    await stranger.aclose()
    assert check.level is Level.PROBLEM
    assert "restart it" in check.fix


async def test_a_port_telegram_does_not_call_is_a_problem(public: Public, telegram: TelegramStandin) -> None:
    channel = TelegramChannel(replace(telegram_account(telegram.url, webhook=True), public_base_url=public.url))
    check = named(await telegram_setup.set_up(channel, (), now=now()), "port")
    await channel.aclose()
    assert "443, 80, 88, 8443" in check.fix


async def test_telegram_out_of_reach_is_said_without_the_token() -> None:
    channel = TelegramChannel(telegram_account(free_port_url()))
    (check,) = await telegram_setup.set_up(channel, FRONTS, now=now())
    await channel.aclose()
    assert check.level is Level.PROBLEM
    assert "AAtest" not in str(check)


# --- Twilio ---------------------------------------------------------------------------------------------------------------


async def test_an_account_is_set_up_and_nothing_is_wrong(account: TwilioAccount, twilio: TwilioStandin, public: Public) -> None:
    checks = await twilio_setup.set_up(account, now=now())
    assert {check.level for check in checks} == {Level.OK}, [str(check) for check in checks]
    url = f"{public.url}/webhooks/twilio/{ACCOUNT_SID}"
    assert twilio.numbers.phones[SMS_FROM]["sms_url"] == url
    sender = twilio.numbers.senders[f"whatsapp:{WHATSAPP_FROM}"]
    assert (sender["sid"], sender["webhook"]["callback_url"]) == (SENDER_SID, url)
    assert sender["webhook"]["status_callback_url"] == "https://elsewhere.example.org/status", "what is not ours stays"
    assert set(twilio.numbers.updates[-1]) == {"webhook"}, "nothing else of the sender is touched"
    assert "demo.twilio.com" in named(checks, "WhatsApp").says, "what was there before is said"


async def test_setting_up_an_account_again_changes_nothing(account: TwilioAccount, twilio: TwilioStandin) -> None:
    await twilio_setup.set_up(account, now=now())
    count = len(twilio.numbers.updates)
    assert all_well(await twilio_setup.set_up(account, now=now()))
    assert len(twilio.numbers.updates) == count == 2


async def test_an_application_that_would_take_the_messages_is_removed(account: TwilioAccount, twilio: TwilioStandin) -> None:
    await twilio_setup.set_up(account, now=now())
    twilio.numbers.phones[SMS_FROM]["sms_application_sid"] = "AP" + "0" * 32
    await twilio_setup.set_up(account, now=now())
    assert twilio.numbers.phones[SMS_FROM]["sms_application_sid"] == ""


async def test_a_messaging_service_gets_its_own_webhook(account: TwilioAccount, twilio: TwilioStandin, public: Public) -> None:
    twilio.numbers.add_service(SERVICE, SMS_FROM)
    service_account = replace(account, sms_from=SERVICE)
    assert all_well(await twilio_setup.set_up(service_account, now=now()))
    held = twilio.numbers.services[SERVICE]
    assert held["inbound_request_url"] == f"{public.url}/webhooks/twilio/{ACCOUNT_SID}"
    assert held["use_inbound_webhook_on_number"] is False
    assert await twilio_setup.numbers_of(service_account) == (SMS_FROM,)


async def test_a_messaging_service_without_a_number_is_a_problem(account: TwilioAccount, twilio: TwilioStandin) -> None:
    twilio.numbers.add_service(SERVICE)
    check = named(await twilio_setup.set_up(replace(account, sms_from=SERVICE), now=now()), "SMS")
    assert check.level is Level.PROBLEM
    assert "Sender Pool" in check.fix


@pytest.mark.parametrize(
    ("spoil", "name", "level", "says"),
    [
        (lambda held: held.phones.clear(), "SMS", Level.PROBLEM, "no number"),
        (lambda held: held.add_phone(SMS_FROM, sms=False), "SMS", Level.PROBLEM, "cannot send SMS"),
        (lambda held: held.senders.clear(), "WhatsApp", Level.PROBLEM, "no WhatsApp sender"),
        (lambda held: held.add_sender(WHATSAPP_FROM, "OFFLINE"), "WhatsApp", Level.PROBLEM, "OFFLINE"),
        (lambda held: setattr(held, "senders_api", False), "WhatsApp", Level.BY_HAND, "Senders API"),
        (lambda held: setattr(held, "status", "suspended"), "account", Level.PROBLEM, "suspended"),
        (lambda held: setattr(held, "kind", "Trial"), "trial", Level.BY_HAND, "trial account"),
    ],
)
async def test_what_is_wrong_with_an_account_is_said_with_what_to_do(
    account: TwilioAccount, twilio: TwilioStandin, spoil: Callable[[object], None], name: str, level: Level, says: str
) -> None:
    spoil(twilio.numbers)
    check = named(await twilio_setup.set_up(account, now=now()), name)
    assert check.level is level
    assert says in check.says
    assert check.fix


async def test_what_the_api_cannot_set_is_printed_to_be_entered(account: TwilioAccount, twilio: TwilioStandin) -> None:
    twilio.numbers.senders_api = False
    check = named(await twilio_setup.set_up(account, now=now()), "WhatsApp")
    assert twilio_setup.inbound_url(account) in check.fix
    assert "Webhook URL for incoming messages" in check.fix


async def test_a_wrong_auth_token_is_said_without_it(account: TwilioAccount) -> None:
    (check,) = await twilio_setup.set_up(replace(account, auth_token="not-the-right-token"), now=now())
    assert check.level is Level.PROBLEM
    assert "CCMM_TWILIO_AUTH_TOKEN" in check.fix
    assert "not-the-right-token" not in str(check)


async def test_a_service_that_runs_with_another_token_is_found_out(
    tmp_path: Path, twilio: TwilioStandin, telegram: TelegramStandin, monkeypatch: pytest.MonkeyPatch
) -> None:
    with service(tmp_path, twilio, telegram, twilio_auth_token="an-older-token") as served:
        monkeypatch.setenv("SSL_CERT_FILE", str(served.certificate))
        checks = await twilio_setup.set_up(replace(twilio_account(twilio.url), public_base_url=served.url), now=now())
    check = named(checks, "webhook")
    assert check.level is Level.PROBLEM
    assert "restart it" in check.fix


async def test_the_check_leaves_nothing_behind(account: TwilioAccount, webhook_bot: TelegramChannel, public: Public) -> None:
    from sqlmodel import func, select

    from ccmm_bot.store.keys import KeyRing
    from ccmm_bot.store.session import Store, open_engine
    from ccmm_bot.store.tables import DeliveryReceipt, Inbound, Quarantine

    await twilio_setup.set_up(account, now=now())
    await telegram_setup.set_up(webhook_bot, (), now=now())
    keys = KeyRing.load(public.settings.secret_key_file)
    store = Store(open_engine(public.settings.database_url, keys), keys)
    with store.installation() as session:
        for table in (Inbound, Quarantine, DeliveryReceipt):
            assert session.exec(select(func.count()).select_from(table)).one() == 0, table
    store.close()


# --- the public address -----------------------------------------------------------------------------------------------------


async def test_an_address_nobody_answers_at_is_a_problem() -> None:
    https, reachable = await reach.public_address(free_port_url())
    assert https.level is Level.PROBLEM, "http is not enough"
    assert reachable.level is Level.PROBLEM
    assert "ccmm-bot serve" in reachable.fix


async def test_an_address_where_somebody_else_answers_is_a_problem(twilio: TwilioStandin) -> None:
    _, reachable = await reach.public_address(twilio.url)
    assert "not as this service does" in reachable.says


async def test_a_certificate_nobody_vouches_for_is_a_problem(public: Public, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")
    _, reachable = await reach.public_address(public.url)
    assert "certificate" in reachable.says


async def test_no_address_at_all_is_a_problem() -> None:
    (check,) = await reach.public_address("")
    assert "CCMM_PUBLIC_BASE_URL" in check.fix


async def test_a_clock_that_is_off_is_a_problem(twilio: TwilioStandin) -> None:
    assert (await reach.clock("Twilio", twilio.url, now())).level is Level.OK
    off = await reach.clock("Twilio", twilio.url, now() + timedelta(minutes=10))
    assert off.level is Level.PROBLEM
    assert "timedatectl" in off.fix
    assert (await reach.clock("Twilio", free_port_url(), now())).level is Level.BY_HAND


def test_a_check_reads_as_a_line_with_what_to_do_below() -> None:
    assert str(ok("bot", "@x")) == "OK      bot: @x"
    assert str(problem("bot", "gone", "Look.")) == "PROBLEM bot: gone\n        Look."
    assert all_well([ok("a", ""), by_hand("b", "", "")])
