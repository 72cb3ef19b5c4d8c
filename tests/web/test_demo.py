"""The demonstration: the real service with phones on a page, for this machine only."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import partial
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from ccmm_bot.cli.demo import Opened, open_demonstration, settings_for
from ccmm_bot.web.access import entries
from ccmm_bot.web.demo.state import ACCOUNTS, new_address
from ccmm_bot.web.security import WEBHOOKS
from tests.web.html import document
from tests.web.serving import Served, Site


@asynccontextmanager
async def opening(folder: Path) -> AsyncIterator[tuple[FastAPI, Opened]]:
    async with open_demonstration(folder) as opened:
        yield opened.app, opened


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with Served(partial(opening, tmp_path_factory.mktemp("demo"))) as served:
        yield served


@pytest.fixture
def page(demo: Served) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=demo.url, headers={"Origin": demo.url, "HX-Request": "true"}, timeout=30) as client:
        client.post("/demo/phones/sms/reset")
        yield client


def bubbles(answer: httpx.Response) -> list[str]:
    found = document(f"<div>{answer.text}</div>").xpath("//*[contains(@class, 'text')]")
    return [" ".join(element.text_content().split()) for element in found]


def test_the_page_opens_the_staff_page_without_a_sign_in(demo: Served) -> None:
    with httpx.Client(base_url=demo.url, timeout=30) as client:
        assert client.get("/", follow_redirects=True).status_code == 200
        assert client.get("/staff/today").status_code == 200


def test_people_of_every_kind_have_written_before_it_opens(demo: Served) -> None:
    with httpx.Client(base_url=demo.url, timeout=30) as client:
        client.get("/demo")
        text = client.get("/staff/today").text
    for expected in ("High", "Normal", "Tigrinya", "Arabic", "Dari", "French", "SMS", "WhatsApp", "Telegram", "Stopped"):
        assert expected in text, expected
    assert "A person is talking" in text
    assert "every person and message here is invented" in text


@pytest.mark.parametrize("host", ["evil.example", "10.0.0.5", "0.0.0.0", "127.0.0.1.evil.example"])
def test_no_other_name_of_this_machine_opens_it(demo: Served, host: str) -> None:
    answer = httpx.get(f"{demo.url}/demo", headers={"Host": host}, timeout=30)
    assert answer.status_code == 404
    assert "set-cookie" not in answer.headers


def test_an_ordinary_service_has_no_demonstration(site: Site) -> None:
    with site.browser() as client:
        for path in ("/demo", "/demo/staff", "/demo/phones/sms"):
            assert client.get(path).status_code == 404
    assert not [path for _method, path in entries(site.service.app.routes) if path.startswith("/demo")]


def test_the_demonstration_talks_to_no_provider_whatever_the_environment_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CCMM_TELEGRAM_TOKEN", "123:abc")
    monkeypatch.setenv("CCMM_TWILIO_ACCOUNT_SID", "AC1")
    monkeypatch.setenv("CCMM_DATABASE_URL", "postgresql://elsewhere/real")
    settings = settings_for(tmp_path)
    assert settings.telegram_token.get_secret_value() == settings.twilio_account_sid == ""
    assert settings.database_url.startswith(f"sqlite:///{tmp_path}")


def test_a_phone_shows_what_was_typed_and_what_came_back(page: httpx.Client) -> None:
    answer = page.post("/demo/phones/sms/write", data={"text": "ሰላም"})
    said = bubbles(answer)
    assert said[0] == "ሰላም"
    assert "ትግርኛ" in said[1]
    assert "SMS · UCS-2" in answer.text


def test_a_tap_is_sent_as_a_tap_and_an_invented_button_is_not(page: httpx.Client) -> None:
    page.post("/demo/phones/telegram/reset")
    menu = page.post("/demo/phones/telegram/write", data={"text": "سلام"})
    form = re.search(r'name="message" value="([^"]+)"', menu.text)
    button = re.search(r'name="payload" value="([^"]+)"[^>]*>العربية', menu.text)
    assert form
    assert button
    tapped = page.post("/demo/phones/telegram/tap", data={"message": form[1], "payload": button[1]})
    assert bubbles(tapped)[2] == "العربية"
    assert 'lang="ar"' in tapped.text
    assert page.post("/demo/phones/telegram/tap", data={"message": form[1], "payload": "w1.nonsense"}).status_code == 404


def test_the_screen_answers_only_when_something_changed(page: httpx.Client) -> None:
    first = page.get("/demo/phones/sms")
    seen = re.search(r'name="seen" value="([^"]+)"', first.text)
    assert seen
    assert page.get("/demo/phones/sms", params={"seen": seen[1]}).status_code == 204


def test_letting_time_pass_brings_the_reminder(page: httpx.Client, demo: Served) -> None:
    inside: Opened = demo.inside
    before = inside.runtime.clock.now()
    said = bubbles(page.post("/demo/phones/sms/write", data={"text": "hello"}))
    page.post("/demo/phones/sms/write", data={"text": "English"})
    after = page.post("/demo/phones/sms/forward")
    assert inside.runtime.clock.now() - before > timedelta(hours=12)
    assert len(bubbles(after)) > len(said)
    assert "We are still here" in after.text
    assert page.get("/staff/today").status_code == 200, "the staff session did not grow old meanwhile"


def test_a_new_phone_has_a_new_number_and_remembers_nothing(page: httpx.Client, demo: Served) -> None:
    page.post("/demo/phones/sms/write", data={"text": "hello"})
    inside: Opened = demo.inside
    before = dict(inside.demonstration.handsets)
    answer = page.post("/demo/phones/sms/reset")
    assert bubbles(answer) == []
    kind = next(iter(ACCOUNTS))
    assert inside.demonstration.handsets[kind].phone != before[kind].phone


def test_the_phones_have_numbers_that_nobody_has() -> None:
    for kind in ACCOUNTS:
        for _ in range(50):
            assert re.fullmatch(r"\+1[2-9]\d\d55501\d\d|7[1-9]\d{8}", new_address(kind))


def test_hostile_words_on_a_phone_stay_words(page: httpx.Client) -> None:
    answer = page.post("/demo/phones/sms/write", data={"text": "<img src=x onerror=alert(1)>"})
    assert "<img" not in answer.text


def test_without_scripts_the_page_works_by_its_forms(demo: Served) -> None:
    with httpx.Client(base_url=demo.url, headers={"Origin": demo.url}, timeout=30, follow_redirects=True) as client:
        answer = client.post("/demo/phones/sms/write", data={"text": "no scripts here"})
        assert answer.url.path == "/demo"
        assert "no scripts here" in answer.text


def test_the_demonstration_takes_no_webhooks(demo: Served) -> None:
    assert httpx.post(f"{demo.url}{WEBHOOKS}telegram", content=b"{}", timeout=30).status_code == 404


def test_the_command_says_where_it_answers_and_leaves_nothing_behind(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "ccmm_bot", "demo", "--port", str(port)]
    environment = {**os.environ, "TMPDIR": str(tmp_path), "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as running:
        assert running.stdout
        said = next(line for line in running.stdout if "http://" in line)
        assert f"http://127.0.0.1:{port}/" in said
        assert httpx.get(f"http://127.0.0.1:{port}/demo", timeout=30).status_code == 200
        assert list(tmp_path.iterdir())
        running.terminate()
        running.wait(30)
    assert list(tmp_path.iterdir()) == []
