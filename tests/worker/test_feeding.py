"""Several workers and one bot that polls: one of them asks for updates, and another takes over from one that dies."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from ccmm_bot.clock import FixedClock
from ccmm_bot.messages import ChannelKind
from ccmm_bot.runtime import CONSOLE, Runtime
from ccmm_bot.store.feeds import EVERY_S, LEASE_S, FeedLeases
from ccmm_bot.worker.feeding import OwnedFeed
from tests.conversation.support import MONDAY_NOON, service, settings
from tests.waiting import until

EVERY = 0.02


class Counted:
    """Counts who runs at the same time."""

    running = most = 0

    async def start(self) -> None:
        Counted.running += 1
        Counted.most = max(Counted.most, Counted.running)

    async def stop(self) -> None:
        Counted.running -= 1


@pytest.fixture
async def runtime(database_url: str, tmp_path: Path) -> AsyncIterator[Runtime]:
    Counted.running = Counted.most = 0
    async with service(settings(database_url, tmp_path), FixedClock(MONDAY_NOON)) as opened:
        yield opened


def worker(runtime: Runtime, name: str, lease_s: float = LEASE_S) -> OwnedFeed:
    leases = FeedLeases(runtime.database.runner, name, lease_s=lease_s)
    return OwnedFeed(leases, *CONSOLE, Counted, every_s=EVERY)


async def test_one_of_many_asks_and_another_follows_when_it_stops(runtime: Runtime) -> None:
    workers = [worker(runtime, str(n)) for n in range(4)]
    for each in workers:
        await each.start()
    for left in (4, 3, 2, 1):
        await until(lambda: any(each.running for each in workers))
        assert Counted.most == 1
        owner = next(each for each in workers if each.running)
        await owner.stop()
        workers.remove(owner)
        assert len(workers) == left - 1
    assert (Counted.running, Counted.most) == (0, 1)


async def test_from_one_that_dies_another_takes_over_when_its_lease_has_ended(runtime: Runtime) -> None:
    dead = FeedLeases(runtime.database.runner, "dead", lease_s=0.5)
    heir = FeedLeases(runtime.database.runner, "heir")
    assert await dead.take(*CONSOLE)
    assert not await heir.take(*CONSOLE)
    assert await dead.take(*CONSOLE), "it may renew as long as it lives"
    follower = worker(runtime, "heir")
    await follower.start()
    await until(lambda: follower.running)
    assert not await dead.take(*CONSOLE), "who was only slow has lost it"
    await follower.stop()


async def test_nobody_waits_for_a_lease_from_before_the_clock_was_set_back(runtime: Runtime) -> None:
    assert await FeedLeases(runtime.database.runner, "dead", lease_s=86_400.0).take(*CONSOLE)
    assert await FeedLeases(runtime.database.runner, "heir").take(*CONSOLE)


async def test_who_has_lost_it_stops_asking(runtime: Runtime) -> None:
    slow = worker(runtime, "slow", lease_s=0.0)
    await slow.start()
    await until(lambda: slow.running)
    other = FeedLeases(runtime.database.runner, "other")
    async with asyncio.timeout(10):
        while not await other.take(*CONSOLE):  # noqa: ASYNC110 - what is waited for is in the store
            await asyncio.sleep(0)
    await until(lambda: not slow.running)
    await slow.stop()
    assert await other.take(ChannelKind.CONSOLE, "console")


def test_it_is_taken_over_within_thirty_seconds() -> None:
    assert LEASE_S + EVERY_S < 30
