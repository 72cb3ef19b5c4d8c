"""A test message goes the way of every message, and is followed to its end."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from ccmm_bot.channels.console import ACCOUNT, ConsoleChannel
from ccmm_bot.channels.registry import Channels
from ccmm_bot.cli.channel_following import follow
from ccmm_bot.clock import FixedClock
from ccmm_bot.errors import CcmmError
from ccmm_bot.messages import ChannelKind, OutboundMessage
from ccmm_bot.runtime import Runtime, open_runtime
from ccmm_bot.store.tables import Audit, Outbox, Person
from tests.conversation.support import MONDAY_NOON, Phone, rows, settings

SHOWN: list[OutboundMessage] = []


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(MONDAY_NOON)


@pytest.fixture
async def runtime(sqlite_url: str, tmp_path: Path, clock: FixedClock) -> AsyncIterator[Runtime]:
    """A service with a terminal for a channel."""
    SHOWN.clear()
    channels = Channels([ConsoleChannel(SHOWN.append)])
    async with open_runtime(settings(sqlite_url, tmp_path), clock=clock, channels=channels) as opened:
        yield opened


async def test_a_message_arrives_through_the_outbox(runtime: Runtime) -> None:
    steps: list[str] = []
    followed = await follow(runtime, runtime.agency_id, ChannelKind.CONSOLE, "somebody", "en", within_s=1, say=steps.append)
    assert "sent" in steps
    assert "no receipt" in followed.says, "a terminal writes none"
    (row,) = rows(runtime, Outbox)
    assert row.attempts == 1
    assert SHOWN[0].content.text == "This is a test message from Harbour. You do not need to answer."
    assert [entry.action for entry in rows(runtime, Audit)] == ["channel.tried_out"]


async def test_somebody_who_wrote_before_is_not_made_twice(runtime: Runtime) -> None:
    phone = Phone(runtime, "somebody", ACCOUNT)
    await phone.say("hello")
    await follow(runtime, runtime.agency_id, ChannelKind.CONSOLE, "somebody", "en", within_s=0.5, say=str)
    assert len(rows(runtime, Person)) == 1
    assert await phone.say("1") == ["Tell us in your words.\n0 = skip"], "what was open is open still"


async def test_whoever_wants_no_messages_gets_no_test(runtime: Runtime) -> None:
    await Phone(runtime, "somebody", ACCOUNT).say("hello", "stop")
    followed = await follow(runtime, runtime.agency_id, ChannelKind.CONSOLE, "somebody", "en", within_s=1, say=str)
    assert not followed.good
    assert "wants no messages" in followed.says


async def test_at_night_a_test_waits_like_everything_we_start(runtime: Runtime, clock: FixedClock) -> None:
    clock.set(clock.now() + timedelta(hours=12))
    followed = await follow(runtime, runtime.agency_id, ChannelKind.CONSOLE, "somebody", "en", within_s=5, say=str)
    assert not followed.good
    assert "sending hours" in followed.says
    assert SHOWN == []


async def test_a_channel_that_is_off_is_said(runtime: Runtime) -> None:
    with pytest.raises(CcmmError, match="sms is off"):
        await follow(runtime, runtime.agency_id, ChannelKind.SMS, "+16045550111", "en", within_s=1, say=str)
