"""An application that reads its staff pages and its API with the first request for one of them is the same application."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import httpx
from fastapi import FastAPI

from ccmm_bot.cli.demo import settings_for
from ccmm_bot.runtime import Runtime, open_runtime
from ccmm_bot.web.access import ACCESS, entries
from ccmm_bot.web.app import create_app
from tests.web.serving import Served


@asynccontextmanager
async def _opened(folder: Path) -> AsyncIterator[tuple[FastAPI, tuple[FastAPI, Runtime]]]:
    async with open_runtime(settings_for(folder)) as runtime:
        app = create_app(runtime, pages_later=True)
        yield app, (app, runtime)


def test_the_pages_are_there_for_everybody_who_asks_first(tmp_path: Path) -> None:
    with Served(partial(_opened, tmp_path)) as served, httpx.Client(base_url=served.url) as client, ThreadPoolExecutor(8) as pool:
        app, _runtime = served.inside
        assert client.get("/healthz").status_code == 200
        assert client.post("/webhooks/twilio", data={"Body": "hello"}).status_code == 404  # Twilio is off here
        assert client.get("/staffing").status_code == 404
        assert not [path for _method, path in entries(app.routes) if path.startswith(("/staff", "/api"))]

        asked = ["/staff/sign-in", "/staff", "/api/v1/openapi.json", "/staff/nowhere"] * 4
        answers = list(pool.map(client.get, asked))

        assert [answer.status_code for answer in answers] == [200, 303, 200, 404] * 4
        assert answers[2].json()["paths"]
        assert client.put("/staff/sign-in", headers={"Origin": served.url}).status_code == 405
        listed = list(entries(app.routes))
        assert len(listed) == len(set(listed))
        assert {entry for entry in ACCESS if not entry[1].startswith("/demo")} == set(listed)


def test_what_is_said_of_an_address_knows_the_pages_too(tmp_path: Path) -> None:
    with Served(partial(_opened, tmp_path)) as served, httpx.Client(base_url=served.url) as client:
        app, runtime = served.inside
        assert client.get("/staff/sign-in").status_code == 200
        whole = create_app(runtime)
        assert set(app.state.patterns.values()) == set(whole.state.patterns.values())
        assert 'route="/staff/sign-in"' in client.get("/metrics").text


def test_nothing_of_the_pages_is_read_before() -> None:
    asked = """
import sys
from ccmm_bot.cli import serve
print([name for name in sys.modules if name.startswith(("ccmm_bot.web.staff", "ccmm_bot.web.api", "ccmm_bot.web.demo", "jinja2"))])
"""
    done = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
