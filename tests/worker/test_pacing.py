"""Nobody sends faster than the provider takes it, and one who has much to say takes no more than her turn."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from sqlmodel import select

from ccmm_bot.channels.rates import TELEGRAM, UNPACED, Rates, of_twilio
from ccmm_bot.channels.registry import Channels
from ccmm_bot.messages import ChannelKind
from ccmm_bot.runtime import Runtime, open_runtime
from ccmm_bot.store.tables import ChannelAccount
from ccmm_bot.worker.pacing import Pace
from tests.conversation.support import settings
from tests.worker.test_sender import write

SMS = (ChannelKind.SMS, "+16045550100")


async def taken(pace: Pace, chat: str, rates: Rates, turns: int) -> list[float]:
    """When each of so many turns came, in seconds from now."""
    began = time.monotonic()
    times = []
    for _ in range(turns):
        await pace.turn(SMS, chat, rates)
        times.append(time.monotonic() - began)
    return times


@pytest.mark.parametrize(
    ("kind", "sender", "rate"),
    [
        (ChannelKind.SMS, "+16045550100", 1),
        (ChannelKind.SMS, "+18445550100", 3),
        (ChannelKind.SMS, "55555", 100),
        (ChannelKind.SMS, "MG" + "0" * 32, 1),
        (ChannelKind.WHATSAPP, "+16045550100", 80),
    ],
)
def test_a_sender_has_its_providers_rate(kind: ChannelKind, sender: str, rate: float) -> None:
    assert of_twilio(kind, sender) == Rates(sender=rate)


def test_telegram_takes_thirty_a_second_and_one_a_chat() -> None:
    assert (TELEGRAM.sender, TELEGRAM.chat) == (30, 1)


async def test_a_sender_keeps_to_its_rate_over_all_chats() -> None:
    pace, rates = Pace(), Rates(sender=50)
    times = [at for each in await asyncio.gather(*(taken(pace, str(n), rates, 5) for n in range(5))) for at in each]
    assert max(times) >= 24 / 50 * 0.95
    ordered = sorted(times)
    assert all(later - earlier >= 0.9 for earlier, later in zip(ordered, ordered[50:], strict=False))


async def test_a_chat_keeps_to_its_own_rate_and_slows_no_other() -> None:
    pace, rates = Pace(), Rates(chat=10)
    noisy, quiet = await asyncio.gather(taken(pace, "noisy", rates, 5), taken(pace, "quiet", rates, 1))
    assert noisy[-1] >= 0.39
    assert quiet[0] < 0.09


async def test_one_with_fifty_messages_takes_every_other_turn_at_most() -> None:
    pace, rates = Pace(), Rates(sender=50)
    noisy = asyncio.create_task(taken(pace, "noisy", rates, 50))
    await asyncio.sleep(0.1)
    quiet = await taken(pace, "quiet", rates, 5)
    noisy.cancel()
    assert quiet[-1] < 5 * 2 / 50 + 0.2


async def test_a_refusal_in_one_chat_pauses_that_chat_only_and_in_two_the_sender() -> None:
    pace, rates = Pace(), Rates(sender=1000)
    await taken(pace, "a", rates, 1)
    pace.refused(SMS, "a", 0.3)
    assert (await taken(pace, "b", rates, 1))[0] < 0.2
    pace.refused(SMS, "b", 0.3)
    assert (await taken(pace, "c", rates, 1))[0] >= 0.25


async def test_without_a_rate_nobody_waits() -> None:
    assert (await taken(Pace(), "a", UNPACED, 1000))[-1] < 0.5


@pytest.fixture
async def processes(database_url: str, tmp_path: Path) -> AsyncIterator[list[Pace]]:
    """The queues of three that send by the same number, each with its own connection to the store."""
    async with AsyncExitStack() as stack:
        opened = []
        for _ in range(3):
            runtime = await stack.enter_async_context(open_runtime(settings(database_url, tmp_path), channels=Channels()))
            opened.append(Pace(runtime.outbox.slots))
        with runtime.store.writing(runtime.agency_id) as session:
            session.add(ChannelAccount(agency_id=runtime.agency_id, channel=SMS[0], account=SMS[1]))
        yield opened


async def test_several_processes_together_keep_to_a_senders_rate(processes: list[Pace]) -> None:
    rates = Rates(sender=40)
    turns = (taken(process, f"{n}-{chat}", rates, 5) for n, process in enumerate(processes) for chat in range(4))
    times = sorted(at for each in await asyncio.gather(*turns) for at in each)
    assert len(times) == 60
    assert times[-1] >= 59 / 40 * 0.95, "all together, not each for itself"
    crowd = max(sum(1 for other in times if at <= other < at + 0.5) for at in times)
    assert crowd <= 40 * 0.5 + 3 * 4 + 1, "never more at once than what processes take ahead"


async def test_a_process_that_dies_with_a_turn_in_hand_wastes_that_one(processes: list[Pace]) -> None:
    rates = Rates(sender=2)
    gone, heir = processes[0], processes[1]
    await taken(gone, "a", rates, 1)
    dying = [asyncio.create_task(taken(gone, str(n), rates, 1)) for n in range(50)]
    await asyncio.sleep(0.1)
    for each in dying:
        each.cancel()
    await asyncio.gather(*dying, return_exceptions=True)
    assert (await taken(heir, "b", rates, 1))[0] < 10, "not behind fifty that nobody takes"


async def test_a_turn_from_before_the_clock_was_set_back_is_not_waited_for(runtime: Runtime) -> None:
    tomorrow = time.time() + 86_400
    with runtime.store.writing(runtime.agency_id) as session:
        session.exec(select(ChannelAccount).where(ChannelAccount.account == SMS[1])).one().free_at = tomorrow
    assert await runtime.outbox.slots.take(*SMS, 1, 1.0) == 0
    assert 0 < await runtime.outbox.slots.take(*SMS, 1, 1.0) <= 1, "and the next turn comes after this one"


async def test_a_chat_keeps_its_rate_across_processes(runtime: Runtime) -> None:
    receipt = await write(runtime)
    chat = receipt.conversation_id
    assert await runtime.outbox.slots.chat_free_in(chat, 1) == 0, "nothing was sent there yet"
    await runtime.outbox.claim([receipt.outbound[0].id], "another process", 60)
    assert 0 < await runtime.outbox.slots.chat_free_in(chat, 60) <= 60
    waited = (await taken(Pace(runtime.outbox.slots), chat, Rates(chat=2), 1))[0]
    assert waited <= 0.6
