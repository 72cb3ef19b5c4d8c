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
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
REQUESTS = int(os.environ.get("CCMM_TEST_REQUESTS", "800"))
PROCESSES = int(os.environ.get("CCMM_TEST_REQUESTS_PROCESSES", "1"))
#: Of a hundred requests, how many on which database.
SHARES = {"sqlite": 85, "postgres": 15}
MEMORY = "/dev/shm" if Path("/dev/shm").is_dir() else None  # nothing of it is worth waiting for the disk

pytestmark = pytest.mark.timeout(6 * 3600)


async def hammer(url: str, folder: str, seed: int, number: int) -> dict[str, object]:
    program = (sys.executable, "-m", "tests.reliability.hammer", url, folder, str(seed), str(number))
    environment = {**os.environ, "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}"}
    process = await asyncio.create_subprocess_exec(*program, cwd=ROOT, env=environment, stdout=asyncio.subprocess.PIPE)
    said = (await process.communicate())[0]
    assert process.returncode == 0, f"it ended by itself (seed {seed})"
    figures: dict[str, object] = json.loads(said)
    return figures


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
    for figures in found:
        statuses.update(figures["statuses"])  # type: ignore[call-overload]
    seconds = max(float(str(figures["seconds"])) for figures in found)
    print(f"\n{kind}: {statuses.total()} requests (seed {seed}), {seconds:.0f} s: {dict(sorted(statuses.items()))}")
    assert [broken for figures in found for broken in figures["broken"]] == []  # type: ignore[attr-defined]
    assert statuses.total() >= each * processes
    assert {name.split()[0] for name in statuses} >= {"webhooks", "staff"}
    assert statuses["webhooks 200"] > each * processes // 10, "the signatures are wrong: nothing got past the door"
    assert statuses["staff 200"] + statuses["staff 303"] > each * processes // 50
