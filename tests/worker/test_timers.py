"""Timers fire when they are due, once, and one that fails keeps no other waiting."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

from ccmm_bot.messages import ChannelKind, InboundMessage
from ccmm_bot.runtime import Runtime
from ccmm_bot.store.tables import Timer, TimerState
from ccmm_bot.worker.timers import TimerLoop
from tests.conversation.support import rows
from tests.standins.fixtures import SMS_FROM
from tests.worker.conftest import ShiftedClock

NOW = datetime(2026, 1, 5, 20, 0, tzinfo=UTC)


class Store:
    """Due timers and what came of firing them."""

    def __init__(self, *due: str) -> None:
        self.waiting = list(due)
        self.fired: list[str] = []
        self.broken: set[str] = set()
        self.asked = 0

    async def due(self, now: datetime, limit: int) -> list[str]:
        self.asked += 1
        return self.waiting[:limit]

    async def fire(self, timer: str) -> None:
        if timer in self.broken:
            raise RuntimeError("broken")
        self.fired.append(timer)
        self.waiting.remove(timer)


async def test_everything_due_is_fired() -> None:
    store = Store("a", "b", "c")
    loop = TimerLoop(store.due, store.fire, lambda: NOW)
    assert await loop.once() == 3
    assert await loop.once() == 0
    assert sorted(store.fired) == ["a", "b", "c"]


async def test_one_that_fails_is_tried_later_and_keeps_no_other_waiting() -> None:
    store = Store(*(f"broken-{n}" for n in range(150)), "good")
    store.broken = {timer for timer in store.waiting if timer.startswith("broken")}
    now = NOW
    loop = TimerLoop(store.due, store.fire, lambda: now)
    await loop.once()
    await loop.once()
    assert store.fired == ["good"]
    store.broken.clear()
    assert await loop.once() == 0
    now += timedelta(minutes=1)
    await loop.once()
    assert len(store.fired) == 101


async def test_it_looks_again_by_itself_and_survives_a_store_in_trouble() -> None:
    store = Store()
    troubles = 1

    async def due(now: datetime, limit: int) -> list[str]:
        nonlocal troubles
        if troubles:
            troubles -= 1
            raise RuntimeError("the disk is full")
        return await store.due(now, limit)

    loop = TimerLoop(due, store.fire, lambda: NOW, every_s=0.01)
    await loop.start()
    await asyncio.sleep(0.05)
    store.waiting.append("late")
    await asyncio.sleep(0.1)
    await loop.stop()
    assert store.fired == ["late"]


async def test_a_reminder_of_the_real_store_goes_out_once(runtime: Runtime, clock: ShiftedClock) -> None:
    message = InboundMessage(
        channel=ChannelKind.SMS,
        account=SMS_FROM,
        provider_message_id="1",
        sender="+16045550111",
        received_at=clock.now(),
        text="hello",
    )
    await runtime.receiver.receive(message)
    loop = TimerLoop(runtime.timers.due, runtime.receiver.fire, clock.now)
    assert await loop.once() == 0
    clock.shift = timedelta(days=30)
    while await loop.once():
        pass
    # Whatever was set is fired, void, or put off to the next sending hour; nothing is due any more.
    left = [timer for timer in rows(runtime, Timer) if timer.status == TimerState.PENDING]
    assert all(timer.due_at > clock.now() for timer in left)
    assert rows(runtime, Timer)
