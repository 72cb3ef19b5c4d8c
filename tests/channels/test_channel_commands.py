"""``ccmm-bot channel``, as an operator runs it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from ccmm_bot.conversation.invitation_codes import given
from tests.channels.public import Public, service
from tests.standins.fixtures import ACCOUNT_SID, AUTH_TOKEN, SMS_FROM, WHATSAPP_FROM
from tests.standins.telegram_api import TelegramStandin
from tests.standins.twilio_api import TwilioStandin


@pytest.fixture
def public(tmp_path: Path, twilio: TwilioStandin, telegram: TelegramStandin) -> Iterator[Public]:
    """A running service."""
    twilio.numbers.add_phone(SMS_FROM)
    twilio.numbers.add_sender(WHATSAPP_FROM)
    with service(tmp_path, twilio, telegram) as served:
        yield served


def channel(public: Public, *words: str, typed: str = "", **more: str) -> subprocess.CompletedProcess[str]:
    """Run one command with the operator's environment."""
    environment = {**os.environ, **public.environment, "SSL_CERT_FILE": str(public.certificate), **more}
    command = [sys.executable, "-m", "ccmm_bot", "channel", *words]
    folder = public.certificate.parent
    return subprocess.run(command, env=environment, cwd=folder, input=typed, capture_output=True, text=True, timeout=90)


def test_setting_up_says_how_each_thing_stands(public: Public, twilio: TwilioStandin) -> None:
    done = channel(public, "setup", "twilio")
    assert done.returncode == 0, done.stdout + done.stderr
    assert all(line.startswith("OK") for line in done.stdout.splitlines())
    assert f"{SMS_FROM} now calls {public.url}" in done.stdout
    assert public.environment["CCMM_TWILIO_AUTH_TOKEN"] not in done.stdout + done.stderr


def test_setting_up_with_a_problem_ends_with_status_1(public: Public, twilio: TwilioStandin) -> None:
    twilio.numbers.phones.clear()
    done = channel(public, "setup", "twilio")
    assert done.returncode == 1
    assert "PROBLEM SMS" in done.stdout
    assert "Buy a number" in done.stdout


def test_setting_up_what_is_off_names_the_setting(public: Public) -> None:
    done = channel(public, "setup", "telegram", CCMM_TELEGRAM_TOKEN="")
    assert done.returncode == 1
    assert "CCMM_TELEGRAM_TOKEN" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_telegram_bot_is_set_up_as_well(public: Public, telegram: TelegramStandin) -> None:
    done = channel(public, "setup", "telegram")
    assert "@ccmm_test_bot" in done.stdout
    assert "takes requests signed for us" in done.stdout
    assert "PROBLEM port" in done.stdout, "a port of this machine, which Telegram would not call"
    assert "ti" in telegram.front.commands


def test_the_list_shows_every_sender_and_whose_it_is(public: Public) -> None:
    listed = channel(public, "list").stdout
    assert re.search(rf"sms +\{SMS_FROM} +on +Harbour Settlement Society", listed)
    assert re.search(r"telegram +5000000001 +on", listed)


def test_an_invitation_is_printed_once_with_its_links(public: Public) -> None:
    done = channel(public, "invite", "--language", "ti", "--expires", "3")
    assert done.returncode == 0, done.stderr
    person = re.search(r"New person: (\S+)", done.stdout)
    code = re.search(r"Code: (\S+)", done.stdout)
    assert person
    assert code
    read = given(code[1])
    assert read is not None
    assert read.code
    assert "https://wa.me/16045550199?text=START" in done.stdout
    assert f"https://t.me/ccmm_test_bot?start={read.code}" in done.stdout
    assert f"sms:{SMS_FROM}?body=START" in done.stdout
    again = channel(public, "invite", "--person", person[1])
    assert code[1] not in again.stdout
    assert channel(public, "invite", "--person", "K7-XXXX").returncode == 1


