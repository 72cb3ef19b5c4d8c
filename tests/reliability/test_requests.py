"""Requests at random, well-formed and not: whatever anybody sends, nothing of ours breaks (no answer of 500 or more).

Webhooks as providers sign them and forged, every page in a session of each role, the API as its own description allows and forbids
it. Some hundred by default, on both databases; ``CCMM_TEST_REQUESTS`` says how many in all.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import sys
import tempfile
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from hypothesis import HealthCheck, Phase, given, settings

from tests.reliability import figures
from tests.reliability.asking import Request
from tests.reliability.hammer import HOST, World, world
from tests.web.serving import Served

ROOT = Path(__file__).resolve().parents[2]
REQUESTS = int(os.environ.get("CCMM_TEST_REQUESTS", "800"))
OVER_HTTP = max(100, REQUESTS // 200)
PROCESSES = int(os.environ.get("CCMM_TEST_REQUESTS_PROCESSES", "1"))
#: Of a hundred requests, how many on which database.
SHARES = {"sqlite": 95, "postgres": 5}
MEMORY = "/dev/shm" if Path("/dev/shm").is_dir() else None  # nothing of it is worth waiting for the disk

pytestmark = pytest.mark.timeout(6 * 3600)


async def hammer(url: str, folder: str, seed: int, number: int) -> dict[str, Any]:
    program = (sys.executable, "-m", "tests.reliability.hammer", url, folder, str(seed), str(number))
    environment = {**os.environ, "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}"}
    process = await asyncio.create_subprocess_exec(*program, cwd=ROOT, env=environment, stdout=asyncio.subprocess.PIPE)
    said = (await process.communicate())[0]
    assert process.returncode == 0, f"it ended by itself (seed {seed})"
    told: dict[str, Any] = json.loads(said)
    return told


@pytest.mark.parametrize("kind", ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
async def test_nothing_breaks_whatever_is_asked(kind: str, request: pytest.FixtureRequest) -> None:
    seed = int(os.environ.get("CCMM_TEST_SEED", random.SystemRandom().randrange(10**9)))
    processes = PROCESSES if kind == "sqlite" else 1
    each = REQUESTS * SHARES[kind] // 100 // processes
    with tempfile.TemporaryDirectory(dir=MEMORY) as folder:
        url = request.getfixturevalue("postgres_url") if kind == "postgres" else ""
        places = [f"{folder}/{n}" for n in range(processes)]
        found = await asyncio.gather(*(hammer(url, place, seed + n * 10**7, each) for n, place in enumerate(places)))
    statuses: Counter[str] = Counter()
    for counted in found:
        statuses.update(counted["statuses"])
    seconds = max(counted["seconds"] for counted in found)
    broken = [each for counted in found for each in counted["broken"]]
    told: dict[str, str | int] = {
        "requests": statuses.total(),
        "answers of 500 or more": sum(n for name, n in statuses.items() if int(name.split()[1]) >= 500),
        "time": f"{seconds:.0f} s",
        "seed": str(seed),
    }
    figures.keep("requests", kind, {"to": f"the application, on {kind}", **told})
    print(f"\n{kind}: {statuses.total()} requests (seed {seed}), {seconds:.0f} s: {dict(sorted(statuses.items()))}")
    assert broken == []
    assert statuses.total() >= each * processes
    if each * processes >= 2_000:  # a few hundred drawn requests may all be of one kind
        assert {name.split()[0] for name in statuses} >= {"webhooks", "staff"}
        assert statuses["webhooks 200"] > each * processes // 60, "the signatures are wrong: nothing got past the door"
        assert statuses["staff 200"] + statuses["staff 303"] > each * processes // 200


@asynccontextmanager
async def opened(folder: Path) -> AsyncIterator[tuple[FastAPI, World]]:
    async with world(folder) as made:
        yield made.app, made


# Starlette leaves the file of a part that was torn off to the collector, which closes it.
@pytest.mark.filterwarnings("ignore:Exception ignored in.*SpooledTemporaryFile:pytest.PytestUnraisableExceptionWarning")
def test_nothing_breaks_over_http_either(tmp_path: Path) -> None:
    """The same requests through sockets, a real server and what it makes of odd addresses and headers."""
    statuses: Counter[int] = Counter()
    broken: list[str] = []
    with Served(partial(opened, tmp_path)) as served, httpx.Client(base_url=served.url, timeout=60) as client:
        made: World = served.inside

        @settings(
            max_examples=OVER_HTTP, phases=[Phase.generate], database=None, deadline=None, suppress_health_check=list(HealthCheck)
        )
        @given(request=made.pages().any_request())
        def ask_one(request: Request) -> None:
            headers = [*request.headers, ("Host", HOST)]
            if request.role is not None:
                headers.append(("Cookie", f"ccmm={made.cookie(request.role)}"))
            try:
                answer = client.request(request.method, request.target, headers=headers, content=request.body)
            except (httpx.InvalidURL, httpx.LocalProtocolError, UnicodeEncodeError, ValueError):
                return  # the client does not say such a thing
            statuses[answer.status_code] += 1
            if answer.status_code >= 500:
                broken.append(f"{answer.status_code} {request!r} {made.log.said}")
            if request.role is not None and answer.headers.get("location", "").startswith("/staff/sign-in"):
                made.cookies.pop(request.role, None)

        ask_one()
    told: dict[str, str | int] = {"to": "a server, over HTTP", "requests": statuses.total(), "answers of 500 or more": len(broken)}
    figures.keep("requests", "over-http", told)
    print(f"\nover HTTP: {statuses.total()} requests: {dict(sorted(statuses.items()))}")
    assert broken == []
    assert statuses.total() > OVER_HTTP // 2
