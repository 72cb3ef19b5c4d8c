"""One sender of hundreds of messages a second: everybody else is answered as before, and he is not.

Over real HTTP, to one process. Some seconds by default; ``CCMM_TEST_NOISE=500`` makes it five hundred messages a second for twenty
seconds, and holds the others to two seconds at the 99th percentile.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections import Counter
from pathlib import Path

import httpx
import pytest
from sqlmodel import col, func, select

from ccmm_bot.conversation.pace import FLOOD_FROM
from ccmm_bot.store.database import Database
from ccmm_bot.store.safekeeping import open_keys
from ccmm_bot.store.tables import Conversation, Flag, Inbound, Outbox
from tests.reliability.alone import Alone
from tests.standins.fixtures import SMS_FROM, caller, twilio
from tests.standins.twilio_api import TwilioStandin
from tests.standins.twilio_webhooks import TwilioCaller

__all__ = ["caller", "twilio"]

RATE = int(os.environ.get("CCMM_TEST_NOISE", "0"))
NOISY, OTHERS = "+16045550000", 20
SECONDS, A_SECOND = (20.0, RATE) if RATE else (3.0, 80)
AT_MOST_S = 2.0

pytestmark = pytest.mark.timeout(300)


async def post(client: httpx.AsyncClient, service: Alone, caller: TwilioCaller, sender: str, body: str) -> tuple[int, float]:
    call = caller.message(sender=sender, to=SMS_FROM, body=body)
    began = time.monotonic()
    try:
        answer = await client.post(f"{service.url}{call.path}", content=call.body, headers=call.headers)
    except httpx.HTTPError:
        return 0, time.monotonic() - began
    return answer.status_code, time.monotonic() - began


async def test_one_noisy_sender_keeps_nobody_waiting(twilio: TwilioStandin, caller: TwilioCaller, tmp_path: Path) -> None:
    service = Alone(tmp_path, twilio.url)
    noise: list[asyncio.Task[tuple[int, float]]] = []
    others: list[tuple[int, float]] = []
    try:
        await asyncio.to_thread(service.start)
        limits = httpx.Limits(max_connections=200)
        async with (
            httpx.AsyncClient(timeout=60, limits=limits) as loud,
            httpx.AsyncClient(timeout=60, limits=limits) as quiet,
        ):
            ends = time.monotonic() + SECONDS

            async def shout() -> None:
                began, sent = time.monotonic(), 0
                while time.monotonic() < ends:
                    while sent < (time.monotonic() - began) * A_SECOND:
                        noise.append(asyncio.ensure_future(post(loud, service, caller, NOISY, f"noise {sent}")))
                        sent += 1
                    await asyncio.sleep(0.01)

            async def speak(number: int) -> None:
                n = 0
                while time.monotonic() < ends:
                    others.append(await post(quiet, service, caller, f"+1604555{number + 1:04d}", ("hello", "1", "menu")[n % 3]))
                    n += 1
                    await asyncio.sleep(1)

            await asyncio.gather(shout(), *(speak(number) for number in range(OTHERS)))
            heard = Counter(status for status, _ in await asyncio.gather(*noise))
    finally:
        service.kill()
    slow = sorted(seconds for _, seconds in others)
    p99 = slow[int(len(slow) * 0.99)]
    database = Database(service.database, open_keys(service.database, tmp_path / "secret.key"))
    try:
        with database.store.installation() as session:
            talks = session.exec(
                select(func.count(col(Inbound.id)))
                .select_from(Inbound)
                .group_by(col(Inbound.conversation_id))
                .order_by(func.count(col(Inbound.id)).desc())
            ).all()
            answered = session.exec(
                select(func.count(col(Outbox.id)))
                .select_from(Outbox)
                .group_by(col(Outbox.conversation_id))
                .order_by(func.count(col(Outbox.id)).desc())
            ).all()
            flags = set(session.exec(select(Flag.reason)).all())
            people = session.exec(select(func.count(col(Conversation.id)))).one()
    finally:
        database.store.close()
    print(
        f"\n{len(noise)} messages of one sender in {SECONDS:.0f} s ({dict(heard)}), {answered[0]} to him; {len(others)} of "
        f"{OTHERS} others: median {slow[len(slow) // 2] * 1000:.0f} ms, 99 % {p99:.2f} s, at most {slow[-1]:.2f} s"
    )
    assert {status for status, _ in others} == {200}, "somebody else was not heard"
    assert people == OTHERS + 1
    assert heard[200] == talks[0], "what was acknowledged is kept"
    assert set(heard) <= {200, 429, 503}
    assert "too_many_messages" in flags
    assert answered[0] <= 2 * FLOOD_FROM, "he is answered no more than a person could read"
    if RATE:
        assert p99 < AT_MOST_S