def test_each_agency_invites_by_its_own_senders(public: Public, tmp_path: Path) -> None:
    hillside = ("--agency", "Hillside")
    new = (*hillside, "--new-agency", "--service-name", "Hill", "--channel", "sms", "--sender", "+16045550177")
    account = ("--account-sid", ACCOUNT_SID, "--api-base-url", public.environment["CCMM_TWILIO_API_BASE_URL"])
    assert channel(public, "account", "add", *new, *account, typed=f"{AUTH_TOKEN}\n").returncode == 0
    unclear = channel(public, "invite", "--language", "ti")
    assert unclear.returncode == 1
    assert "say which, with --agency" in unclear.stderr
    done = channel(public, "invite", "--language", "ti", *hillside)
    assert done.returncode == 0, done.stderr
    assert "sms:+16045550177?body=START" in done.stdout
    assert SMS_FROM not in done.stdout, "the other agency's number"
    person = re.search(r"New person: (\S+)", done.stdout)
    assert person
    assert channel(public, "invite", "--person", person[1], "--agency", "Harbour Settlement Society").returncode == 1
    poster = channel(public, "poster", "--language", "ti", "--output", str(tmp_path / "hill.svg"), *hillside)
    assert poster.returncode == 0, poster.stderr
    assert "Hillside" in (tmp_path / "hill.svg").read_text()
    absent = channel(public, "setup", "telegram", *hillside)
    assert absent.returncode == 1
    assert "no such account of Hillside is on" in absent.stderr


def test_templates_are_handed_in_once_and_their_approval_is_shown_by_language(public: Public, twilio: TwilioStandin) -> None:
    status = channel(public, "templates", "status")
    assert status.returncode == 1
    assert f"{WHATSAPP_FROM}  knock en  not handed in: run `ccmm-bot channel templates submit`" in status.stdout
    handed_in = channel(public, "templates", "submit")
    assert handed_in.returncode == 0, handed_in.stderr
    assert f"{WHATSAPP_FROM}  knock en  received" in handed_in.stdout
    made = len(twilio.contents.made)
    assert made == len([line for line in handed_in.stdout.splitlines() if line.endswith("received")])
    again = channel(public, "templates", "submit")
    assert {line.rpartition("  ")[2] for line in again.stdout.splitlines()} == {"handed in before"}
    assert len(twilio.contents.made) == made
    twilio.contents.approve()
    refused = next(iter(twilio.contents.approvals.values()))
    refused |= {"status": "rejected", "rejection_reason": "It sounds like advertising."}
    told = channel(public, "templates", "status")
    assert told.returncode == 1
    assert "rejected: It sounds like advertising." in told.stdout
    assert "WhatsApp has no templates in" in told.stdout
    refused["status"] = "approved"
    assert channel(public, "templates", "status").returncode == 0


def test_without_a_whatsapp_sender_templates_say_what_is_missing(public: Public) -> None:
    done = channel(public, "templates", "submit", CCMM_TWILIO_WHATSAPP_FROM="")
    assert done.returncode == 1
    assert "CCMM_TWILIO_WHATSAPP_FROM" in done.stderr


def test_a_poster_is_written_as_pdf_or_svg(public: Public, tmp_path: Path) -> None:
    for name, begins in (("ti.pdf", b"%PDF-"), ("ar.svg", b"<svg ")):
        done = channel(public, "poster", "--language", name[:2], "--output", str(tmp_path / name))
        assert done.returncode == 0, done.stderr
        assert (tmp_path / name).read_bytes().startswith(begins)
    assert channel(public, "poster", "--language", "ti", "--output", str(tmp_path / "ti.png")).returncode == 1
    missing = channel(public, "poster", "--language", "xx", "--output", str(tmp_path / "xx.pdf"))
    assert missing.returncode == 1
    assert "Traceback" not in missing.stderr
    assert not (tmp_path / "xx.pdf").exists()


def test_a_test_message_to_telegram_is_followed_to_its_end(public: Public, telegram: TelegramStandin) -> None:
    done = channel(public, "test", "--channel", "telegram", "--to", "777000111")
    assert "has to write to the bot first" in done.stdout or "sending hours" in done.stdout
    assert done.returncode == 1
