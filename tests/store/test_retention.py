"""Raw payloads are kept for a while; what tells a repeat is kept for good."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from ccmm_bot.clock import FixedClock
from ccmm_bot.messages import ChannelKind
from ccmm_bot.store.retention import prune_raw
from ccmm_bot.store.tables import Inbound, Quarantine
from tests.conversation.support import MONDAY_NOON, Phone, rows, service, settings


async def test_payloads_of_that_age_are_forgotten_and_nothing_else(database_url: str, tmp_path: Path) -> None:
    clock = FixedClock(MONDAY_NOON)
    async with service(settings(database_url, tmp_path), clock) as runtime:
        phone = Phone(runtime)
        old = phone.message("hello", raw=b"Body=hello")
        await runtime.receiver.receive(old)
        await runtime.receiver.quarantine(ChannelKind.SMS, "+16045550100", b"?", "unreadable")
        clock.set(clock.now() + timedelta(days=91))
        await runtime.receiver.receive(phone.message("1", raw=b"Body=1"))
        assert [row.raw for row in rows(runtime, Inbound)] == [b"Body=hello", b"Body=1"]
        engine, before = runtime.database.engine, clock.now() - timedelta(days=90)
        assert prune_raw(engine, before) == (1, 1)
        assert prune_raw(engine, before) == (0, 0)
        assert [(row.raw, row.text) for row in rows(runtime, Inbound)] == [(None, "hello"), (b"Body=1", "1")]
        assert rows(runtime, Quarantine) == []
        # Years later the provider delivers it once more.
        assert (await runtime.receiver.receive(replace(old, received_at=clock.now()))).duplicate
