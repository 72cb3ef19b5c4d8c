"""Nothing that is sent is lost, and nothing is sent twice where the provider can be asked, whatever network and provider do.

The real sender, store and provider libraries against stand-ins that commit faults at seeded random: too many requests, server
errors with and without the work done, time-outs and resets before and after, receipts that are shuffled, repeated and half of them
missing, a list that lags behind. ``CCMM_TEST_SENDS`` says how many messages (500 unless told; 20,000 in `make test-reliability`);
``CCMM_TEST_SEED`` repeats a run.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import random
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest
from sqlmodel import col, select

from ccmm_bot.channels.rates import UNPACED
from ccmm_bot.channels.registry import Channels
from ccmm_bot.channels.telegram.send import TelegramChannel
from ccmm_bot.channels.twilio.fields import parse_form
from ccmm_bot.channels.twilio.send import TwilioChannel
from ccmm_bot.channels.twilio.status import parse_status
from ccmm_bot.messages import ChannelKind, DeliveryStatus, InboundMessage, OutboundMessage, SendOutcome, Unknown
from ccmm_bot.runtime import Runtime, open_runtime
from ccmm_bot.store.tables import Outbox
from ccmm_bot.worker.sender import Sender
from ccmm_bot.worker.settling import Settler
from tests import new
from tests.conversation.support import rows, settings
from tests.reliability import figures
from tests.standins.faults import Fault, Faults
from tests.standins.fixtures import SMS_FROM, caller, telegram, telegram_account, twilio, twilio_account
from tests.standins.telegram_api import TelegramStandin
from tests.standins.twilio_api import TwilioStandin
from tests.standins.twilio_webhooks import TwilioCaller
from tests.waiting import until

__all__ = ["caller", "telegram", "twilio"]

SENDS = int(os.environ.get("CCMM_TEST_SENDS", "500"))
SEED = int(os.environ.get("CCMM_TEST_SEED", "20261123"))
EACH = 10  # messages a person gets
PATIENCE_S = 1.5

RATES = {
    Fault.TOO_MANY: 0.005,
    Fault.SERVER_ERROR: 0.01,
    Fault.SERVER_ERROR_AFTER: 0.01,
    Fault.TIMEOUT_BEFORE: 0.002,
    Fault.TIMEOUT_AFTER: 0.002,
    Fault.RESET_BEFORE: 0.01,
    Fault.RESET_AFTER: 0.01,
}


class CountingTwilio(TwilioChannel):
    """Counts the attempts after which nobody knew."""

    ambiguous = 0

    async def send(self, message: OutboundMessage) -> SendOutcome:
        outcome = await super().send(message)
        self.ambiguous += isinstance(outcome, Unknown)
        return outcome


class CountingTelegram(TelegramChannel):
    """The same."""

    ambiguous = 0

    async def send(self, message: OutboundMessage) -> SendOutcome:
        outcome = await super().send(message)
        self.ambiguous += isinstance(outcome, Unknown)
        return outcome


@asynccontextmanager
async def sending(
    channel: TwilioChannel | TelegramChannel, url: str, folder: Path
) -> AsyncIterator[tuple[Runtime, Callable[[], Awaitable[None]]]]:
    """A running service with one channel, and a way to wait until everything is settled."""
    async with open_runtime(settings(url, folder), channels=Channels([channel])) as runtime:
        now = runtime.clock.now
        settler = Settler(runtime.outbox, runtime.channels, now, absent_after=timedelta(seconds=4))
        sender = Sender(runtime.outbox, runtime.channels, now, sweep_every_s=0.5, settler=settler)
        runtime.receiver.on_commit = sender.on_commit
        await sender.start()

        async def settled() -> None:
            await until(lambda: not open_messages(runtime), within_s=None, every_s=0.5)

        yield runtime, settled
        await sender.stop()
        await channel.aclose()


def open_messages(runtime: Runtime) -> bool:
    waiting = (DeliveryStatus.PENDING, DeliveryStatus.SENDING, DeliveryStatus.UNKNOWN)
    with runtime.store.installation() as session:
        return session.exec(select(Outbox.id).where(col(Outbox.status).in_(waiting)).limit(1)).first() is not None


def somebody_at_the_agency(runtime: Runtime) -> str:
    return str(new.staff(runtime.store, runtime.agency_id).staff_id)


async def talk(runtime: Runtime, people: Iterable[str], channel: ChannelKind, account: str) -> dict[str, list[str]]:
    """Everybody writes once and then gets messages, some of them in the same words. What was written, by person and in order."""
    staff = somebody_at_the_agency(runtime)
    written: dict[str, list[str]] = {}

    async def one(person: str) -> None:
        opened = await runtime.receiver.receive(
            InboundMessage(
                channel=channel,
                account=account,
                provider_message_id=f"in-{person}",
                sender=person,
                received_at=runtime.clock.now(),
                text="hello",
            )
        )
        said = [message.content.text for message in opened.outbound]
        while len(said) < EACH:
            text = "Are you there?" if len(said) % 4 == 1 else f"This is message {len(said)}."
            receipt = await runtime.receiver.reply_as_human(opened.conversation_id, text, staff)
            said += [message.content.text for message in receipt.outbound]
        written[person] = said

    await asyncio.gather(*(one(person) for person in people))
    return written


def kind_of(database_url: str) -> str:
    return "PostgreSQL" if database_url.startswith("postgresql") else "SQLite"


def faulty(faults: Faults) -> None:
    faults.rates = dict(RATES)


def collapsed(texts: Sequence[str], written: Sequence[str]) -> list[str]:
    """What arrived without immediate repetitions, unless the repetition was written."""
    kept: list[str] = []
    for text in texts:
        if kept and kept[-1] == text and not (len(kept) < len(written) and written[len(kept)] == text):
            continue
        kept.append(text)
    return kept


def report(
    name: str, written: dict[str, list[str]], arrived: dict[str, list[str]], faults: Faults, ambiguous: int, took: float
) -> None:
    sent = sum(len(texts) for texts in written.values())
    lost, twice = compare(written, arrived)
    told: dict[str, str | int] = {
        "by, on": name,
        "messages": sent,
        "faults": sum(faults.committed.values()),
        "ambiguous attempts": ambiguous,
        "lost": lost,
        "duplicated": twice,
        "out of order": sum(collapsed(texts, written[person]) != written[person] for person, texts in arrived.items()),
        "time": f"{took:.0f} s",
        "seed": str(SEED),
    }
    figures.keep("outbound", name.lower().replace(", ", "-"), told)
    print(
        f"\n{name}: {sent} messages to {len(written)} people in {took:.0f} s, seed {SEED}; faults {sum(faults.committed.values())} "
        f"({', '.join(f'{fault.value}: {count}' for fault, count in sorted(faults.committed.items()))}); "
        f"ambiguous attempts {ambiguous}; lost {lost}, duplicated {twice}"
    )


def compare(written: dict[str, list[str]], arrived: dict[str, list[str]]) -> tuple[int, int]:
    """(lost, duplicated)."""
    lost = twice = 0
    for person, texts in written.items():
        wanted, got = Counter(texts), Counter(arrived.get(person, []))
        lost += (wanted - got).total()
        twice += (got - wanted).total()
    return lost, twice


@pytest.mark.timeout(1800)
async def test_twilio_loses_nothing_and_sends_nothing_twice(
    twilio: TwilioStandin, caller: TwilioCaller, database_url: str, tmp_path: Path
) -> None:
    twilio.faults, twilio.list_lag_s = Faults(SEED), 1.0
    faulty(twilio.faults)
    channel = CountingTwilio(
        twilio_account(twilio.url), ChannelKind.SMS, connect_timeout=PATIENCE_S, read_timeout=PATIENCE_S, rates=UNPACED
    )
    began = time.monotonic()
    async with sending(channel, database_url, tmp_path) as (runtime, settled):
        receipts = asyncio.create_task(deliver_receipts(runtime, twilio, caller))
        written = await talk(
            runtime, (f"+1604{n:07d}" for n in range(2_000_000, 2_000_000 + SENDS // EACH)), ChannelKind.SMS, SMS_FROM
        )
        await settled()
        receipts.cancel()
        took = time.monotonic() - began
        outbox = rows(runtime, Outbox)
    arrived: dict[str, list[str]] = {}
    for message in twilio.messages:
        arrived.setdefault(message.to, []).append(message.body)
    report(f"Twilio, {kind_of(database_url)}", written, arrived, twilio.faults, channel.ambiguous, took)
    assert compare(written, arrived) == (0, 0)
    assert arrived == written, "strictly in order in every conversation"
    assert {row.status for row in outbox} <= {DeliveryStatus.SENT, DeliveryStatus.DELIVERED}
    assert len({row.provider_message_id for row in outbox}) == len(outbox), "every message knows its own id"


def _has_come(twilio: TwilioStandin, place: int) -> bool:
    return place < len(twilio.messages)


async def deliver_receipts(runtime: Runtime, twilio: TwilioStandin, caller: TwilioCaller) -> None:
    """Receipts of half the messages, repeated and shuffled, a moment after they were sent."""
    chance = random.Random(SEED)
    account = twilio_account(twilio.url)
    for place in itertools.count():
        await until(partial(_has_come, twilio, place), within_s=None, every_s=0.05)
        if chance.random() < 0.5:
            continue
        message = twilio.messages[place]
        calls = caller.receipts(
            message.form["StatusCallback"], sid=message.sid, to=message.to, statuses=("sent", "delivered"), seed=place, copies=2
        )
        for call in calls:
            query = call.url.partition("?")[2]
            update = parse_status(parse_form(call.body), account, query=query, received_at=runtime.clock.now())
            assert update is not None
            await runtime.receiver.status(update)


@pytest.mark.timeout(1800)
async def test_telegram_loses_nothing_and_repeats_no_more_than_what_nobody_could_know(
    telegram: TelegramStandin, database_url: str, tmp_path: Path
) -> None:
    telegram.faults = Faults(SEED)
    faulty(telegram.faults)
    channel = CountingTelegram(telegram_account(telegram.url), connect_timeout=PATIENCE_S, read_timeout=PATIENCE_S, rates=UNPACED)
    people = [str(7_000_000_000 + n) for n in range(SENDS // EACH)]
    for person in people:
        telegram.person(int(person)).started = True
    began = time.monotonic()
    async with sending(channel, database_url, tmp_path) as (runtime, settled):
        written = await talk(runtime, people, ChannelKind.TELEGRAM, channel.account)
        await settled()
        took = time.monotonic() - began
    arrived: dict[str, list[str]] = {}
    for message in telegram.sent:
        arrived.setdefault(str(message.chat_id), []).append(message.text)
    report(f"Telegram, {kind_of(database_url)}", written, arrived, telegram.faults, channel.ambiguous, took)
    lost, twice = compare(written, arrived)
    assert lost == 0
    assert twice <= channel.ambiguous
    assert {person: collapsed(texts, written[person]) for person, texts in arrived.items()} == written, "strictly in order"
