"""One sender of hundreds of messages a second: everybody else is answered as before, and he is not.

Over real HTTP, to one process. Some seconds by default; ``CCMM_TEST_NOISE=500`` makes it five hundred messages a second for twenty
seconds, and holds the others to two seconds at the 99th percentile.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from sqlmodel import col, func, select

from ccmm_bot.conversation.pace import FLOOD_FROM, FLOOD_WINDOW
from ccmm_bot.store.database import Database
from ccmm_bot.store.safekeeping import open_keys
from ccmm_bot.store.tables import Conversation, Flag, Inbound, Outbox
from tests.reliability import figures
from tests.reliability.alone import Alone
from tests.reliability.fleet import ROOT
from tests.standins.fixtures import SMS_FROM, caller, twilio
from tests.standins.twilio_api import TwilioStandin
from tests.standins.twilio_webhooks import TwilioCaller

__all__ = ["caller", "twilio"]

RATE = int(os.environ.get("CCMM_TEST_NOISE", "0"))
OTHERS = 20
SECONDS, A_SECOND = (20.0, RATE) if RATE else (3.0, 80)
AT_MOST_S = 2.0
FLOOD_S = FLOOD_WINDOW.total_seconds()

pytestmark = pytest.mark.timeout(300)


@dataclass(frozen=True, kw_only=True)
class Seen:
    """What came of it. ``heard``: the answers to the noisy one by their status; ``waited``: the others', in seconds, sorted."""

    heard: dict[int, int]
    statuses: set[int]
    waited: Sequence[float]
    took_s: float  # until the noisy one had his last answer
    people: int
    kept: int  # of the noisy one's messages
    answered: int  # messages to him
    flags: set[str]

    @property
    def p99(self) -> float:
        return self.waited[int(len(self.waited) * 0.99)]

    def broken(self) -> list[str]:
        """The promises that were."""
        promises = {
            "somebody else was not heard": self.statuses == {200} and self.people == OTHERS + 1,
            "what was acknowledged is kept": self.heard.get(200) == self.kept,
            "nothing breaks": set(self.heard) <= {200, 429, 503},
            "staff are told": "too_many_messages" in self.flags,
            "he is answered no more than a person could read": self.answered <= 2 * FLOOD_FROM * (1 + self.took_s // FLOOD_S),
            "the others are answered in time": not RATE or self.p99 < AT_MOST_S,
        }
        return [promise for promise, held in promises.items() if not held]


async def noise(service: Alone, caller: TwilioCaller) -> Seen:
    """The noisy one and the others, at the same time."""
    environment = {**os.environ, "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}"}
    program = (sys.executable, "-m", "tests.reliability.shouting", service.url, str(A_SECOND), str(SECONDS))
    waited: list[tuple[int, float]] = []
    try:
        await asyncio.to_thread(service.start)
        shouting = await asyncio.create_subprocess_exec(*program, cwd=ROOT, env=environment, stdout=asyncio.subprocess.PIPE)
        assert shouting.stdout is not None
        await shouting.stdout.readline()  # "ready"
        began = time.monotonic()
        async with httpx.AsyncClient(timeout=60) as client:

            async def speak(number: int) -> None:
                for n in range(int(SECONDS)):
                    await asyncio.sleep(max(0.0, began + n + number / OTHERS - time.monotonic()))
                    call = caller.message(sender=f"+1604555{number + 1:04d}", to=SMS_FROM, body=("hello", "1", "menu")[n % 3])
                    asked = time.monotonic()
                    try:
                        answer = await client.post(f"{service.url}{call.path}", content=call.body, headers=call.headers)
                        waited.append((answer.status_code, time.monotonic() - asked))
                    except httpx.HTTPError:
                        waited.append((0, time.monotonic() - asked))

            await asyncio.gather(*(speak(number) for number in range(OTHERS)))
        said = await shouting.stdout.read()
        took = time.monotonic() - began
    finally:
        service.kill()
    assert await shouting.wait() == 0
    database = Database(service.database, open_keys(service.database, service.folder / "secret.key"))
    try:
        with database.store.installation() as session:
            most = {
                table: session.exec(
                    select(func.count(col(table.id)))
                    .group_by(col(table.conversation_id))
                    .order_by(func.count(col(table.id)).desc())
                    .limit(1)
                ).one()
                for table in (Inbound, Outbox)
            }
            return Seen(
                heard={int(status): count for status, count in json.loads(said).items()},
                statuses={status for status, _ in waited},
                waited=sorted(seconds for _, seconds in waited),
                took_s=took,
                people=session.exec(select(func.count(col(Conversation.id)))).one(),
                kept=most[Inbound],
                answered=most[Outbox],
                flags=set(session.exec(select(Flag.reason)).all()),
            )
    finally:
        database.store.close()


async def test_one_noisy_sender_keeps_nobody_waiting(twilio: TwilioStandin, caller: TwilioCaller, tmp_path: Path) -> None:
    seen = await noise(Alone(tmp_path, twilio.url), caller)
    number = sum(seen.heard.values())
    median, slowest = seen.waited[len(seen.waited) // 2], seen.waited[-1]
    told: dict[str, str | int] = {
        "messages of one sender": number,
        "a second": f"{number / seen.took_s:.0f}",
        "acknowledged": seen.heard.get(200, 0),
        "answers to him": seen.answered,
        "messages of others": len(seen.waited),
        "their median": f"{median * 1000:.0f} ms",
        "99 %": f"{seen.p99:.2f} s",
        "at most": f"{slowest:.2f} s",
    }
    figures.keep("noise", "sqlite", told)
    print(f"\n{told}")
    assert seen.broken() == []


async def test_a_noisy_sender_who_is_not_told_apart_is_found(twilio: TwilioStandin, caller: TwilioCaller, tmp_path: Path) -> None:
    """Seen to fail: the same check on a service that answers everybody alike."""
    broken = (await noise(Alone(tmp_path, twilio.url, fault="nobody-is-noisy"), caller)).broken()
    assert "staff are told" in broken
